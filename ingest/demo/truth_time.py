"""The truth about time: each machine-shift's seconds, from delivered states, stops, shifts, confirmations and plans.

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
from ingest.demo.truth_states import (
    Record,
    Scheduled,
    StateEvent,
    StateSpan,
    Timeline,
    horizons,
    records,
    ruling_spans,
    schedules,
    state_events,
)

NOT_PLANNED = {"holiday", "no_demand"}
STANDING = {"idle", "down", "maintenance", "off"}
ELEMENTS = ("production", "setup", "delay", "down", "unknown", "busy_outside_plan")

OrderAt = tuple[str | None, str | None, str | None]
"""Order, operation, and who says so: `event`, `confirmation` or `schedule`; None where nobody does."""


@dataclass(frozen=True)
class Slice:
    """A stretch of a machine-shift in which nothing changes: plan, state, order."""

    start: int
    end: int
    plan_class: str
    event: StateEvent | None
    order_id: str | None
    operation_no: str | None
    order_source: str | None

    @property
    def lasts(self) -> int:
        """Return the length in milliseconds."""
        return self.end - self.start

    @property
    def is_order_registered(self) -> bool:
        """Whether someone booked the order there; a schedule is only a plan."""
        return self.order_source in ("event", "confirmation")

    @property
    def element(self) -> str:
        """Return the ISO 22400 time element."""
        state = self.event.state if self.event else "unknown"
        if self.plan_class != "busy":
            return "busy_outside_plan" if state in ("producing", "setup", "delay") else "outside_plan"
        if state == "producing":
            return "production"
        if state in STANDING:
            return "delay" if self.is_order_registered else "down"
        return state


@dataclass
class UnitShift:
    """One machine-shift: its slices in order, covering it whole, and sums over them in milliseconds."""

    unit_id: str
    plant_id: str
    production_date: date
    shift_id: str
    start: int
    end: int
    slices: list[Slice] = field(default_factory=list)

    @property
    def planned_operation(self) -> int:
        """Return the shift without holidays and times of no demand."""
        return sum(part.lasts for part in self.slices if part.plan_class != "not_planned")

    @property
    def planned_busy(self) -> int:
        """Return the shift without any planned stop."""
        return sum(part.lasts for part in self.slices if part.plan_class == "busy")

    @property
    def order_execution(self) -> int:
        """Return the time with a registered order, whatever the plan and the state."""
        return sum(part.lasts for part in self.slices if part.is_order_registered)

    def elements(self) -> dict[str, int]:
        """Return the time of each element."""
        found = dict.fromkeys((*ELEMENTS, "outside_plan"), 0)
        for part in self.slices:
            found[part.element] += part.lasts
        return found


@dataclass
class UnitTime:
    """One unit's shifts, states and confirmations, each in order of time."""

    unit_id: str
    plant_id: str
    work_center_id: str
    shifts: list[UnitShift] = field(default_factory=list)
    has_states: bool = False
    spans: list[StateSpan] = field(default_factory=list)
    stops: list[tuple[int, int, bool]] = field(default_factory=list)
    """(start, end, whether it takes the time out of planned operation)."""
    confirmations: list[Record] = field(default_factory=list)
    """All confirmations of the unit that have start and end and take nothing back."""
    scheduled: list[Scheduled] = field(default_factory=list)

    def index(self) -> None:
        """Sort everything by time, once all is added."""
        self.shifts.sort(key=lambda shift: shift.start)
        self.stops.sort()
        self.shift_starts = [shift.start for shift in self.shifts]
        self.span_starts = [span.start for span in self.spans]
        self.confirmed = Timeline((r["start_at"], r["end_at"], r["confirmation_id"], r) for r in self.confirmations)
        self.plan = Timeline((plan.start, plan.end, plan.order_id, plan) for plan in self.scheduled)

    def shift_at(self, moment: int) -> UnitShift | None:
        """Return the shift that contains the moment."""
        index = bisect_right(self.shift_starts, moment) - 1
        return self.shifts[index] if index >= 0 and moment < self.shifts[index].end else None

    def span_at(self, moment: int) -> StateSpan | None:
        """Return who rules at the moment."""
        index = bisect_right(self.span_starts, moment) - 1
        return self.spans[index] if index >= 0 and moment < self.spans[index].end else None

    def order_at(self, moment: int) -> OrderAt:
        """Return the order that a confirmation, else the schedule, places on the unit at the moment."""
        record = self.confirmed.at(moment)
        if record is not None:
            return record["order_id"], record["operation_no"], "confirmation"
        plan = self.plan.at(moment)
        return (plan.order_id, plan.operation_no, "schedule") if plan is not None else (None, None, None)

    def producing_within(self, start: int, end: int) -> int:
        """Return the milliseconds of state `producing` in [start, end)."""
        first = max(bisect_right(self.span_starts, start) - 1, 0)
        last = bisect_left(self.span_starts, end)
        return sum(
            max(min(span.end, end) - max(span.start, start), 0)
            for span in self.spans[first:last]
            if span.event.state == "producing"
        )


def unit_times(log: EventLog, night: int | None) -> dict[str, UnitTime]:
    """Return every work unit with its shifts cut into slices, as known after that night."""
    units = {
        record["work_unit_id"]: UnitTime(record["work_unit_id"], record["plant_id"], record["work_center_id"])
        for record in records(log, "work_unit", night)
    }
    known_until = horizons(log, night)
    _add_shifts(units, records(log, "shift_calendar", night), known_until)
    for stop in records(log, "planned_stop", night):
        for unit in units.values():
            if stop["work_unit_id"] == unit.unit_id or (
                stop["work_unit_id"] is None and stop["plant_id"] == unit.plant_id
            ):
                unit.stops.append((stop["start_at"], stop["end_at"], stop["stop_type"] in NOT_PLANNED))
    _add_states(units, log, night, known_until)
    for record in records(log, "confirmation", night):
        is_timed = record["start_at"] is not None and record["end_at"] is not None
        if record["work_unit_id"] and is_timed and record["reversal_of"] is None:
            units[record["work_unit_id"]].confirmations.append(record)
    for unit_id, scheduled in schedules(log, night).items():
        units[unit_id].scheduled = scheduled
    for unit in units.values():
        unit.index()
        for shift in unit.shifts:
            shift.slices = _slices(unit, shift)
    return units


def _add_shifts(units: dict[str, UnitTime], calendar: list[Record], known_until: dict[str, int]) -> None:
    of_units = {(r["work_unit_id"], r["production_date"], r["shift_id"]) for r in calendar if r["work_unit_id"]}
    for record in calendar:
        if record["start_at"] >= known_until[record["plant_id"]]:
            continue
        named = (record["production_date"], record["shift_id"], record["start_at"], record["end_at"])
        if record["work_unit_id"]:
            unit = units[record["work_unit_id"]]
            unit.shifts.append(UnitShift(unit.unit_id, unit.plant_id, *named))
            continue
        for unit in units.values():
            replaced = (unit.unit_id, record["production_date"], record["shift_id"]) in of_units
            if unit.plant_id == record["plant_id"] and not replaced:
                unit.shifts.append(UnitShift(unit.unit_id, unit.plant_id, *named))


def _add_states(units: dict[str, UnitTime], log: EventLog, night: int | None, known_until: dict[str, int]) -> None:
    events: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in log.current("machine_state", night):
        events[row[0]].append(row)
    for unit_id, rows in events.items():
        unit = units[unit_id]
        unit.has_states = True
        unit.spans = ruling_spans(state_events(rows, known_until[unit.plant_id]))


def _slices(unit: UnitTime, shift: UnitShift) -> list[Slice]:
    """Cut the shift at every change of anything."""
    stops = [stop for stop in unit.stops if stop[0] < shift.end and stop[1] > shift.start]
    first = max(bisect_right(unit.span_starts, shift.start) - 1, 0)
    edges = {shift.start, shift.end}
    for start, end, _ in stops:
        edges |= {start, end}
    for span in unit.spans[first : bisect_left(unit.span_starts, shift.end)]:
        edges |= {span.start, span.end}
    for timeline in (unit.confirmed, unit.plan):
        edges.update(timeline.edges[bisect_left(timeline.edges, shift.start) : bisect_left(timeline.edges, shift.end)])
    found = []
    for start, end in pairwise(sorted(edge for edge in edges if shift.start <= edge <= shift.end)):
        covering = [takes_operation for from_, to, takes_operation in stops if from_ <= start and to >= end]
        plan_class = "not_planned" if any(covering) else "planned_down" if covering else "busy"
        ruling = unit.span_at(start)
        event = ruling.event if ruling else None
        if event is not None and event.order_id is not None:
            order: OrderAt = (event.order_id, event.operation_no, "event")
        else:
            order = unit.order_at(start)
        found.append(Slice(start, end, plan_class, event, *order))
    return found
