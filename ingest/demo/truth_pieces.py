"""The truth about pieces: what each machine-shift made, for which order and operation, and its standard time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ingest.demo.event_log import EventLog
from ingest.demo.exact import round_half_away, split
from ingest.demo.truth_states import Record, records
from ingest.demo.truth_time import UnitShift, UnitTime

Work = tuple[str | None, str | None]
"""Order and operation that pieces belong to; None where unknown."""


@dataclass(frozen=True)
class WorkDone:
    """What a machine-shift made for one order and operation; standard seconds are None where no standard is known."""

    order_id: str | None
    item_id: str | None
    good: Decimal
    scrap: Decimal
    rework: Decimal
    standard_produced: Decimal | None
    standard_good: Decimal | None


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


def _rise(before: Decimal, value: Decimal, rolls_over_at: int | None) -> Decimal:
    """Return what a standing adds to the one before: after a fall it rolled over, else it was reset to zero."""
    if value >= before:
        return value - before
    if rolls_over_at is not None and before < rolls_over_at:
        across = value - before + rolls_over_at
        if across * 2 < rolls_over_at:
            return across
    return value


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
        self.scrap_of: dict[tuple[str, date, str], dict[str | None, dict[str | None, Decimal]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(Decimal))
        )
        """Confirmed scrap by machine-shift, order and reason."""
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
            for _, _, at, value, kind, rolls_over_at, order_id in of_counter:
                value = Decimal(value)
                increment = Decimal(0)
                if kind == "increment":
                    increment = value
                elif kind == "cumulative" and previous is not None:
                    increment = _rise(previous, value, rolls_over_at)
                if kind != "increment":
                    previous = value
                shift = unit.shift_at(at) if increment else None
                if shift is not None:
                    self._add(shift, self._work_at(unit, at, order_id), counter, increment)
        self.counters_of = {unit_id: frozenset(counters) for unit_id, counters in names.items()}

    def _work_at(self, unit: UnitTime, at: int, order_id: str | None) -> Work:
        """Return the order that made pieces at the moment: the reading's own, else confirmed, else scheduled."""
        placed_order, operation_no, source = unit.order_at(at)
        if order_id is None:
            order_id = placed_order
        elif source != "confirmation" or placed_order != order_id:
            operation_no = None
        if order_id is None or operation_no is not None:
            return order_id, operation_no
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
        for key, part, outcome in self._placed(unit, record, confirmed):
            if outcome == "scrap":
                self.scrap_of[key][record["order_id"]][record["reason_id"]] += part
            if outcome in outcomes:
                self.made[key][work].by_outcome[outcome] += part

    def _placed(
        self, unit: UnitTime, record: Record, confirmed: dict[str, Decimal]
    ) -> Iterator[tuple[tuple[str, date, str], Decimal, str]]:
        """Yield the machine-shifts that confirmed quantities belong to, with the part of each outcome."""
        if record["production_date"] is not None and record["shift_id"] is not None:
            key = (unit.unit_id, record["production_date"], record["shift_id"])
            yield from ((key, quantity, outcome) for outcome, quantity in confirmed.items() if quantity)
            return
        start, end = record["start_at"], record["end_at"]
        if start is None or end is None:
            return
        shifts = [shift for shift in unit.shifts if shift.start < end and shift.end > start]
        bounds = [(max(shift.start, start), min(shift.end, end)) for shift in shifts]
        weights = [unit.producing_within(*bound) for bound in bounds]
        if not any(weights):
            weights = [bound[1] - bound[0] for bound in bounds]
        if not shifts:
            return
        for outcome, quantity in confirmed.items():
            for shift, part in zip(shifts, split(quantity, weights), strict=True):
                if part:
                    yield (unit.unit_id, shift.production_date, shift.shift_id), part, outcome

    def of_shift(self, shift: UnitShift, orders: dict[str, Record], standards: Standards) -> list[WorkDone]:
        """Return what the machine-shift made, by order and operation; work without a piece is left out."""
        counters = self.counters_of.get(shift.unit_id, frozenset())
        made_by_work = self.made.get((shift.unit_id, shift.production_date, shift.shift_id), {})
        found = []
        for (order_id, operation_no), made in made_by_work.items():
            good, scrap, rework = made.completed(counters)
            if not (good or scrap or rework):
                continue
            order = orders.get(order_id or "")
            per_unit = (
                standards.seconds_per_unit(order, operation_no, shift.production_date)
                if order is not None and operation_no is not None
                else None
            )
            produced_seconds = good_seconds = None
            if per_unit is not None:
                produced_seconds = round_half_away(Fraction(good + scrap + rework) * per_unit, 3)
                good_seconds = round_half_away(Fraction(good) * per_unit, 3)
            item_id = order["item_id"] if order is not None else None
            found.append(WorkDone(order_id, item_id, good, scrap, rework, produced_seconds, good_seconds))
        return found

    def startup_share(self, shift: UnitShift, order_id: str | None, startup_reasons: set[str]) -> Fraction:
        """Return how much of the order's scrap confirmed in the machine-shift is named a start-up reject."""
        confirmed = self.scrap_of.get((shift.unit_id, shift.production_date, shift.shift_id), {}).get(order_id, {})
        total = sum(confirmed.values(), Decimal(0))
        startup = sum((scrap for reason, scrap in confirmed.items() if reason in startup_reasons), Decimal(0))
        return Fraction(startup) / Fraction(total) if total else Fraction(0)
