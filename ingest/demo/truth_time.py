"""The truth about time: each machine-shift's seconds, from delivered states, stops, shifts and confirmations.

Plain sweeps over whole milliseconds; half-open intervals throughout. Shares nothing with the warehouse's SQL.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from ingest.demo.event_log import EventLog
from ingest.demo.tables import COLUMNS

FOREVER = 1 << 62
NOT_PLANNED = {"holiday", "no_demand"}
STANDING = {"idle", "down", "maintenance", "off"}

Record = dict[str, Any]


def records(log: EventLog, dataset: str, night: int | None) -> list[Record]:
    """Return a dataset's rows as they stand after that night, by column name."""
    columns = COLUMNS[dataset]
    return [dict(zip(columns, row, strict=True)) for row in log.current(dataset, night)]


@dataclass
class UnitShift:
    """One machine-shift and its times in milliseconds; the state times count only where the unit reports states."""

    unit_id: str
    plant_id: str
    production_date: date
    shift_id: str
    start: int
    end: int
    planned_operation: int = 0
    planned_busy: int = 0
    production: int = 0
    setup: int = 0
    delay: int = 0
    down: int = 0
    unknown: int = 0
    busy_outside_plan: int = 0


@dataclass
class StateSpan:
    """A state in force from `start` to `end`."""

    start: int
    end: int
    state: str
    order_id: str | None
    operation_no: str | None


@dataclass
class UnitTime:
    """One unit's shifts, states and confirmations, each in order of time."""

    unit_id: str
    plant_id: str
    work_center_id: str
    shifts: list[UnitShift] = field(default_factory=list)
    spans: list[StateSpan] = field(default_factory=list)
    stops: list[tuple[int, int, bool]] = field(default_factory=list)
    """(start, end, whether it takes the time out of planned operation)."""
    confirmations: list[Record] = field(default_factory=list)
    """All confirmations of the unit that have start and end."""

    def __post_init__(self) -> None:
        self._longest = 0

    def index(self) -> None:
        """Sort everything by time, once all is added."""
        self.shifts.sort(key=lambda shift: shift.start)
        self.stops.sort()
        self.confirmations.sort(key=lambda record: record["start_at"])
        self.shift_starts = [shift.start for shift in self.shifts]
        self.span_starts = [span.start for span in self.spans]
        self._confirmation_starts = [record["start_at"] for record in self.confirmations]
        self._longest = max((r["end_at"] - r["start_at"] for r in self.confirmations), default=0)

    def shift_at(self, moment: int) -> UnitShift | None:
        """Return the shift that contains the moment."""
        index = bisect_right(self.shift_starts, moment) - 1
        return self.shifts[index] if index >= 0 and moment < self.shifts[index].end else None

    def span_at(self, moment: int) -> StateSpan | None:
        """Return the state in force at the moment."""
        index = bisect_right(self.span_starts, moment) - 1
        return self.spans[index] if index >= 0 and moment < self.spans[index].end else None

    def confirmed_within(self, start: int, end: int) -> list[Record]:
        """Return the confirmations whose interval overlaps [start, end)."""
        first = bisect_left(self._confirmation_starts, start - self._longest)
        last = bisect_left(self._confirmation_starts, end)
        return [record for record in self.confirmations[first:last] if record["end_at"] > start]

    def producing_within(self, start: int, end: int) -> int:
        """Return the milliseconds of state `producing` in [start, end)."""
        first = max(bisect_right(self.span_starts, start) - 1, 0)
        last = bisect_left(self.span_starts, end)
        return sum(
            max(min(span.end, end) - max(span.start, start), 0)
            for span in self.spans[first:last]
            if span.state == "producing"
        )


def unit_times(log: EventLog, night: int | None) -> dict[str, UnitTime]:
    """Return every work unit with its shifts measured, as known after that night."""
    units = {
        record["work_unit_id"]: UnitTime(record["work_unit_id"], record["plant_id"], record["work_center_id"])
        for record in records(log, "work_unit", night)
    }
    _add_shifts(units, records(log, "shift_calendar", night))
    for stop in records(log, "planned_stop", night):
        for unit in units.values():
            if stop["work_unit_id"] == unit.unit_id or (
                stop["work_unit_id"] is None and stop["plant_id"] == unit.plant_id
            ):
                unit.stops.append((stop["start_at"], stop["end_at"], stop["stop_type"] in NOT_PLANNED))
    _add_states(units, log, night)
    for record in records(log, "confirmation", night):
        if record["work_unit_id"] and record["start_at"] is not None and record["end_at"] is not None:
            units[record["work_unit_id"]].confirmations.append(record)
    for unit in units.values():
        unit.index()
        for shift in unit.shifts:
            _measure(unit, shift)
    return units


def _add_shifts(units: dict[str, UnitTime], calendar: list[Record]) -> None:
    of_units = {(r["work_unit_id"], r["production_date"], r["shift_id"]) for r in calendar if r["work_unit_id"]}
    for record in calendar:
        named = (record["production_date"], record["shift_id"], record["start_at"], record["end_at"])
        if record["work_unit_id"]:
            unit = units[record["work_unit_id"]]
            unit.shifts.append(UnitShift(unit.unit_id, unit.plant_id, *named))
            continue
        for unit in units.values():
            replaced = (unit.unit_id, record["production_date"], record["shift_id"]) in of_units
            if unit.plant_id == record["plant_id"] and not replaced:
                unit.shifts.append(UnitShift(unit.unit_id, unit.plant_id, *named))


def _add_states(units: dict[str, UnitTime], log: EventLog, night: int | None) -> None:
    events: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in log.current("machine_state", night):
        events[row[0]].append(row)
    for unit_id, rows in events.items():
        rows.sort(key=lambda row: row[1])
        following = [row[1] for row in rows[1:]] + [FOREVER]
        for (_, at, ended, state, _, order_id, operation_no), until in zip(rows, following, strict=True):
            end = until if ended is None else min(ended, until)
            units[unit_id].spans.append(StateSpan(at, end, state, order_id, operation_no))


def _measure(unit: UnitTime, shift: UnitShift) -> None:
    """Cut the shift at every change of anything and add each piece to the times it belongs to."""
    stops = [stop for stop in unit.stops if stop[0] < shift.end and stop[1] > shift.start]
    first = max(bisect_right(unit.span_starts, shift.start) - 1, 0)
    spans = unit.spans[first : bisect_left(unit.span_starts, shift.end)]
    confirmed = unit.confirmed_within(shift.start, shift.end)
    edges = {shift.start, shift.end}
    for start, end, _ in stops:
        edges |= {start, end}
    for state_span in spans:
        edges |= {state_span.start, state_span.end}
    for record in confirmed:
        edges |= {record["start_at"], record["end_at"]}
    inside = sorted(edge for edge in edges if shift.start <= edge <= shift.end)
    number = 0
    span: StateSpan | None
    for start, end in pairwise(inside):
        lasts = end - start
        while number + 1 < len(spans) and spans[number + 1].start <= start:
            number += 1
        span = spans[number] if spans and spans[number].start <= start < spans[number].end else None
        state = span.state if span else "unknown"
        covering = [stop for stop in stops if stop[0] <= start and stop[1] >= end]
        if not any(takes_operation for _, _, takes_operation in covering):
            shift.planned_operation += lasts
        if covering:
            if state in ("producing", "setup", "delay"):
                shift.busy_outside_plan += lasts
            continue
        shift.planned_busy += lasts
        if state == "producing":
            shift.production += lasts
        elif state == "setup":
            shift.setup += lasts
        elif state == "delay":
            shift.delay += lasts
        elif state in STANDING:
            registered = (span is not None and span.order_id is not None) or any(
                record["start_at"] <= start < record["end_at"] for record in confirmed
            )
            if registered:
                shift.delay += lasts
            else:
                shift.down += lasts
        else:
            shift.unknown += lasts
