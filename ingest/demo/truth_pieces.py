"""The truth about pieces: what each machine-shift made, for which order and operation, and its standard time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ingest.demo.event_log import EventLog
from ingest.demo.exact import round_half_away, split
from ingest.demo.truth_time import Record, UnitShift, UnitTime, records

Work = tuple[str | None, str | None]
"""Order and operation that pieces belong to; None where unknown."""


@dataclass
class Made:
    """Quantities by outcome: good, scrap, rework, total."""

    by_outcome: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def completed(self, counters: frozenset[str]) -> tuple[Decimal, Decimal, Decimal]:
        """Return good, scrap and rework; the one that a unit with a total does not count is the difference."""
        made = self.by_outcome
        good, scrap, rework = made["good"], made["scrap"], made["rework"]
        if "total" in counters and "good" not in counters:
            good = made["total"] - scrap - rework
        elif "total" in counters and "scrap" not in counters:
            scrap = made["total"] - good - rework
        return good, scrap, rework


class Standards:
    """Run seconds per unit by item, plant, operation, and version or date."""

    def __init__(self, log: EventLog, night: int | None) -> None:
        self._operations: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
        for record in records(log, "routing_operation", night):
            self._operations[record["item_id"], record["plant_id"], record["operation_no"]].append(record)

    def seconds_per_unit(self, order: Record, operation_no: str, on: date) -> Fraction | None:
        """Return the standard machine seconds per unit, None where the routing has none."""
        for record in self._operations.get((order["item_id"], order["plant_id"], operation_no), []):
            if order["routing_version_id"] is not None:
                valid = record["version_id"] == order["routing_version_id"]
            else:
                valid = record["valid_from"] <= on and (record["valid_to"] is None or on < record["valid_to"])
            if valid and record["run_seconds_per_unit"] is not None:
                return Fraction(record["run_seconds_per_unit"]) / Fraction(record["base_qty"])
        return None


class Pieces:
    """Pieces by machine-shift and work: each outcome from its counter where there is one, else from confirmations."""

    def __init__(self, log: EventLog, units: dict[str, UnitTime], night: int | None) -> None:
        self._units = units
        self.counters_of: dict[str, frozenset[str]] = {}
        self.made: dict[tuple[str, date, str], dict[Work, Made]] = defaultdict(lambda: defaultdict(Made))
        self._order_operations: dict[str, list[Record]] = defaultdict(list)
        for record in records(log, "order_operation", night):
            self._order_operations[record["order_id"]].append(record)
        self._count(log.current("production_counter", night))
        for record in records(log, "confirmation", night):
            unit = units.get(record["work_unit_id"] or "")
            if unit is not None:
                self._confirm(unit, record, self._not_counted(unit.unit_id))

    def _add(self, shift: UnitShift, work: Work, outcome: str, quantity: Decimal) -> None:
        if quantity:
            made = self.made[shift.unit_id, shift.production_date, shift.shift_id]
            made[work].by_outcome[outcome] += quantity

    def _count(self, rows: list[tuple[Any, ...]]) -> None:
        readings: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
        for row in rows:
            readings[row[0], row[1]].append(row)
        names: dict[str, set[str]] = defaultdict(set)
        for (unit_id, counter), of_counter in readings.items():
            names[unit_id].add(counter)
            unit = self._units[unit_id]
            of_counter.sort(key=lambda row: row[2])
            previous: Decimal | None = None
            for _, _, at, value, kind, order_id in of_counter:
                value = Decimal(value)
                if kind == "increment":
                    increment = value
                else:
                    increment = Decimal(0) if previous is None else value - previous if value >= previous else value
                    previous = value
                shift = unit.shift_at(at) if increment else None
                if shift is not None:
                    self._add(shift, self._work_at(unit, at, order_id), counter, increment)
        self.counters_of = {unit_id: frozenset(counters) for unit_id, counters in names.items()}

    def _work_at(self, unit: UnitTime, at: int, order_id: str | None) -> Work:
        covering = unit.confirmed_within(at, at + 1)
        if order_id is None and covering:
            order_id = covering[0]["order_id"]
        if order_id is None:
            return None, None
        for record in covering:
            if record["order_id"] == order_id and record["operation_no"] is not None:
                return order_id, record["operation_no"]
        span = unit.span_at(at)
        if span is not None and span.order_id == order_id and span.operation_no is not None:
            return order_id, span.operation_no
        operations = self._order_operations.get(order_id, [])
        for column, value in (("work_unit_id", unit.unit_id), ("work_center_id", unit.work_center_id)):
            here = [record for record in operations if record[column] == value]
            if len(here) == 1:
                return order_id, here[0]["operation_no"]
        return order_id, None

    def _not_counted(self, unit_id: str) -> set[str]:
        counters = self.counters_of.get(unit_id, frozenset())
        counted = set(counters)
        if "total" in counters:
            counted |= {"good", "scrap"} if "good" in counters else {"good"}
        return {"good", "scrap", "rework"} - counted

    def _confirm(self, unit: UnitTime, record: Record, outcomes: set[str]) -> None:
        work = (record["order_id"], record["operation_no"])
        confirmed = {
            "good": Decimal(record["good_qty"]),
            "scrap": Decimal(record["scrap_qty"]),
            "rework": Decimal(record["rework_qty"] or 0),
        }
        quantities = {outcome: quantity for outcome, quantity in confirmed.items() if outcome in outcomes}
        if record["production_date"] is not None and record["shift_id"] is not None:
            key = (unit.unit_id, record["production_date"], record["shift_id"])
            for outcome, quantity in quantities.items():
                if quantity:
                    self.made[key][work].by_outcome[outcome] += quantity
            return
        start, end = record["start_at"], record["end_at"]
        if start is None or end is None:
            return
        shifts = [shift for shift in unit.shifts if shift.start < end and shift.end > start]
        bounds = [(max(shift.start, start), min(shift.end, end)) for shift in shifts]
        weights = [unit.producing_within(*bound) for bound in bounds]
        if not any(weights):
            weights = [bound[1] - bound[0] for bound in bounds]
        if shifts:
            for outcome, quantity in quantities.items():
                for shift, part in zip(shifts, split(quantity, weights), strict=True):
                    self._add(shift, work, outcome, part)

    def of_shift(
        self, shift: UnitShift, orders: dict[str, Record], standards: Standards
    ) -> tuple[Decimal, Decimal, Decimal, Decimal | None, Decimal | None]:
        """Return good, scrap, rework, and the standard seconds of all pieces and of the good ones.

        Both standards are None where any piece has none.
        """
        counters = self.counters_of.get(shift.unit_id, frozenset())
        good = scrap = rework = Decimal(0)
        produced_seconds: Decimal | None = Decimal(0)
        good_seconds = Decimal(0)
        for (order_id, operation_no), made in self.made.get(
            (shift.unit_id, shift.production_date, shift.shift_id), {}
        ).items():
            its_good, its_scrap, its_rework = made.completed(counters)
            good, scrap, rework = good + its_good, scrap + its_scrap, rework + its_rework
            if not (its_good or its_scrap or its_rework):
                continue
            order = orders.get(order_id or "")
            per_unit = (
                standards.seconds_per_unit(order, operation_no, shift.production_date)
                if order is not None and operation_no is not None
                else None
            )
            if per_unit is None:
                produced_seconds = None
            elif produced_seconds is not None:
                produced_seconds += round_half_away(Fraction(its_good + its_scrap + its_rework) * per_unit, 3)
                good_seconds += round_half_away(Fraction(its_good) * per_unit, 3)
        return good, scrap, rework, produced_seconds, None if produced_seconds is None else good_seconds
