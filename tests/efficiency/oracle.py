"""What every machine-shift must show, found by asking moment after moment.

Slow and obvious on purpose: at each step it asks which events cover this moment, which of them rules, what was planned,
which order was on the machine. Nothing here is shared with the SQL, the ingest or the simulator. A step is either a
fixed one (`step_ms`) or, as nothing can change in between, from one moment that any row names to the next.

Milliseconds are ints, quantities ints of millionths of a piece, everything divided is a Fraction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from efficiency.case import Facts

RANK = ("maintenance", "down", "setup", "delay", "producing", "idle", "off", "unknown")
"""Which state rules where several are in force: the first of these."""
NOT_PLANNED = ("holiday", "no_demand")
FOREVER = 10**15
MINOR_STOP_MS = 300_000
ELEMENTS = ("production", "setup", "delay", "down", "unknown", "busy_outside_plan")
Row = dict[str, Any]
ShiftKey = tuple[str, date, str]
"""(work unit, production date, shift)"""


def millionths(quantity: Decimal | int | None) -> int:
    """A quantity as a whole number of millionths; none counts as 0."""
    scaled = Fraction(quantity or 0) * 1_000_000
    assert scaled.denominator == 1
    return int(scaled)


def rounded(value: Fraction) -> int:
    """The nearest whole number, halves away from zero."""
    whole, rest = divmod(abs(value), 1)
    nearest = int(whole) + (1 if rest >= Fraction(1, 2) else 0)
    return -nearest if value < 0 else nearest


@dataclass(frozen=True)
class Hold:
    """An event and how long it holds."""

    start: int
    end: int
    row: Row


@dataclass(frozen=True)
class Slot:
    """A shift of a machine."""

    unit: str
    work_center: str
    day: date
    shift: str
    start: int
    end: int

    @property
    def key(self) -> ShiftKey:
        return (self.unit, self.day, self.shift)


@dataclass(frozen=True)
class Moment:
    """Everything that is so at one moment, and for how long it stays so."""

    at: int
    lasts: int
    plan_class: str
    hold: Hold | None
    order: str | None
    operation: int | None
    source: str | None

    @property
    def state(self) -> str | None:
        return self.hold.row["state"] if self.hold else None

    @property
    def registered(self) -> bool:
        return self.source in ("event", "confirmation")

    @property
    def element(self) -> str:
        """The ISO 22400 time element that this moment belongs to, or outside_plan."""
        working = self.state in ("producing", "setup", "delay")
        if self.plan_class != "busy":
            return "busy_outside_plan" if working else "outside_plan"
        if working:
            return "production" if self.state == "producing" else str(self.state)
        if self.state in ("idle", "down", "maintenance", "off"):
            return "delay" if self.registered else "down"
        return "unknown"


@dataclass
class Pieces:
    """Pieces of one order and operation in a machine-shift, in millionths, and their standard times in ms."""

    good: int = 0
    scrap: int = 0
    rework: int = 0
    item: str | None = None
    standard_produced_ms: int | None = None
    standard_good_ms: int | None = None

    @property
    def produced(self) -> int:
        return self.good + self.scrap + self.rework


PieceKey = tuple[str | None, int | None, str | None, str | None]
"""(order, operation, routing version, order source)"""


@dataclass(frozen=True)
class Signal:
    """Which signals a machine has ever given."""

    has_states: bool
    counters: frozenset[str]
    has_confirmations: bool

    @property
    def counts_good(self) -> bool:
        return bool(self.counters & {"good", "total"})

    @property
    def counts_scrap(self) -> bool:
        return "scrap" in self.counters or {"total", "good"} <= self.counters

    @property
    def has_pieces(self) -> bool:
        return bool(self.counters) or self.has_confirmations

    @property
    def knows_good(self) -> bool:
        return self.has_confirmations or (self.counts_good and ("good" in self.counters or self.counts_scrap))

    @property
    def knows_scrap(self) -> bool:
        return self.has_confirmations or self.counts_scrap

    @property
    def knows_produced(self) -> bool:
        return self.has_confirmations or "total" in self.counters or (self.counts_good and self.counts_scrap)


LossKey = tuple[str, str, str | None, str | None, str | None, str | None, int | None, str | None]
"""(kind, category, time element, state, reason, order, operation, order source)"""


@dataclass
class MachineShift:
    """What one machine-shift must show."""

    slot: Slot
    signal: Signal
    calendar_ms: int = 0
    planned_operation_ms: int = 0
    planned_busy_ms: int = 0
    order_execution_ms: int = 0
    element_ms: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ELEMENTS, 0))
    moments: list[Moment] = field(default_factory=list)
    pieces: dict[PieceKey, Pieces] = field(default_factory=lambda: defaultdict(Pieces))
    loss_ms: dict[LossKey, int] = field(default_factory=lambda: defaultdict(int))
    confirmed_scrap: dict[str, dict[bool, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    """By order and whether its reason is one of starting up, in millionths."""
    is_provisional: bool = False

    @property
    def knows_standards(self) -> bool:
        """Whether its good and produced pieces are known, and the standard time of each."""
        return (
            self.signal.has_pieces
            and self.signal.knows_produced
            and self.signal.knows_good
            and all(None not in (one.standard_produced_ms, one.standard_good_ms) for one in self.pieces.values())
        )

    @property
    def knows_both(self) -> bool:
        return self.signal.has_states and self.knows_standards


class Oracle:
    """The plant's facts, and the questions that are asked of them."""

    def __init__(self, facts: Facts, step_ms: int | None = None) -> None:
        self.facts = facts
        self.step_ms = step_ms
        self.units = {row["work_unit_id"]: row for row in facts["work_unit"]}
        self.orders = {row["order_id"]: row for row in facts["production_order"]}
        self.holds = {unit: self._holds(unit) for unit in self.units}
        self.horizon = self._horizon()
        self.named_moments = sorted(
            {
                row[name]
                for dataset in ("shift_calendar", "planned_stop", "confirmation", "production_order", "machine_state")
                for row in facts[dataset]
                for name in ("start_at", "end_at", "planned_start_at", "planned_end_at", "occurred_at", "ended_at")
                if row.get(name) is not None
            }
            | ({self.horizon} if self.horizon is not None else set())
        )

    # What the plant knows.

    def _holds(self, unit: str) -> list[Hold]:
        """An event holds until it says it ended, else until the machine's next event, else for ever."""
        rows = sorted(
            (row for row in self.facts["machine_state"] if row["work_unit_id"] == unit),
            key=lambda row: row["occurred_at"],
        )
        ends = [row["occurred_at"] for row in rows[1:]] + [FOREVER]
        return [
            Hold(row["occurred_at"], next_event if row["ended_at"] is None else row["ended_at"], row)
            for row, next_event in zip(rows, ends, strict=False)
        ]

    def _horizon(self) -> int | None:
        """The latest moment that any state, reading or confirmation tells of."""
        told = [max(row["occurred_at"], row["ended_at"] or 0) for row in self.facts["machine_state"]]
        told += [row["occurred_at"] for row in self.facts["production_counter"]]
        for row in self.facts["confirmation"]:
            if row["end_at"] is not None:
                told.append(row["end_at"])
            told += [
                shift["end_at"]
                for shift in self.facts["shift_calendar"]
                if (shift["production_date"], shift["shift_id"]) == (row["production_date"], row["shift_id"])
            ]
        return max(told, default=None)

    def slots(self) -> list[Slot]:
        """The plant's shifts of each machine in its time of validity, replaced by the machine's own."""
        found = []
        if self.horizon is None:
            return []
        for unit, row in self.units.items():
            calendar: dict[tuple[date, str], Row] = {}
            for shift in self.facts["shift_calendar"]:
                day = shift["production_date"]
                begun = row["valid_from"] is None or row["valid_from"] <= day
                ended = row["valid_to"] is not None and row["valid_to"] <= day
                if shift["work_unit_id"] is None and begun and not ended:
                    calendar[day, shift["shift_id"]] = shift
            for shift in self.facts["shift_calendar"]:
                if shift["work_unit_id"] == unit:
                    calendar[shift["production_date"], shift["shift_id"]] = shift
            found += [
                Slot(unit, row["work_center_id"], day, shift_id, shift["start_at"], shift["end_at"])
                for (day, shift_id), shift in calendar.items()
                if shift["start_at"] < self.horizon
            ]
        return found

    # What is so at one moment.

    def plan_class(self, unit: str, at: int) -> str:
        types = {
            stop["stop_type"]
            for stop in self.facts["planned_stop"]
            if stop["work_unit_id"] in (None, unit) and stop["start_at"] <= at < stop["end_at"]
        }
        if types & set(NOT_PLANNED):
            return "not_planned"
        return "planned_down" if types else "busy"

    def ruling(self, unit: str, at: int) -> Hold | None:
        """The event that rules at this moment: the highest in rank, among equals the one begun last."""
        if self.horizon is None or at >= self.horizon:
            return None
        covering = [hold for hold in self.holds[unit] if hold.start <= at < hold.end]
        return min(covering, key=lambda hold: (RANK.index(hold.row["state"]), -hold.start), default=None)

    def confirmed(self, unit: str, at: int) -> Row | None:
        """The confirmation that places its order on the machine at this moment."""
        covering = [
            row
            for row in self.facts["confirmation"]
            if row["work_unit_id"] == unit
            and row["reversal_of"] is None
            and row["start_at"] is not None
            and row["end_at"] is not None
            and row["start_at"] <= at < row["end_at"]
        ]
        return max(covering, key=lambda row: (row["start_at"], row["confirmation_id"]), default=None)

    def operations_here(self, order: str, unit: str) -> list[int]:
        """The order's operations that are planned on this machine, or on its work center that has no other."""
        center = self.units[unit]["work_center_id"]
        alone = sum(row["work_center_id"] == center for row in self.units.values()) == 1
        return [
            row["operation_no"]
            for row in self.facts["order_operation"]
            if row["order_id"] == order
            and (
                row["work_unit_id"] == unit
                or (row["work_unit_id"] is None and row["work_center_id"] == center and alone)
            )
        ]

    def scheduled(self, unit: str, at: int) -> tuple[str, int | None] | None:
        """The order that the schedule places on the machine at this moment, and its operation if it is the only one."""
        covering = [
            row
            for row in self.orders.values()
            if row["status"] not in ("planned", "cancelled")
            and row["planned_start_at"] is not None
            and row["planned_end_at"] is not None
            and row["planned_start_at"] <= at < row["planned_end_at"]
            and self.operations_here(row["order_id"], unit)
        ]
        if not covering:
            return None
        order = max(covering, key=lambda row: (row["planned_start_at"], row["order_id"]))["order_id"]
        operations = self.operations_here(order, unit)
        return order, operations[0] if len(operations) == 1 else None

    def order_at(
        self, unit: str, at: int, named: str | None, named_operation: int | None
    ) -> tuple[str | None, int | None, str | None]:
        """(order, operation, source): as the event names it, else as confirmed, else as scheduled."""
        if named is not None:
            return named, named_operation, "event"
        confirmed = self.confirmed(unit, at)
        if confirmed is not None:
            return confirmed["order_id"], confirmed["operation_no"], "confirmation"
        scheduled = self.scheduled(unit, at)
        if scheduled is not None:
            return *scheduled, "schedule"
        return None, None, None

    def moments(self, slot: Slot) -> Iterator[Moment]:
        """Walk through the shift."""
        if self.step_ms is None:
            stops = sorted({slot.start, slot.end, *(at for at in self.named_moments if slot.start < at < slot.end)})
        else:
            stops = [*range(slot.start, slot.end, self.step_ms), slot.end]
        for at, until in pairwise(stops):
            hold = self.ruling(slot.unit, at)
            named, operation = (hold.row["order_id"], hold.row["operation_no"]) if hold else (None, None)
            yield Moment(
                at, until - at, self.plan_class(slot.unit, at), hold, *self.order_at(slot.unit, at, named, operation)
            )

    # Pieces.

    def signal(self, unit: str) -> Signal:
        return Signal(
            bool(self.holds[unit]),
            frozenset(row["counter"] for row in self.facts["production_counter"] if row["work_unit_id"] == unit),
            any(row["work_unit_id"] == unit for row in self.facts["confirmation"]),
        )

    def increments(self, unit: str) -> Iterator[tuple[str, int, str | None, int]]:
        """(counter, moment, order, millionths) of every reading that adds something."""
        standing: dict[str, int] = {}
        rows = (row for row in self.facts["production_counter"] if row["work_unit_id"] == unit)
        for row in sorted(rows, key=lambda row: row["occurred_at"]):
            counter, value, before = row["counter"], millionths(row["value"]), standing.get(row["counter"])
            added = value
            if row["reading_kind"] != "increment":
                standing[counter] = value
                added = 0 if before is None else self._rise(before, value, row["rolls_over_at"])
            if row["reading_kind"] == "baseline":
                continue
            yield counter, row["occurred_at"], row["order_id"], added

    def _rise(self, before: int, value: int, rolls_over_at: Decimal | None) -> int:
        if value >= before:
            return value - before
        if rolls_over_at is not None:
            size = millionths(rolls_over_at)
            across = value - before + size
            if before < size and 2 * across < size:
                return across
        return value

    def count(self, machine_shift: MachineShift) -> None:
        """Add what the machine counted in this shift."""
        slot, signal = machine_shift.slot, machine_shift.signal
        counted: dict[PieceKey, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for counter, at, named, added in self.increments(slot.unit):
            if slot.start <= at < slot.end:
                order, operation, source = self.order_at(slot.unit, at, named, None)
                confirmed = self.confirmed(slot.unit, at)
                if source == "event" and confirmed and confirmed["order_id"] == order:
                    operation = confirmed["operation_no"]
                counted[order, operation, None, source][counter] += added
        for key, by_counter in counted.items():
            good, scrap, rework, total = (by_counter[name] for name in ("good", "scrap", "rework", "total"))
            if "good" not in signal.counters:
                good = total - scrap - rework if "total" in signal.counters else 0
            if "scrap" not in signal.counters:
                scrap = total - good - rework if {"total", "good"} <= signal.counters else 0
            pieces = machine_shift.pieces[key]
            pieces.good += good
            pieces.scrap += scrap
            pieces.rework += rework

    def take_confirmed(self, shifts: dict[ShiftKey, MachineShift]) -> None:
        """Add the kinds of piece that are confirmed and not counted."""
        for row in self.facts["confirmation"]:
            unit = row["work_unit_id"]
            if unit is None:
                continue
            signal = self.signal(unit)
            for key, (good, scrap, rework) in self.placed(row, shifts).items():
                if key not in shifts:
                    continue
                shifts[key].confirmed_scrap[row["order_id"]][self.loss_of_reason(row) == "startup_reject"] += scrap
                pieces = shifts[key].pieces[
                    row["order_id"], row["operation_no"], row.get("routing_version_id"), "confirmation"
                ]
                if not signal.counts_good:
                    pieces.good += good
                elif "good" not in signal.counters:
                    # A bare total holds scrap and rework too: what is confirmed of them is not good.
                    pieces.good -= (0 if "scrap" in signal.counters else scrap) + (
                        0 if "rework" in signal.counters else rework
                    )
                pieces.scrap += 0 if signal.counts_scrap else scrap
                pieces.rework += 0 if "rework" in signal.counters else rework

    def placed(self, row: Row, shifts: dict[ShiftKey, MachineShift]) -> dict[ShiftKey, tuple[int, int, int]]:
        """(good, scrap, rework) of a confirmation in each shift that it counts in."""
        unit, day, shift = row["work_unit_id"], row["production_date"], row["shift_id"]
        whole = tuple(millionths(row[name]) for name in ("good_qty", "scrap_qty", "rework_qty"))
        if (day is None or shift is None) and row["start_at"] is not None and row["end_at"] is not None:
            start, end = row["start_at"], max(row["end_at"], row["start_at"] + 1)
            spanned = sorted(
                (
                    one
                    for one in shifts.values()
                    if one.slot.unit == unit and one.slot.start < end and one.slot.end > start
                ),
                key=lambda one: one.slot.start,
            )
            if spanned:
                weights = [self._producing(one, start, end) for one in spanned]
                if not any(weights):
                    weights = [min(one.slot.end, end) - max(one.slot.start, start) for one in spanned]
                parts = [shared(quantity, weights) for quantity in whole]
                return {one.slot.key: values for one, *values in zip(spanned, *parts, strict=True)}  # type: ignore[misc]
        if shift is None:
            return {}
        return {(unit, day or row["posting_date"], shift): whole}  # type: ignore[dict-item]

    @staticmethod
    def _producing(one: MachineShift, start: int, end: int) -> int:
        return sum(
            max(0, min(now.at + now.lasts, end) - max(now.at, start)) for now in one.moments if now.state == "producing"
        )

    # Standards.

    def operation_of(self, order: str, unit: str) -> int | None:
        """The operation where nobody named one: the order's only one on this machine, else on its work center."""
        planned = [row for row in self.facts["order_operation"] if row["order_id"] == order]
        here = [row["operation_no"] for row in planned if row["work_unit_id"] == unit]
        center = self.units[unit]["work_center_id"]
        near = here or [row["operation_no"] for row in planned if row["work_center_id"] == center]
        return near[0] if len(near) == 1 else None

    def standard(self, item: str, operation: int, version: str | None, day: date) -> Fraction | None:
        """Milliseconds a piece: of the version named, else of the one that became valid last, if only one did."""
        known = [
            row
            for row in self.facts["routing_operation"]
            if row["item_id"] == item
            and row["operation_no"] == operation
            and row["run_seconds_per_unit"] is not None
            and (
                row["version_id"] == version
                if version is not None
                else (row["valid_from"] or date.min) <= day < (row["valid_to"] or date.max)
            )
        ]
        last = max((row["valid_from"] or date.min for row in known), default=None)
        standards = {
            (Fraction(row["run_seconds_per_unit"]), Fraction(row["base_qty"]))
            for row in known
            if (row["valid_from"] or date.min) == last
        }
        if len(standards) != 1:
            return None
        [(seconds, base)] = standards
        return seconds * 1000 / base

    def identify(self, machine_shift: MachineShift) -> None:
        """Find operation, item, version and standard time of the pieces; what becomes equal is added up."""
        found: dict[PieceKey, Pieces] = defaultdict(Pieces)
        slot = machine_shift.slot
        for (order, operation, version, source), pieces in machine_shift.pieces.items():
            row = self.orders.get(order) if order is not None else None
            if operation is None and order is not None:
                operation = self.operation_of(order, slot.unit)
            if version is None and row:
                version = row["routing_version_id"]
            sum_ = found[order, operation, version, source]
            sum_.good += pieces.good
            sum_.scrap += pieces.scrap
            sum_.rework += pieces.rework
            sum_.item = row["item_id"] if row else None
        for (_, operation, version, _), pieces in found.items():
            standard = None
            if pieces.item is not None and operation is not None:
                standard = self.standard(pieces.item, operation, version, slot.day)
            pieces.standard_produced_ms = in_standard_time(pieces.produced, standard)
            pieces.standard_good_ms = in_standard_time(pieces.good, standard)
        machine_shift.pieces = found

    def machine_shifts(self) -> dict[ShiftKey, MachineShift]:
        """Everything, machine-shift by machine-shift."""
        shifts = {slot.key: MachineShift(slot, self.signal(slot.unit)) for slot in self.slots()}
        for one in shifts.values():
            one.is_provisional = one.slot.end > (self.horizon or 0)
            for now in self.moments(one.slot):
                one.moments.append(now)
                one.calendar_ms += now.lasts
                one.planned_operation_ms += now.lasts if now.plan_class != "not_planned" else 0
                one.planned_busy_ms += now.lasts if now.plan_class == "busy" else 0
                one.order_execution_ms += now.lasts if now.registered else 0
                if now.element != "outside_plan":
                    one.element_ms[now.element] += now.lasts
                self.lose_time(one, now)
            self.count(one)
        self.take_confirmed(shifts)
        for one in shifts.values():
            self.identify(one)
            self.lose_pieces(one)
        return shifts

    # Losses.

    def loss_of_reason(self, row: Row) -> str | None:
        """The loss category of the row's reason, if it names one that is known."""
        return next(
            (one["loss_category"] for one in self.facts["reason"] if one["reason_id"] == row["reason_id"]), None
        )

    def lose_time(self, machine_shift: MachineShift, now: Moment) -> None:
        """Note a moment of planned busy time that was not production."""
        if not machine_shift.signal.has_states or now.element not in ("setup", "delay", "down", "unknown"):
            return
        category = now.element
        if now.hold and now.element in ("delay", "down"):
            end = min(now.hold.end, self.horizon or 0) if now.hold.end == FOREVER else now.hold.end
            if (known := self.loss_of_reason(now.hold.row)) is not None:
                category = known
            elif end - now.hold.start < MINOR_STOP_MS:
                category = "minor_stop"
            else:
                category = "breakdown" if now.state in ("down", "maintenance") else "unknown"
        reason = now.hold.row["reason_id"] if now.hold else None
        loss = ("time", category, now.element, now.state, reason, now.order, now.operation, now.source)
        machine_shift.loss_ms[loss] += now.lasts

    def lose_pieces(self, machine_shift: MachineShift) -> None:
        """Note, order by order, what speed and rejects cost, where states and standards are known."""
        if not machine_shift.knows_both:
            return
        orders = {now.order for now in machine_shift.moments} | {order for order, *_ in machine_shift.pieces}
        for order in orders:
            made = [pieces for (of, *_), pieces in machine_shift.pieces.items() if of == order]
            production = sum(
                now.lasts for now in machine_shift.moments if now.order == order and now.element == "production"
            )
            produced = sum(pieces.standard_produced_ms or 0 for pieces in made)
            rejected = produced - sum(pieces.standard_good_ms or 0 for pieces in made)
            scrap = machine_shift.confirmed_scrap[order] if order is not None else {}
            startup, confirmed = scrap.get(True, 0), sum(scrap.values())
            at_startup = rejected * startup // confirmed if 0 < startup <= confirmed and rejected > 0 else 0
            for kind, category, lost in (
                ("speed", "reduced_speed", production - produced),
                ("quality", "startup_reject", at_startup),
                ("quality", "production_reject", rejected - at_startup),
            ):
                if lost:
                    machine_shift.loss_ms[kind, category, None, None, None, order, None, None] += lost


def in_standard_time(quantity: int, standard: Fraction | None) -> int | None:
    """Whole milliseconds that so many millionths of a piece take by the standard; none made take none."""
    if quantity == 0:
        return 0
    return None if standard is None else rounded(quantity * standard / 1_000_000)


def shared(quantity: int, weights: list[int]) -> list[int]:
    """Share a quantity out by weights: whole pieces stay whole, the largest remainder is served first."""
    unit = 1_000_000 if quantity % 1_000_000 == 0 else 1
    units = abs(quantity) // unit
    exact = [Fraction(units * weight, sum(weights)) for weight in weights]
    parts = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda at: (parts[at] - exact[at], at))
    for at in by_remainder[: units - sum(parts)]:
        parts[at] += 1
    return [(-1 if quantity < 0 else 1) * part * unit for part in parts]
