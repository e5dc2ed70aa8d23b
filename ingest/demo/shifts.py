"""The working calendar: shifts, breaks, holidays, planned maintenance, and each work unit's working segments.

Five days of three shifts. On the Saturday night in which the clocks change a few units of each plant work through
the change; some Saturdays one machine runs an unattended shift of its own.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from ingest.demo.clock import HOUR, MINUTE, WallClock
from ingest.demo.plant_layout import PLANTS, Plant, WorkUnit

NOT_PLANNED = ("holiday", "no_demand")
"""Stops that take time out of planned operation; the others take it out of planned busy time only."""

CLOCK_CHANGE_UNITS = {"P1": ("P1-TURN-1", "P1-TURN-2", "P1-GRIND-1", "P1-WASH-1"), "P2": ("P2-COOK-1", "P2-COOK-2")}
UNATTENDED_UNITS = ("P1-TURN-1", "P1-TURN-3")
LATE_STARTING_UNIT = "P1-ASSY-1"


@dataclass(frozen=True)
class Shift:
    """A shift of a whole plant (`work_unit_id` None) or of one unit, which then replaces the plant's."""

    plant_id: str
    work_unit_id: str | None
    production_date: date
    shift_id: str
    start: int
    end: int


@dataclass(frozen=True)
class PlannedStop:
    """A stop known beforehand, of a whole plant or of one unit."""

    plant_id: str
    work_unit_id: str | None
    start: int
    end: int
    stop_type: str


@dataclass(frozen=True)
class Segment:
    """A stretch of one unit's shift: `work`, or the stop that fills it (`break`, `maintenance`, `closed`)."""

    start: int
    end: int
    kind: str
    shift: Shift


def easter_sunday(year: int) -> date:
    """Return Easter Sunday (the Gregorian computus of Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _nth_monday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(-first.weekday()) % 7 + 7 * (nth - 1))


def holidays(plant_id: str, year: int) -> set[date]:
    """Return the public holidays on which the plant rests."""
    easter = easter_sunday(year)
    if plant_id == "P1":
        moving = {easter + timedelta(days=days) for days in (-2, 1, 39, 50)}
        return moving | {date(year, 1, 1), date(year, 1, 6), date(year, 5, 1), date(year, 10, 3), date(year, 12, 25)}
    victoria_day = date(year, 5, 24) - timedelta(days=date(year, 5, 24).weekday())
    moving = {easter - timedelta(days=2), victoria_day}
    mondays = {_nth_monday(year, month, nth) for month, nth in ((2, 3), (9, 1), (10, 2))}
    return moving | mondays | {date(year, 1, 1), date(year, 7, 1), date(year, 12, 25)}


def _is_clock_change_night(clock: WallClock, day: date) -> bool:
    return any(clock.date_of(gap) == day + timedelta(days=1) for gap in clock.gaps())


def _shift_bounds(plant: Plant, clock: WallClock, day: date, number: int) -> tuple[str, int, int]:
    shift_id, hour = plant.shifts[number]
    next_hour = plant.shifts[(number + 1) % len(plant.shifts)][1] + (24 if number + 1 == len(plant.shifts) else 0)
    return shift_id, clock.at(day, hour), clock.at(day, next_hour)


def shifts(clocks: dict[str, WallClock], units: list[WorkUnit], dates: list[date], random: Random) -> list[Shift]:
    """Return every shift of every plant, and the shifts of single units, in order of their start."""
    found: list[Shift] = []
    unit_ids = {unit.work_unit_id for unit in units}
    for plant in PLANTS:
        clock = clocks[plant.plant_id]
        for day in dates:
            night = len(plant.shifts) - 1
            if day.weekday() < 5:
                found += [
                    Shift(plant.plant_id, None, day, *_shift_bounds(plant, clock, day, number))
                    for number in range(len(plant.shifts))
                ]
            elif _is_clock_change_night(clock, day):
                found.append(Shift(plant.plant_id, None, day, *_shift_bounds(plant, clock, day, night)))
            if plant.plant_id == "P1" and day.weekday() == 5 and random.random() < 0.6:
                bounds = _shift_bounds(plant, clock, day, 0)
                found.append(Shift("P1", random.choice(UNATTENDED_UNITS), day, *bounds))
            if plant.plant_id == "P1" and day.weekday() == 0 and LATE_STARTING_UNIT in unit_ids:
                shift_id, start, end = _shift_bounds(plant, clock, day, 0)
                found.append(Shift("P1", LATE_STARTING_UNIT, day, shift_id, start + 30 * MINUTE, end))
    return sorted(found, key=lambda shift: (shift.start, shift.plant_id, shift.work_unit_id or ""))


def planned_stops(
    clocks: dict[str, WallClock], units: list[WorkUnit], shifts: list[Shift], random: Random
) -> list[PlannedStop]:
    """Return breaks, meetings, holidays, maintenance and shifts without demand."""
    found: list[PlannedStop] = []
    for shift in shifts:
        clock, unit_id = clocks[shift.plant_id], shift.work_unit_id
        if unit_id == LATE_STARTING_UNIT:
            continue  # the plant's breaks of that shift hold for it too
        resting = shift.production_date in holidays(shift.plant_id, shift.production_date.year)
        first_shift = shift.end - shift.start > 0 and shift.shift_id in ("E", "D")
        if resting and first_shift:
            next_day = clock.at(shift.production_date + timedelta(days=1), 6 if shift.plant_id == "P1" else 7)
            found.append(PlannedStop(shift.plant_id, None, shift.start, next_day, "holiday"))
        if resting:
            continue
        for after, lasts in ((3 * HOUR, 15 * MINUTE), (5 * HOUR + 30 * MINUTE, 30 * MINUTE)):
            start = shift.start + after
            found.append(PlannedStop(shift.plant_id, unit_id, start, start + lasts, "break"))
        if unit_id is None and first_shift and shift.production_date.weekday() == 2 and shift.production_date.day <= 7:
            found.append(PlannedStop(shift.plant_id, None, shift.end - 40 * MINUTE, shift.end - 10 * MINUTE, "meeting"))
        if unit_id is None:
            found += _unit_stops(clock, units, shift, random)
    return found


def _unit_stops(clock: WallClock, units: list[WorkUnit], shift: Shift, random: Random) -> list[PlannedStop]:
    found = []
    saturday = shift.production_date.weekday() == 5
    for unit in units:
        if unit.plant_id != shift.plant_id:
            continue
        unit_id = unit.work_unit_id
        idle_night = unit.work_center.work_center_id == "P1-MAN" and shift.shift_id == "N"
        thursday_night = unit_id == "P2-PACK-2" and shift.shift_id == "N" and shift.production_date.weekday() == 3
        if (saturday and unit_id not in CLOCK_CHANGE_UNITS[unit.plant_id]) or idle_night or thursday_night:
            found.append(PlannedStop(unit.plant_id, unit_id, shift.start, shift.end, "no_demand"))
        elif unit.habits.reports_states and shift.shift_id in ("E", "D") and random.random() < 0.05:
            start = shift.start + random.choice((1, 2, 4)) * HOUR
            lasts = random.choice((90, 120, 180)) * MINUTE
            found.append(PlannedStop(unit.plant_id, unit_id, start, start + lasts, "planned_maintenance"))
    return found


def _kind(stops: Iterable[PlannedStop]) -> str:
    types = {stop.stop_type for stop in stops}
    if types & set(NOT_PLANNED):
        return "closed"
    if "planned_maintenance" in types:
        return "maintenance"
    return "break" if types else "work"


def working_segments(units: list[WorkUnit], shifts: list[Shift], stops: list[PlannedStop]) -> dict[str, list[Segment]]:
    """Return, by work unit, its shifts cut at every planned stop, in order."""
    own_shifts = {(s.work_unit_id, s.production_date, s.shift_id) for s in shifts if s.work_unit_id}
    stops_of: dict[str, list[PlannedStop]] = defaultdict(list)
    for stop in stops:
        stops_of[stop.work_unit_id or stop.plant_id].append(stop)
    found: dict[str, list[Segment]] = {}
    for unit in units:
        unit_id = unit.work_unit_id
        candidates = sorted(stops_of[unit_id] + stops_of[unit.plant_id], key=lambda stop: stop.start)
        segments: list[Segment] = []
        first = 0
        for shift in shifts:
            replaced = (unit_id, shift.production_date, shift.shift_id) in own_shifts
            mine = shift.work_unit_id == unit_id or (
                shift.work_unit_id is None and shift.plant_id == unit.plant_id and not replaced
            )
            if not mine:
                continue
            while first < len(candidates) and candidates[first].start < shift.start - 30 * HOUR:
                first += 1
            near = []
            for stop in candidates[first:]:
                if stop.start >= shift.end:
                    break
                if stop.end > shift.start:
                    near.append(stop)
            edges = {shift.start, shift.end}
            for stop in near:
                edges |= {max(stop.start, shift.start), min(stop.end, shift.end)}
            ordered = sorted(edges)
            for start, end in itertools.pairwise(ordered):
                covering = [stop for stop in near if stop.start <= start and stop.end >= end]
                segments.append(Segment(start, end, _kind(covering), shift))
        found[unit_id] = segments
    return found
