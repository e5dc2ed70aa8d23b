"""The truth about money: what each order's receipts should have cost, and what was charged to it.

Every leaf is rounded half away from zero to the cent, then summed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ingest.demo.event_log import EventLog
from ingest.demo.exact import round_half_away
from ingest.demo.truth_states import Record, records

COST_GROUP = {
    "material": "material",
    "labour": "labour",
    "machine": "machine",
    "setup": "machine",
    "variable_overhead": "overhead",
    "fixed_overhead": "overhead",
    "subcontract": "subcontract",
}
GROUPS = ("material", "labour", "machine", "overhead", "subcontract")
MATERIAL_SIGN = {"issue": 1, "return": -1, "by_product": -1}
CHARGED_ACTIVITIES = ("direct", "setup", "rework")

Amounts = dict[str, Decimal | None]


def _valid(record: Record, on: date) -> bool:
    return bool(record["valid_from"] <= on and (record["valid_to"] is None or on < record["valid_to"]))


def _cents(value: Fraction) -> Decimal:
    return round_half_away(value, 2)


class Money:
    """All rows that cost figures come from, as they stand after a night."""

    def __init__(self, log: EventLog, night: int | None) -> None:
        self.orders = records(log, "production_order", night)
        self._standards: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for record in records(log, "standard_cost", night):
            self._standards[record["item_id"], record["plant_id"]].append(record)
        self._rates: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
        for record in records(log, "activity_rate", night):
            self._rates[record["cost_center_id"], record["activity"], record["rate_type"]].append(record)
        self._conversions = {
            (r["item_id"], r["from_uom"], r["to_uom"]): Fraction(r["numerator"]) / Fraction(r["denominator"])
            for r in records(log, "uom_conversion", night)
        }
        self._base_uom = {r["item_id"]: r["base_uom"] for r in records(log, "item", night)}
        self._movements = self._by_order(log, "goods_movement", night)
        self._confirmations = self._by_order(log, "confirmation", night)
        self._labour = self._by_order(log, "labour_time", night)
        self._operations = self._by_order(log, "order_operation", night)
        centers = {r["work_center_id"]: r["cost_center_id"] for r in records(log, "work_center", night)}
        self._center_of_unit = {
            r["work_unit_id"]: centers[r["work_center_id"]] for r in records(log, "work_unit", night)
        }
        self._center_of_operation = {
            (r["order_id"], r["operation_no"]): centers[r["work_center_id"]]
            for r in records(log, "order_operation", night)
        }

    @staticmethod
    def _by_order(log: EventLog, dataset: str, night: int | None) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = defaultdict(list)
        for record in records(log, dataset, night):
            if record["order_id"] is not None:
                found[record["order_id"]].append(record)
        return found

    # -- quantities -----------------------------------------------------------------------------------------------

    def _base_qty(self, record: Record) -> Fraction:
        item_id, uom = record["item_id"], record["uom"]
        base = self._base_uom[item_id]
        if uom == base:
            return Fraction(record["qty"])
        factor = self._conversions.get((item_id, uom, base)) or self._conversions[None, uom, base]
        return Fraction(record["qty"]) * factor

    def _good_lines(self, order: Record) -> list[tuple[Fraction, date]]:
        """Return what the order delivered, line by line: its receipts, else its last operation's good pieces."""
        receipts = [
            (self._base_qty(record), record["posting_date"])
            for record in self._movements[order["order_id"]]
            if record["movement_type"] == "receipt" and record["item_id"] == order["item_id"]
        ]
        if receipts:
            return receipts
        confirmations = self._confirmations[order["order_id"]]
        operations = [int(record["operation_no"]) for record in self._operations[order["order_id"]]]
        last = max(operations or [int(record["operation_no"]) for record in confirmations], default=None)
        return [
            (Fraction(record["good_qty"]), record["posting_date"])
            for record in confirmations
            if int(record["operation_no"]) == last
        ]

    # -- prices and rates -----------------------------------------------------------------------------------------

    def _standard_on(self, item_id: str, plant_id: str, on: date) -> list[Record]:
        return [record for record in self._standards[item_id, plant_id] if _valid(record, on)]

    def _price_on(self, item_id: str, plant_id: str, on: date) -> Fraction | None:
        valid = self._standard_on(item_id, plant_id, on)
        if not valid:
            return None
        return sum((Fraction(r["amount"]) / Fraction(r["price_unit_qty"]) for r in valid), Fraction(0))

    def _rate(self, cost_center_id: str, activity: str, on: date, rate_types: tuple[str, ...]) -> Fraction | None:
        for rate_type in rate_types:
            for record in self._rates[cost_center_id, activity, rate_type]:
                if _valid(record, on):
                    return Fraction(record["hourly_amount"])
        return None

    def _cost_center(self, record: Record) -> str:
        named = record.get("cost_center_id") or self._center_of_unit.get(record["work_unit_id"])
        return str(named or self._center_of_operation[record["order_id"], record["operation_no"]])

    # -- the order ------------------------------------------------------------------------------------------------

    def of_order(self, order: Record) -> dict[str, object]:
        """Return the order's quantities and its standard and actual amounts by cost group."""
        lines = self._good_lines(order)
        confirmations = self._confirmations[order["order_id"]]
        standard = self._standard_amounts(order, lines)
        actual = self._actual_amounts(order, confirmations)
        return {
            "order_id": order["order_id"],
            "plant_id": order["plant_id"],
            "item_id": order["item_id"],
            "good_qty": round_half_away(sum((quantity for quantity, _ in lines), Fraction(0)), 6),
            "scrap_qty": sum((Decimal(record["scrap_qty"]) for record in confirmations), Decimal(0)),
            "rework_qty": sum((Decimal(record["rework_qty"] or 0) for record in confirmations), Decimal(0)),
            **{f"standard_{group}_amount": standard[group] for group in GROUPS},
            **{f"actual_{group}_amount": actual[group] for group in GROUPS},
        }

    def _standard_amounts(self, order: Record, lines: list[tuple[Fraction, date]]) -> Amounts:
        amounts: dict[str, Decimal] = dict.fromkeys(GROUPS, Decimal(0))
        for quantity, on in lines:
            valid = self._standard_on(order["item_id"], order["plant_id"], on)
            if not valid:
                return dict.fromkeys(GROUPS)
            for record in valid:
                leaf = quantity * Fraction(record["amount"]) / Fraction(record["price_unit_qty"])
                amounts[COST_GROUP[record["cost_component"]]] += _cents(leaf)
        return dict(amounts)

    def _actual_amounts(self, order: Record, confirmations: list[Record]) -> Amounts:
        has_subcontract = any(
            record["cost_component"] == "subcontract" for record in self._standards[order["item_id"], order["plant_id"]]
        )
        booked = [r for r in self._labour[order["order_id"]] if r["activity"] in CHARGED_ACTIVITIES]
        actual_else_planned = ("actual", "planned")
        leaves: dict[str, list[Decimal | None]] = {
            "material": list(self._material_leaves(order)),
            "labour": [
                self._charge(record, Fraction(record["hours"]), "labour", record["work_date"], actual_else_planned)
                for record in booked
            ],
            "machine": [],
            "overhead": [],
            "subcontract": [None] if has_subcontract else [],
        }
        for record in confirmations:
            on = record["production_date"] or record["posting_date"]
            machine_hours = Fraction(record["machine_seconds"] or 0) / 3600
            setup_hours = Fraction(record["setup_seconds"] or 0) / 3600
            leaves["machine"].append(self._charge(record, machine_hours, "machine", on, actual_else_planned))
            leaves["machine"].append(self._charge(record, setup_hours, "setup", on, actual_else_planned))
            for overhead in ("variable_overhead", "fixed_overhead"):
                leaves["overhead"].append(self._charge(record, machine_hours, overhead, on, ("planned",)))
            if not booked:
                labour_hours = Fraction(record["labour_seconds"] or 0) / 3600
                leaves["labour"].append(self._charge(record, labour_hours, "labour", on, actual_else_planned))
        return {group: _total(leaves[group]) for group in GROUPS}

    def _charge(
        self, record: Record, hours: Fraction, activity: str, on: date, rate_types: tuple[str, ...]
    ) -> Decimal | None:
        rate = self._rate(self._cost_center(record), activity, on, rate_types)
        return None if rate is None else _cents(hours * rate)

    def _material_leaves(self, order: Record) -> Iterator[Decimal | None]:
        for record in self._movements[order["order_id"]]:
            sign = MATERIAL_SIGN.get(record["movement_type"])
            if sign is None:
                continue
            amount = record["amount"]
            if amount is None:
                price = self._price_on(record["item_id"], record["plant_id"], record["posting_date"])
                amount = None if price is None else _cents(self._base_qty(record) * price)
            yield None if amount is None else sign * amount


def _total(leaves: list[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for leaf in leaves:
        if leaf is None:
            return None
        total += leaf
    return total
