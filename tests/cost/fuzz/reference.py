"""What the oracle looks up: standards, rates, structures, clocks. Slow and plain."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from efficiency.case import Facts

from cost.fuzz.numbers import micros, to_places

COMPONENTS = ("material", "labour", "machine", "setup", "variable_overhead", "fixed_overhead", "subcontract")
Values = dict[str, Any]


def holds(row: Values, day: date) -> bool:
    """Whether the row is valid on the day; its last day is the one before valid_to."""
    first, end = row.get("valid_from"), row.get("valid_to")
    return (first is None or first <= day) and (end is None or day < end)


@dataclass(frozen=True)
class Step:
    """An operation of the routing that an order is measured by."""

    number: int
    center: str | None
    run_seconds: Fraction
    labour_seconds: Fraction
    setup_seconds: Fraction
    labour_setup_seconds: Fraction
    base: Fraction
    outside_amount: Fraction | None
    entering: Fraction
    """Pieces that enter for each good one of the order."""
    passed: Fraction
    """Those that enter the next operation."""


@dataclass(frozen=True)
class Line:
    """A line of the bill of material that an order is measured by; quantities in the component's base unit."""

    item: str
    step: int | None
    per_processed: Fraction
    per_good: Fraction
    standard_qty: Fraction
    mix_group: str | None
    is_by_product: bool


class Reference:
    """One company's master data, standards and rates."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.orders = {row["order_id"]: row for row in facts["production_order"]}
        self.base_uom = {row["item_id"]: row["base_uom"] for row in facts["item"]}
        self.zones = {row["plant_id"]: ZoneInfo(row["time_zone"]) for row in facts["plant"]}
        self.center_of = {row["work_center_id"]: row["cost_center_id"] for row in facts["work_center"]}
        self.unit_center = {row["work_unit_id"]: self.center_of[row["work_center_id"]] for row in facts["work_unit"]}
        self.planned_center = {
            (row["order_id"], row["operation_no"]): self.center_of[row["work_center_id"]]
            for row in facts["order_operation"]
        }
        self.standards: dict[tuple[str, str], list[Values]] = defaultdict(list)
        for row in facts["standard_cost"]:
            self.standards[row["plant_id"], row["item_id"]].append(row)
        self.rates: dict[tuple[str, str, str], list[Values]] = defaultdict(list)
        for row in facts["activity_rate"]:
            self.rates[row["cost_center_id"], row["activity"], row["rate_type"]].append(row)

    def standard(self, plant: str, item: str, day: date) -> dict[str, Fraction] | None:
        """Cost per unit by component; none where no version is valid, or two are."""
        valid = [row for row in self.standards[plant, item] if holds(row, day)]
        if len({row["version_id"] for row in valid}) != 1:
            return None
        found = dict.fromkeys(COMPONENTS, Fraction(0))
        for row in valid:
            per_million = micros(Fraction(row["amount"]) * 10**6 / Fraction(row["price_unit_qty"]))
            found[row["cost_component"]] += per_million / 10**6
        return found

    def price(self, plant: str, item: str, day: date) -> Fraction | None:
        found = self.standard(plant, item, day)
        return None if found is None else sum(found.values(), Fraction(0))

    def lot_size(self, plant: str, item: str, day: date) -> Fraction | None:
        sizes = [row["lot_size_qty"] for row in self.standards[plant, item] if holds(row, day)]
        return max((Fraction(size) for size in sizes if size is not None), default=None)

    def rate(self, center: str | None, activity: str, day: date, kind: str = "planned") -> Fraction | None:
        valid = [row for row in self.rates[center or "", activity, kind] if holds(row, day)]
        return Fraction(max(valid, key=lambda row: row["valid_from"])["hourly_amount"]) if valid else None

    def factor(self, item: str, uom: str) -> Fraction:
        """How many base units one of this unit is."""
        if uom == self.base_uom[item]:
            return Fraction(1)
        for of_item in (item, None):
            for row in self.facts["uom_conversion"]:
                if (row["item_id"], row["from_uom"], row["to_uom"]) == (of_item, uom, self.base_uom[item]):
                    return Fraction(row["numerator"]) / Fraction(row["denominator"])
        raise LookupError(f"{item}: no conversion from {uom}")

    def in_base(self, item: str, qty: Any, uom: str) -> Fraction:
        return micros(Fraction(qty) * self.factor(item, uom))

    def ended(self, order: Values) -> date | None:
        """The day the order ended by its plant's clock, where that is recorded."""
        at = order["actual_end_at"]
        return datetime.fromisoformat(at).astimezone(self.zones[order["plant_id"]]).date() if at else None

    def routing(self, order: Values, day: date) -> list[Step]:
        """The order's version, else the first by name; only what is valid on the day."""
        named = order["routing_version_id"]
        rows = [
            row
            for row in self.facts["routing_operation"]
            if (row["plant_id"], row["item_id"]) == (order["plant_id"], order["item_id"])
            and holds(row, day)
            and named in (None, row["version_id"])
        ]
        first = min((row["version_id"] for row in rows), default=None)
        steps: list[Step] = []
        passed = Fraction(1)
        for row in sorted(rows, key=lambda one: -one["operation_no"]):
            if row["version_id"] != first:
                continue
            ratio = Fraction(row["planned_scrap_ratio"] or 0)
            entering = to_places(passed / (1 - (ratio if ratio < 1 else 0)), 12)
            outside = row["subcontract_amount"]
            steps.insert(0, Step(
                row["operation_no"], self.center_of.get(row["work_center_id"]),
                Fraction(row["run_seconds_per_unit"] or 0), Fraction(row["labour_run_seconds_per_unit"] or 0),
                Fraction(row["setup_seconds"] or 0), Fraction(row["labour_setup_seconds"] or 0),
                Fraction(row["base_qty"]), None if outside is None else Fraction(outside), entering, passed,
            ))  # fmt: skip
            passed = entering
        return steps

    def structure(self, order: Values, day: date, steps: list[Step], good: Fraction) -> list[Line] | None:
        """What the order's output should have taken; None where nothing says so."""
        entering = {step.number: step.entering for step in steps}
        first_step = steps[0].number if steps else None

        def at(operation: int | None) -> int | None:
            return operation if operation in entering else first_step

        named = order["bom_version_id"]
        rows = [
            row
            for row in self.facts["bom_line"]
            if (row["plant_id"], row["item_id"]) == (order["plant_id"], order["item_id"])
            and holds(row, day)
            and named in (None, row["version_id"])
        ]
        first = min((row["version_id"] for row in rows), default=None)
        lines: list[Line] = []
        for row in rows:
            if row["version_id"] != first:
                continue
            item, step = row["component_item_id"], at(row["operation_no"])
            qty = to_places(Fraction(row["qty"]) * self.factor(item, row["uom"]), 12)
            scrap = Fraction(row["component_scrap_ratio"] or 0)
            processed = to_places(qty * (1 + scrap) / Fraction(row["base_qty"]), 12)
            per_good = to_places(processed * entering.get(step, Fraction(1)), 12)  # type: ignore[arg-type]
            lines.append(Line(item, step, processed, per_good, micros(good * per_good), row["mix_group"],
                              row["line_type"] == "by_product"))  # fmt: skip
        if lines:
            return lines
        planned = Fraction(order["planned_qty"])
        for row in self.facts["order_component"]:
            if row["order_id"] != order["order_id"]:
                continue
            item, step = row["item_id"], at(row["operation_no"])
            qty = to_places(Fraction(row["planned_qty"]) * self.factor(item, row["uom"]), 12)
            per_good = to_places(qty / planned, 12)
            processed = to_places(per_good / entering.get(step, Fraction(1)), 12)  # type: ignore[arg-type]
            standard = micros(qty * good / planned)
            lines.append(Line(item, step, processed, per_good, standard, None, False))
        return lines or None
