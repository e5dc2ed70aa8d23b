"""The truth about what a work unit was doing at each moment, and which order was scheduled on it.

Events overlap where one names its end: of several that cover a moment the strongest state rules, of equal ones the
event begun last. Whole milliseconds, half-open intervals; shares nothing with the warehouse's SQL.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ingest.demo.event_log import EventLog
from ingest.demo.tables import COLUMNS

STRONGEST_FIRST = ("maintenance", "down", "setup", "delay", "producing", "idle", "off", "unknown")

Record = dict[str, Any]


def records(log: EventLog, dataset: str, night: int | None) -> list[Record]:
    """Return a dataset's rows as they stand after that night, by column name."""
    columns = COLUMNS[dataset]
    return [dict(zip(columns, row, strict=True)) for row in log.current(dataset, night)]


@dataclass(frozen=True)
class StateEvent:
    """A state from `start` to `end`, wherever another may rule over it."""

    start: int
    end: int
    state: str
    reason_id: str | None
    order_id: str | None
    operation_no: str | None


@dataclass(frozen=True)
class StateSpan:
    """The time from `start` to `end` in which one event rules."""

    start: int
    end: int
    event: StateEvent


@dataclass(frozen=True)
class Scheduled:
    """An order planned on a unit; its operation there, where it has only one."""

    start: int
    end: int
    order_id: str
    operation_no: str | None


def horizons(log: EventLog, night: int | None) -> dict[str, int]:
    """Return, by plant, the last moment that a state, a counter reading or a confirmation tells of."""
    plant_of = {record["work_unit_id"]: record["plant_id"] for record in records(log, "work_unit", night)}
    known: dict[str, int] = defaultdict(int)
    for row in log.current("machine_state", night):
        known[plant_of[row[0]]] = max(known[plant_of[row[0]]], row[1], row[2] or row[1])
    for row in log.current("production_counter", night):
        known[plant_of[row[0]]] = max(known[plant_of[row[0]]], row[2])
    ends: dict[tuple[Any, ...], int] = defaultdict(int)
    for shift in records(log, "shift_calendar", night):
        key = (shift["plant_id"], shift["production_date"], shift["shift_id"])
        ends[key] = max(ends[key], shift["end_at"])
    for record in records(log, "confirmation", night):
        plant_id = record["plant_id"]
        named = ends.get((plant_id, record["production_date"], record["shift_id"]), 0)
        known[plant_id] = max(known[plant_id], record["end_at"] or 0, named)
    return known


def state_events(rows: list[tuple[Any, ...]], horizon: int) -> list[StateEvent]:
    """Return one unit's events with their ends, in order: the end it names, else the next event, else the horizon."""
    rows = sorted(rows, key=lambda row: row[1])
    following = [row[1] for row in rows[1:]] + [horizon]
    found = []
    for (_, at, ended, state, reason_id, order_id, operation_no), until in zip(rows, following, strict=True):
        end = min(until if ended is None else ended, horizon)
        if end > at:
            found.append(StateEvent(at, end, state, reason_id, order_id, operation_no))
    return found


def ruling_spans(events: list[StateEvent]) -> list[StateSpan]:
    """Return who rules when, in order and without overlap; time that no event covers is left out."""
    edges = sorted({event.start for event in events} | {event.end for event in events})
    spans: list[StateSpan] = []
    holding: list[StateEvent] = []
    begun = 0
    for start, end in pairwise(edges):
        holding = [event for event in holding if event.end > start]
        while begun < len(events) and events[begun].start <= start:
            holding.append(events[begun])
            begun += 1
        if not holding:
            continue
        event = min(holding, key=lambda event: (STRONGEST_FIRST.index(event.state), -event.start))
        if spans and spans[-1].event is event and spans[-1].end == start:
            spans[-1] = StateSpan(spans[-1].start, end, event)
        else:
            spans.append(StateSpan(start, end, event))
    return spans


def schedules(log: EventLog, night: int | None) -> dict[str, list[Scheduled]]:
    """Return, by unit, the orders planned there: where an operation names the unit, or its center's only one."""
    units_of: dict[str, list[str]] = defaultdict(list)
    for unit in records(log, "work_unit", night):
        units_of[unit["work_center_id"]].append(unit["work_unit_id"])
    operations: dict[tuple[str, str], list[str]] = defaultdict(list)
    for operation in records(log, "order_operation", night):
        unit_id = operation["work_unit_id"]
        if unit_id is None and len(units_of[operation["work_center_id"]]) == 1:
            unit_id = units_of[operation["work_center_id"]][0]
        if unit_id is not None:
            operations[operation["order_id"], unit_id].append(operation["operation_no"])
    orders = {order["order_id"]: order for order in records(log, "production_order", night)}
    found: dict[str, list[Scheduled]] = defaultdict(list)
    for (order_id, unit_id), numbers in operations.items():
        order = orders.get(order_id)
        if order is None or order["status"] in ("planned", "cancelled"):
            continue
        start, end = order.get("planned_start_at"), order.get("planned_end_at")
        if start is not None and end is not None and start < end:
            found[unit_id].append(Scheduled(start, end, order_id, numbers[0] if len(numbers) == 1 else None))
    return found


class Timeline:
    """Which of several overlapping plans or confirmations counts at a moment: the one begun last, then by id."""

    def __init__(self, claims: Iterable[tuple[int, int, str, Any]]) -> None:
        """Take (start, end, id, content) in any order."""
        ordered = sorted(claims, key=lambda claim: (claim[0], claim[2]))
        edges = sorted({claim[0] for claim in ordered} | {claim[1] for claim in ordered})
        self.edges: list[int] = edges
        self._contents: list[Any] = []
        holding: list[tuple[int, int, str, Any]] = []
        begun = 0
        for edge in edges:
            holding = [claim for claim in holding if claim[1] > edge]
            while begun < len(ordered) and ordered[begun][0] <= edge:
                if ordered[begun][1] > edge:
                    holding.append(ordered[begun])
                begun += 1
            self._contents.append(holding[-1][3] if holding else None)

    def at(self, moment: int) -> Any:
        """Return the content that counts at the moment, None where nothing covers it."""
        index = bisect_right(self.edges, moment) - 1
        return self._contents[index] if index >= 0 else None
