"""What a standard should cost, in fractions and by recursion: an account of its own, to hold the models against.

Declared places of rounding, half away from zero: quantities, seconds and amounts of a million units to six decimals at
each step, what enters an operation to twelve, and a finished item's cost component to four for one price unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import floor
from typing import Any

COMPONENTS = ("material", "labour", "machine", "setup", "variable_overhead", "fixed_overhead", "subcontract")
SECONDS = {
    "labour": ("labour_run_seconds_per_unit", "labour_setup_seconds"),
    "machine": ("run_seconds_per_unit", None),
    "setup": (None, "setup_seconds"),
    "variable_overhead": ("run_seconds_per_unit", None),
    "fixed_overhead": ("run_seconds_per_unit", None),
}
MILLION = 1_000_000
Row = Mapping[str, Any]
Pair = tuple[Fraction | None, Fraction | None]
"""An amount and the fixed part of it."""


def rounded(value: Fraction, digits: int) -> Fraction:
    """Round half away from zero."""
    scaled = abs(value) * 10**digits
    whole = floor(scaled + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**digits)


@dataclass(frozen=True)
class Node:
    """An item by one version of its standard on the day that began, or without a standard on its parent's day."""

    item_id: str
    version_id: str | None
    on: date


@dataclass(frozen=True)
class Result:
    """What a node costs by component for one price unit, this level alone for a million, and what others take it at."""

    amounts: dict[str, Pair] | None
    this_level: dict[str, Fraction] = field(default_factory=dict)
    value: dict[str, Pair] = field(default_factory=dict)
    one_level: dict[str, Fraction] | None = None


class Structure:
    """Items, standards, bills, routings and rates of one plant, as delivered."""

    def __init__(self, rows: Mapping[str, Iterable[Row]]) -> None:
        self._rows = {dataset: list(found) for dataset, found in rows.items()}
        self._results: dict[Node, Result] = {}

    def rows(self, dataset: str, **wanted: Any) -> list[Row]:
        found = self._rows.get(dataset, [])
        return [row for row in found if all(row.get(name) == value for name, value in wanted.items())]

    @cached_property
    def versions(self) -> dict[tuple[str, str], dict[str, Row]]:
        """The rows of each version of a standard by cost component."""
        found: dict[tuple[str, str], dict[str, Row]] = {}
        for row in self.rows("standard_cost"):
            found.setdefault((row["item_id"], row["version_id"]), {})[row["cost_component"]] = row
        return found

    def nodes(self) -> list[Node]:
        """The delivered standards."""
        return [Node(item, version, self._begins((item, version))) for item, version in self.versions]

    def _begins(self, key: tuple[str, str]) -> date:
        return min(row["valid_from"] for row in self.versions[key].values())

    def version_on(self, item_id: str, on: date) -> str | None:
        """The one version valid on a day."""
        valid = {
            version
            for (item, version), rows in self.versions.items()
            if item == item_id and any(_is_valid(row, on) for row in rows.values())
        }
        return valid.pop() if len(valid) == 1 else None

    def component(self, item_id: str, on: date) -> Node:
        version = self.version_on(item_id, on)
        return Node(item_id, version, on if version is None else self._begins((item_id, version)))

    def _first_version(self, dataset: str, node: Node) -> list[Row]:
        if self.rows("item", item_id=node.item_id)[0]["procurement"] == "buy":
            return []
        valid = [row for row in self.rows(dataset, item_id=node.item_id) if _is_valid(row, node.on)]
        first = min((row["version_id"] for row in valid), default=None)
        return [row for row in valid if row["version_id"] == first]

    def bill(self, node: Node) -> list[Row]:
        return self._first_version("bom_line", node)

    def routing(self, node: Node) -> list[Row]:
        return sorted(self._first_version("routing_operation", node), key=lambda row: row["operation_no"])

    def components(self, node: Node) -> list[Node]:
        lines = self.bill(node)
        return [self.component(line["component_item_id"], node.on) for line in lines if _goes_in(line)]

    def is_on_cycle(self, node: Node) -> bool:
        """Whether the node is among all that it is made of."""
        seen: set[Node] = set()
        waiting = self.components(node)
        while waiting:
            one = waiting.pop()
            if one == node:
                return True
            if one not in seen:
                seen.add(one)
                waiting.extend(self.components(one))
        return False

    def delivered(self, item_id: str, version_id: str | None) -> dict[str, Pair]:
        """The delivered standard for a million units; None for each component without one."""
        if version_id is None:
            return dict.fromkeys(COMPONENTS, (None, None))
        rows, found = self.versions[item_id, version_id], {}
        for name in COMPONENTS:
            amount = fixed = Fraction(0)
            if name in rows:
                row = rows[name]
                unit = Fraction(row["price_unit_qty"])
                amount = rounded(Fraction(row["amount"]) * MILLION / unit, 6)
                part = row.get("fixed_amount")
                if part is None:
                    part = row["amount"] if name == "fixed_overhead" else 0
                fixed = rounded(Fraction(part) * MILLION / unit, 6)
            found[name] = (amount, fixed)
        return found

    def lot_size(self, node: Node) -> Fraction | None:
        if node.version_id is None:
            return None
        sizes = [row.get("lot_size_qty") for row in self.versions[node.item_id, node.version_id].values()]
        return max((Fraction(size) for size in sizes if size is not None), default=None)

    def price_unit(self, node: Node) -> Fraction:
        if node.version_id is None:
            return Fraction(1)
        rows = self.versions[node.item_id, node.version_id].values()
        return max(Fraction(row["price_unit_qty"]) for row in rows)

    def result(self, node: Node) -> Result:
        """Calculate a node, its components first."""
        if node not in self._results:
            self._results[node] = self._calculated(node)
        return self._results[node]

    def _calculated(self, node: Node) -> Result:
        delivered = self.delivered(node.item_id, node.version_id)
        bill, routing = self.bill(node), self.routing(node)
        if not (bill or routing) or self.is_on_cycle(node):
            return Result(None, value=delivered)
        entering = _entering(routing)
        this_level = {name: self._operations(node, name, routing, entering) for name in COMPONENTS[1:]}
        this_level["material"] = (Fraction(0), Fraction(0)) if bill else delivered["material"]
        lower: dict[str, Pair] = dict.fromkeys(COMPONENTS, (Fraction(0), Fraction(0)))
        level_one: dict[str, Pair] = dict.fromkeys(COMPONENTS, (Fraction(0), Fraction(0)))
        for line in bill:
            qty = self._qty(line, routing, entering)
            item_id, sign = line["component_item_id"], 1 if _goes_in(line) else -1
            own = self.delivered(item_id, self.version_on(item_id, node.on))
            value = self.result(self.component(item_id, node.on)).value if _goes_in(line) else own
            for name in COMPONENTS:
                lower[name] = _plus(lower[name], value[name], qty, sign)
                level_one[name] = _plus(
                    level_one[name], own[name] if own[name][0] is not None else value[name], qty, sign
                )
        unit = self.price_unit(node)
        amounts = {name: _in_units(_sum(this_level[name], lower[name]), unit) for name in COMPONENTS}
        if any(amount is None for amount, _ in amounts.values()):
            return Result(None, value=delivered)
        value = {
            name: tuple(None if part is None else rounded(part * MILLION / unit, 6) for part in amounts[name])
            for name in COMPONENTS
        }
        one_level = {name: _in_units(_sum(this_level[name], level_one[name]), unit)[0] for name in COMPONENTS}
        shown = {name: _in_units(this_level[name], unit)[0] for name in COMPONENTS}
        return Result(amounts, shown, value, one_level)  # type: ignore[arg-type]

    def _qty(self, line: Row, routing: list[Row], entering: dict[int, Fraction]) -> Fraction | None:
        """What a million good units take, in the component's base unit."""
        factor = self._to_base(line["component_item_id"], line["uom"])
        if factor is None:
            return None
        qty = rounded(Fraction(line["qty"]) * factor * MILLION / Fraction(line["base_qty"]), 6)
        qty = rounded(qty * (1 + Fraction(line.get("component_scrap_ratio") or 0)), 6)
        if not routing:
            return qty
        at = line.get("operation_no")
        return rounded(qty * entering[at if at in entering else min(entering)], 6)

    def _to_base(self, item_id: str, uom: str) -> Fraction | None:
        base = self.rows("item", item_id=item_id)[0]["base_uom"]
        if uom == base:
            return Fraction(1)
        for owner in (item_id, None):
            for row in self.rows("uom_conversion", item_id=owner, from_uom=uom, to_uom=base):
                return Fraction(row["numerator"]) / Fraction(row["denominator"])
            for row in self.rows("uom_conversion", item_id=owner, from_uom=base, to_uom=uom):
                return Fraction(row["denominator"]) / Fraction(row["numerator"])
        return None

    def _operations(self, node: Node, name: str, routing: list[Row], entering: dict[int, Fraction]) -> Pair:
        total = (Fraction(0), Fraction(0))
        for row in routing:
            base, factor = Fraction(row["base_qty"]), entering[row["operation_no"]]
            if name == "subcontract":
                price = rounded(Fraction(row.get("subcontract_amount") or 0) * MILLION / base, 6)
                total = _sum(total, (rounded(price * factor, 6), Fraction(0)))
                continue
            run, setup = SECONDS[name]
            seconds = (
                rounded(rounded(Fraction(row.get(run) or 0) * MILLION / base, 6) * factor, 6) if run else Fraction(0)
            )
            of_lot = Fraction(row.get(setup) or 0) if setup else Fraction(0)
            if of_lot:
                lot_size = self.lot_size(node)
                if lot_size is None:
                    return None, None
                seconds += rounded(of_lot * MILLION / lot_size, 6)
            if seconds:
                total = _sum(total, self._price(row["work_center_id"], name, seconds, node.on))
        return total

    def _price(self, work_center_id: str, activity: str, seconds: Fraction, on: date) -> Pair:
        [center] = self.rows("work_center", work_center_id=work_center_id)
        rates = self.rows("activity_rate", cost_center_id=center.get("cost_center_id"), activity=activity)
        valid = [row for row in rates if row["rate_type"] == "planned" and _is_valid(row, on)]
        if not valid:
            return None, None
        rate = max(valid, key=lambda row: row["valid_from"])
        fixed = rate.get("fixed_hourly_amount")
        if fixed is None:
            fixed = rate["hourly_amount"] if activity == "fixed_overhead" else 0
        return tuple(rounded(seconds * Fraction(one) / 3600, 6) for one in (rate["hourly_amount"], fixed))  # type: ignore[return-value]


def _goes_in(line: Row) -> bool:
    return line["line_type"] == "component"


def _is_valid(row: Row, on: date) -> bool:
    first, end = row.get("valid_from"), row.get("valid_to")
    return (first is None or first <= on) and (end is None or on < end)


def _entering(routing: list[Row]) -> dict[int, Fraction]:
    """What enters each operation for one good unit."""
    found, factor = {}, Fraction(1)
    for row in reversed(routing):
        scrap = Fraction(row.get("planned_scrap_ratio") or 0)
        factor = rounded(factor / (1 - (scrap if scrap < 1 else 0)), 12)
        found[row["operation_no"]] = factor
    return found


def _plus(total: Pair, value: Pair, qty: Fraction | None, sign: int) -> Pair:
    return tuple(  # type: ignore[return-value]
        None if so_far is None or one is None or qty is None else so_far + sign * rounded(qty * one / MILLION, 6)
        for so_far, one in zip(total, value, strict=True)
    )


def _sum(one: Pair, other: Pair) -> Pair:
    return tuple(None if a is None or b is None else a + b for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def _in_units(pair: Pair, unit: Fraction) -> Pair:
    return tuple(None if part is None else rounded(part * unit / MILLION, 4) for part in pair)  # type: ignore[return-value]


def decimal(value: Fraction | None) -> Decimal | None:
    """A rounded fraction as a decimal."""
    return None if value is None else Decimal(value.numerator) / Decimal(value.denominator)
