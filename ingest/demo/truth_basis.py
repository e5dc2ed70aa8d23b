"""What every figure of money rests on: rows as they stand after a night, units, prices, rates, bills and routings.

Shares nothing with the code that keeps the simulated ledger, nor with the warehouse's SQL.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ingest.demo.clock import WallClock
from ingest.demo.event_log import EventLog
from ingest.demo.exact import round_half_away
from ingest.demo.truth_states import Record, records

CENTS, MILLIONTHS, ENTERING = 2, 6, 12
"""Decimal places: of money, of the parts of a leaf, of quantities for each good piece."""


def cents(value: Fraction) -> Decimal:
    """Round half away from zero to the cent."""
    return round_half_away(value, CENTS)


def millionths(value: Fraction) -> Decimal:
    """Round half away from zero to a millionth."""
    return round_half_away(value, MILLIONTHS)


def is_valid(record: Record, on: date) -> bool:
    """Return whether a row with bounds holds on a day; the end is exclusive, an open bound holds for ever."""
    begun = record["valid_from"] is None or record["valid_from"] <= on
    return bool(begun and (record["valid_to"] is None or on < record["valid_to"]))


class Basis:
    """All rows that figures of money come from, as they stand after a night, and how they are looked up."""

    def __init__(self, log: EventLog, night: int | None) -> None:
        self._log = log
        self._night = night
        self.orders = {record["order_id"]: record for record in self.rows("production_order")}
        self.base_uom = {record["item_id"]: record["base_uom"] for record in self.rows("item")}
        self._conversions = {
            (r["item_id"], r["from_uom"], r["to_uom"]): Fraction(r["numerator"]) / Fraction(r["denominator"])
            for r in self.rows("uom_conversion")
        }
        self._standards = self._grouped("standard_cost", "item_id", "plant_id")
        self._rates = self._grouped("activity_rate", "cost_center_id", "activity", "rate_type")
        self._bills = self._grouped("bom_line", "item_id", "plant_id")
        self._routings = self._grouped("routing_operation", "item_id", "plant_id")
        self.center_of_work_center = {r["work_center_id"]: r["cost_center_id"] for r in self.rows("work_center")}
        self._center_of_unit = {
            r["work_unit_id"]: self.center_of_work_center[r["work_center_id"]] for r in self.rows("work_unit")
        }
        operations = self.rows("order_operation")
        self._center_of_operation = {
            (r["order_id"], r["operation_no"]): self.center_of_work_center[r["work_center_id"]] for r in operations
        }
        self.last_planned_operation: dict[str, int] = {}
        for record in operations:
            order_id, number = record["order_id"], int(record["operation_no"])
            self.last_planned_operation[order_id] = max(self.last_planned_operation.get(order_id, 0), number)
        self._clocks = {
            plant["plant_id"]: WallClock(plant["time_zone"], log.first_date, log.days) for plant in self.rows("plant")
        }
        self._known_standards: dict[tuple[str, str, date], dict[str, Fraction] | None] = {}
        self._known_rates: dict[tuple[str, str, str, date], Decimal | None] = {}

    def rows(self, dataset: str) -> list[Record]:
        """Return a dataset's rows by column name."""
        return records(self._log, dataset, self._night)

    def _grouped(self, dataset: str, *columns: str) -> dict[tuple[str, ...], list[Record]]:
        found: dict[tuple[str, ...], list[Record]] = defaultdict(list)
        for record in self.rows(dataset):
            found[tuple(record[column] for column in columns)].append(record)
        return found

    def local_date(self, plant_id: str, moment: int) -> date:
        """Return the date of a moment by the plant's clock."""
        return self._clocks[plant_id].date_of(moment)

    def base_units(self, item_id: str, uom: str) -> Fraction:
        """Return how many base units of the item one of `uom` is."""
        base = self.base_uom[item_id]
        if uom == base:
            return Fraction(1)
        return self._conversions.get((item_id, uom, base)) or self._conversions[None, uom, base]

    def base_qty(self, record: Record) -> Fraction:
        """Return a row's quantity in base units of its item."""
        return Fraction(record["qty"]) * self.base_units(record["item_id"], record["uom"])

    def standard(self, item_id: str, plant_id: str, on: date) -> dict[str, Fraction] | None:
        """Return standard cost of one base unit by cost component; None without one, or with two versions at once."""
        key = (item_id, plant_id, on)
        if key not in self._known_standards:
            valid = [record for record in self._standards.get(key[:2], ()) if is_valid(record, on)]
            is_usable = len({record["version_id"] for record in valid}) == 1
            self._known_standards[key] = (
                {r["cost_component"]: Fraction(r["amount"]) / Fraction(r["price_unit_qty"]) for r in valid}
                if is_usable
                else None
            )
        return self._known_standards[key]

    def price(self, item_id: str, plant_id: str, on: date) -> Fraction | None:
        """Return the whole standard of one base unit."""
        components = self.standard(item_id, plant_id, on)
        return None if components is None else sum(components.values(), Fraction(0))

    def lot_size(self, item_id: str, plant_id: str, on: date) -> Fraction | None:
        """Return the lot that set-up was spread over in the standard of that day."""
        for record in self._standards.get((item_id, plant_id), ()):
            if is_valid(record, on) and record["lot_size_qty"] is not None:
                return Fraction(record["lot_size_qty"])
        return None

    def rate(self, cost_center_id: str | None, activity: str, on: date, rate_type: str = "planned") -> Decimal | None:
        """Return an hourly rate, None where none is valid."""
        key = (str(cost_center_id), activity, rate_type, on)
        if key not in self._known_rates:
            valid = (record for record in self._rates.get(key[:3], ()) if is_valid(record, on))
            latest = max(valid, key=lambda record: record["valid_from"], default=None)
            self._known_rates[key] = None if latest is None else Decimal(latest["hourly_amount"])
        return self._known_rates[key]

    def cost_center(self, record: Record) -> str | None:
        """Return the cost center of a confirmation or a labour record: its own, its machine's, its operation's."""
        named = record.get("cost_center_id") or self._center_of_unit.get(record["work_unit_id"])
        return named or self._center_of_operation.get((record["order_id"], record["operation_no"]))

    def _version(self, rows: list[Record], version_id: str | None, on: date) -> list[Record]:
        """Return the rows of a version that are valid on a day; of the first by name where no version is named."""
        valid = [record for record in rows if is_valid(record, on) and version_id in (None, record["version_id"])]
        first = min((record["version_id"] for record in valid), default=None)
        return [record for record in valid if record["version_id"] == first]

    def bill(self, order: Record, on: date) -> list[Record]:
        """Return the lines of the order's bill of material valid on a day."""
        rows = self._bills.get((order["item_id"], order["plant_id"]), [])
        return self._version(rows, order["bom_version_id"], on)

    def routing(self, order: Record, on: date) -> list[Record]:
        """Return the operations of the order's routing valid on a day, in order."""
        rows = self._routings.get((order["item_id"], order["plant_id"]), [])
        valid = self._version(rows, order["routing_version_id"], on)
        return sorted(valid, key=lambda record: int(record["operation_no"]))
