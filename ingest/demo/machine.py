"""One work unit at work: its states, its counters, and what it made of each operation in each shift.

Quantities are whole counts of the item's quantum. A unit works only in its working segments; in a break it stands,
unless it runs through; a breakdown lasts its hours of working time. States are told as changes.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from random import Random

from ingest.demo.clock import HOUR, MINUTE, SECOND
from ingest.demo.plant_layout import WorkUnit
from ingest.demo.products import Operation
from ingest.demo.shifts import Segment, Shift

READING_EVERY = 10 * MINUTE
LONG_BREAKDOWN = 40 * MINUTE
"""From here on the operator confirms what is done and takes the order off the machine until it runs again."""
_BREAKDOWN_REASONS = ("BD-MECH", "BD-ELEC", "BD-TOOL")
_MINOR_REASONS = ("MS-JAM", "MS-SENSOR")
_SCRAP_REASONS = ("SC-DIM", "SC-SURFACE", "SC-SEAL", "SC-START")


@dataclass(slots=True)
class StateChange:
    """A unit's state from `at` on."""

    at: int
    state: str
    reason_id: str | None
    order_id: str | None
    operation_no: str | None


@dataclass(slots=True)
class Reading:
    """A counter's value in quanta at a moment: cumulative, since the reading before, or a new baseline."""

    at: int
    counter: str
    value: int
    kind: str
    order_id: str | None


@dataclass(slots=True)
class Run:
    """What one operation did on one unit within one shift; times in milliseconds, pieces in quanta."""

    unit: WorkUnit
    order_id: str
    operation: Operation
    shift: Shift
    start: int
    end: int = 0
    setup: int = 0
    producing: int = 0
    good: int = 0
    scrap: int = 0
    rework: int = 0
    scrap_reason_id: str | None = None
    is_last: bool = False


@dataclass
class Machine:
    """A work unit's clockwork. `free_at` is the end of its last operation."""

    unit: WorkUnit
    segments: list[Segment]
    random: Random
    free_at: int
    states: list[StateChange] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    breakdowns: list[tuple[int, int, str]] = field(default_factory=list)
    _values: dict[str, int] = field(default_factory=dict)
    _until_breakdown: int = 0
    _until_minor_stop: int = 0
    _last_reading_at: int = 0

    def __post_init__(self) -> None:
        self._starts = [segment.start for segment in self.segments]
        self._draw_breakdown()
        self._draw_minor_stop()
        self._phase = self.random.randrange(0, 60) * SECOND
        cumulative = self.unit.habits.counts == "cumulative"
        self._values = {
            name: self._shown(self.random.randrange(5_000, 90_000)) if cumulative else 0
            for name in self.unit.habits.counters
        }
        if self._values and self.segments and cumulative:
            self._read(self.segments[0].start - 5 * MINUTE, None)

    # -- waiting ------------------------------------------------------------------------------------------------

    def next_work(self, moment: int) -> int | None:
        """Return the first moment at or after `moment` in a working segment; None past the calendar's end."""
        index = max(bisect_right(self._starts, moment) - 1, 0)
        for segment in self.segments[index:]:
            if segment.end > moment and self._is_working(segment):
                return max(moment, segment.start)
        return None

    def wait_until(self, moment: int) -> None:
        """Stand without an order from `free_at` until `moment`: idle in shifts, off between them."""
        here = self.free_at
        index = max(bisect_right(self._starts, here) - 1, 0)
        while here < moment:
            segment = self.segments[index] if index < len(self.segments) else None
            if segment is None or here < segment.start:
                self._state(here, "off", None, None, None)
                here = segment.start if segment else moment
                continue
            if here >= segment.end:
                index += 1
                continue
            if segment.kind == "closed":
                self._state(here, "off", None, None, None)
            elif segment.kind == "maintenance":
                self._state(here, "maintenance", "PL-MAINT", None, None)
            else:
                self._state(here, "idle", "EX-NO-ORDER", None, None)
            here, index = segment.end, index + 1
        self.free_at = moment

    # -- working ------------------------------------------------------------------------------------------------

    def work(self, order_id: str, operation: Operation, quantity: int, quantum_per_unit: int, start: int) -> list[Run]:
        """Set up and run `quantity` quanta from `start` (a working moment); return one run a shift.

        `quantum_per_unit` is how many quanta one base unit has. The list ends early at the calendar's end.
        """
        draw = self.random
        habits = self.unit.habits
        standard = float(operation.run_seconds or 120) * 1000 / operation.base_qty / quantum_per_unit
        cycle = standard / habits.pace * draw.uniform(0.95, 1.08)
        scrap_ratio = float(operation.scrap_ratio) * draw.choice((0.3, 0.7, 1.0, 1.0, 1.6, 2.4))
        rework_ratio = float(operation.rework_ratio) * draw.uniform(0.5, 1.6)
        setup_left = self._whole(int(operation.setup_seconds * 1000 * draw.uniform(0.8, 1.45)))
        setup_reason = "SU-CLEAN" if self.unit.plant_id == "P2" else "SU-CHANGE"
        stop_left, stop = self._wait_before_start()
        done, counted = 0.0, 0
        runs: list[Run] = []
        run: Run | None = None
        here = start
        index = bisect_right(self._starts, here) - 1
        while True:
            if index >= len(self.segments):
                break
            segment = self.segments[index]
            if here >= segment.end:
                index += 1
                continue
            if here < segment.start:
                if run is not None:
                    counted += self._close(run, here, int(done) - counted, scrap_ratio, rework_ratio)
                    run = None
                self._state(here, "off", None, None, None)
                here = segment.start
            if run is not None and run.shift is not segment.shift:
                counted += self._close(run, here, int(done) - counted, scrap_ratio, rework_ratio)
                run = None
            is_abandoned = stop_left > 0 and stop[2] is False and run is None
            if run is None and segment.kind != "closed" and not is_abandoned:
                run = Run(self.unit, order_id, operation, segment.shift, here)
                runs.append(run)
                cycle *= draw.uniform(0.985, 1.02)
            if not self._is_working(segment):
                if segment.kind == "closed":
                    if run is not None:
                        counted += self._close(run, here, int(done) - counted, scrap_ratio, rework_ratio)
                        run = None
                    self._state(here, "off", None, None, None)
                elif stop_left == 0 or stop[0] != "down":
                    state, reason = (
                        ("maintenance", "PL-MAINT") if segment.kind == "maintenance" else ("idle", "PL-BREAK")
                    )
                    self._state(here, state, reason, order_id, operation.operation_no)
                here = segment.end
                index += 1
                continue
            available = segment.end - here
            if stop_left:
                step = min(stop_left, available)
                named = (order_id, operation.operation_no) if stop[2] else (None, None)
                self._state(here, stop[0], stop[1], *named)
                stop_left -= step
                here += step
                continue
            assert run is not None
            if setup_left:
                step = min(setup_left, available)
                self._state(here, "setup", setup_reason, order_id, operation.operation_no)
                run.setup += step
                setup_left -= step
                here += step
                continue
            self._state(here, "producing", None, order_id, operation.operation_no)
            to_finish = self._whole(int((quantity - done) * cycle) + 1000)
            step = min(available, to_finish, self._until_breakdown, self._until_minor_stop)
            if habits.counters:
                grid = here - (here - self._phase) % READING_EVERY + READING_EVERY
                while grid < here + step - 2 * SECOND:
                    pieces = min(int(done + (grid - here) / cycle), quantity)
                    self._count(run, pieces - counted, scrap_ratio, rework_ratio)
                    counted = pieces
                    self._read(grid, order_id)
                    grid += READING_EVERY
            done += step / cycle
            run.producing += step
            here += step
            self._until_breakdown -= step
            self._until_minor_stop -= step
            if step == to_finish or done >= quantity:
                self._close(run, here, quantity - counted, scrap_ratio, rework_ratio)
                run.is_last = True
                self.free_at = here
                return runs
            if self._until_breakdown <= 0:
                stop_left, stop = self._breakdown(here)
                self._count(run, int(done) - counted, scrap_ratio, rework_ratio)
                counted = int(done)
                self._after_breakdown(here, order_id)
                if not stop[2]:
                    self._close(run, here, 0, scrap_ratio, rework_ratio)
                    run = None
            elif self._until_minor_stop <= 0:
                stop_left, stop = self._minor_stop()
        self.free_at = here
        return [finished for finished in runs if finished.end]

    # -- what happens ---------------------------------------------------------------------------------------------

    def _is_working(self, segment: Segment) -> bool:
        return segment.kind == "work" or (segment.kind == "break" and self.unit.habits.runs_through_breaks)

    def _whole(self, duration: int) -> int:
        """Cut to whole seconds unless the unit's clock knows milliseconds; never nothing."""
        return max(duration if self.unit.habits.milliseconds else duration - duration % SECOND, SECOND)

    def _draw_breakdown(self) -> None:
        hours = self.random.expovariate(1 / self.unit.habits.hours_between_breakdowns)
        self._until_breakdown = self._whole(int(hours * HOUR)) + MINUTE

    def _draw_minor_stop(self) -> None:
        minutes = self.random.expovariate(1 / self.unit.habits.minutes_between_minor_stops)
        self._until_minor_stop = self._whole(int(minutes * MINUTE)) + 30 * SECOND

    def _wait_before_start(self) -> tuple[int, tuple[str, str | None, bool]]:
        chance = self.random.random()
        if chance < 0.12:
            return self._whole(int(self.random.uniform(2, 35) * MINUTE)), ("delay", "EX-MATERIAL", True)
        if chance < 0.2:
            return self._whole(int(self.random.uniform(2, 20) * MINUTE)), ("idle", "EX-OPERATOR", True)
        return 0, ("idle", None, True)

    def _breakdown(self, here: int) -> tuple[int, tuple[str, str | None, bool]]:
        self._draw_breakdown()
        lasts = self._whole(int(min(self.random.lognormvariate(3.3, 0.9), 420) * MINUTE))
        reason = self.random.choice(_BREAKDOWN_REASONS)
        self.breakdowns.append((here, lasts, reason))
        return lasts, ("down", reason, lasts < LONG_BREAKDOWN)

    def _minor_stop(self) -> tuple[int, tuple[str, str | None, bool]]:
        self._draw_minor_stop()
        lasts = self._whole(int(self.random.uniform(0.4, 4.5) * MINUTE))
        return lasts, (self.random.choice(("delay", "delay", "idle")), self.random.choice(_MINOR_REASONS), True)

    # -- what it tells --------------------------------------------------------------------------------------------

    def _state(self, at: int, state: str, reason: str | None, order_id: str | None, operation_no: str | None) -> None:
        if not self.unit.habits.reports_states:
            return
        if not self.unit.habits.state_names_order:
            order_id = operation_no = None
        if self.states:
            last = self.states[-1]
            if last.state == state and last.reason_id == reason and last.order_id == order_id:
                return
            if last.at == at:
                self.states.pop()
        self.states.append(StateChange(at, state, reason, order_id, operation_no))

    def _read(self, at: int, order_id: str | None, kind: str = "") -> None:
        """Tell every counter's value; a moment already told is not told twice."""
        if at <= self._last_reading_at:
            return
        self._last_reading_at = at
        order_id = order_id if self.unit.habits.counter_names_order else None
        kind = kind or self.unit.habits.counts
        for name, value in self._values.items():
            if kind == "increment" and not value:
                continue
            self.readings.append(Reading(at, name, value, kind, order_id))
            if kind == "increment":
                self._values[name] = 0

    def _shown(self, value: int) -> int:
        """Return what a counter shows of a value: it rolls over where it has no more digits."""
        return value % self.unit.habits.rolls_over_at if self.unit.habits.rolls_over_at else value

    def _count(self, run: Run, pieces: int, scrap_ratio: float, rework_ratio: float) -> None:
        """Judge `pieces` new quanta as good, scrap or rework and let the counters run on."""
        if pieces <= 0:
            return
        draw = self.random.random
        scrap = min(int(pieces * scrap_ratio + draw()), pieces)
        rework = min(int(pieces * rework_ratio + draw()), pieces - scrap) if rework_ratio else 0
        good = pieces - scrap - rework
        run.good += good
        run.scrap += scrap
        run.rework += rework
        if scrap and run.scrap_reason_id is None:
            run.scrap_reason_id = self.random.choice(_SCRAP_REASONS)
        made = {"total": pieces, "good": good, "scrap": scrap, "rework": rework}
        for name in self._values:
            self._values[name] = self._shown(self._values[name] + made[name])

    def _close(self, run: Run, here: int, pieces: int, scrap_ratio: float, rework_ratio: float) -> int:
        """End a run: count what is not counted yet and read the counters a second before the end; return the pieces."""
        self._count(run, pieces, scrap_ratio, rework_ratio)
        run.end = here
        if self._values and run.producing:
            self._read(here - SECOND, run.order_id)
            if self.unit.habits.resets == "each_shift" and here == run.shift.end:
                self._reset(here - 500 if self.unit.habits.milliseconds else here, None)
        return max(pieces, 0)

    def _after_breakdown(self, here: int, order_id: str) -> None:
        if self._values:
            self._read(here - SECOND, order_id)
            if self.unit.habits.resets == "after_breakdown" and self.random.random() < 0.5:
                self._reset(here, order_id)
            if self.unit.habits.resets == "replaced" and self.random.random() < 0.3:
                self._values = {name: self.random.randrange(9_000) for name in self._values}
                self._read(here, order_id, "baseline")

    def _reset(self, at: int, order_id: str | None) -> None:
        """Start all counters at zero again, and say so: a silent reset could be overtaken unseen."""
        if self.unit.habits.counts == "cumulative":
            self._values = dict.fromkeys(self._values, 0)
            self._read(at, order_id)
