"""Workers, their attendance, what they booked their time on, and what they are paid.

Three teams a plant change shifts every week. Each work unit of a shift has one worker; a worker who tends several
machines books each machine's share. What is left of the shift is booked as indirect or idle, some of it not at all.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from ingest.demo.clock import HOUR, MINUTE, SECOND, WallClock
from ingest.demo.costs import rounded
from ingest.demo.event_log import EventLog
from ingest.demo.machine import Run
from ingest.demo.plant_layout import COMPANY_ID, CURRENCY, PLANTS, WorkUnit
from ingest.demo.shifts import NOT_PLANNED, PlannedStop, Shift
from ingest.demo.shop_papers import Confirmed, whole_seconds

TEAMS = ("A", "B", "C")
GRADES = {"G1": Decimal("21.40"), "G2": Decimal("24.80"), "G3": Decimal("29.10")}
BREAK_SECONDS = 45 * 60
SICK_HOURS = 8
UNITS_PER_WORKER = 1.25


@dataclass(frozen=True)
class Worker:
    """A person of one team of one plant."""

    worker_id: str
    plant_id: str
    team: str
    grade: str


@dataclass
class _Presence:
    worker: Worker
    shift: Shift
    clock_in: int
    clock_out: int
    booked_hours: Decimal = Decimal(0)


class People:
    """The workforce of a factory and the papers it leaves behind."""

    def __init__(self, log: EventLog, clocks: dict[str, WallClock], units: list[WorkUnit], seed: str) -> None:
        self._log = log
        self._clocks = clocks
        self._random = Random(f"{seed}/people")
        self._numbers: dict[str, int] = defaultdict(int)
        self._sick: list[tuple[Worker, Shift]] = []
        self._plant_shifts: dict[tuple[str, int], Shift] = {}
        self.workers: list[Worker] = []
        self._slot_of_unit: dict[str, int] = {}
        for plant in PLANTS:
            here = [unit for unit in units if unit.plant_id == plant.plant_id]
            size = max(round(len(here) / UNITS_PER_WORKER), 1)
            for position, unit in enumerate(here):
                self._slot_of_unit[unit.work_unit_id] = position % size
            for team in TEAMS:
                for number in range(size):
                    worker_id = f"{plant.plant_id}-{team}{number + 1:02d}"
                    self.workers.append(Worker(worker_id, plant.plant_id, team, self._random.choice(list(GRADES))))
        self._teams: dict[tuple[str, str], list[Worker]] = defaultdict(list)
        for worker in self.workers:
            self._teams[worker.plant_id, worker.team].append(worker)

    def record(
        self, shifts: list[Shift], stops: list[PlannedStop], confirmed: list[Confirmed], last_date: date
    ) -> None:
        """Record workers, pay, attendance, time by order and payroll."""
        self._record_workers()
        closed = {
            (stop.plant_id, stop.start) for stop in stops if stop.stop_type in NOT_PLANNED and not stop.work_unit_id
        }
        resting = [stop for stop in stops if stop.stop_type == "holiday"]
        self._plant_shifts = {(s.plant_id, s.start): s for s in shifts if s.work_unit_id is None}
        present: dict[tuple[Shift, int], _Presence] = {}
        runs_of_shift: dict[Shift, list[Run]] = defaultdict(list)
        for confirmation in confirmed:
            for run in confirmation.runs:
                runs_of_shift[run.shift].append(run)
        for shift in shifts:
            if shift.work_unit_id is not None or (shift.plant_id, shift.start) in closed:
                continue
            if any(stop.plant_id == shift.plant_id and stop.start <= shift.start < stop.end for stop in resting):
                continue
            needed = None
            if shift.production_date.weekday() >= 5:
                needed = {self._slot_of_unit[run.unit.work_unit_id] for run in runs_of_shift[shift]}
            present |= self._attend(shift, needed)
        for shift, runs in runs_of_shift.items():
            for run in runs:
                self._book_run(self._tending(present, shift, run), run)
        for presence in present.values():
            self._finish(presence)
        self._record_payroll(list(present.values()), last_date)

    def _next_id(self, prefix: str) -> str:
        self._numbers[prefix] += 1
        return f"{prefix}{self._numbers[prefix]:06d}"

    def _record_workers(self) -> None:
        opening = date(self._log.first_date.year, 1, 1)
        for worker in self.workers:
            self._log.add(
                "worker",
                0,
                worker_id=worker.worker_id,
                company_id=COMPANY_ID,
                plant_id=worker.plant_id,
                team=worker.team,
                grade=worker.grade,
                valid_from=opening,
            )
        for grade, amount in GRADES.items():
            self._log.add("pay_rate", 0, grade=grade, valid_from=opening, hourly_amount=amount, currency_code=CURRENCY)
        expert = self.workers[0]
        self._log.add(
            "pay_rate",
            0,
            worker_id=expert.worker_id,
            grade=expert.grade,
            valid_from=opening,
            hourly_amount=Decimal("33.00"),
            currency_code=CURRENCY,
        )

    def _team_on(self, shift: Shift) -> list[Worker]:
        plant = next(plant for plant in PLANTS if plant.plant_id == shift.plant_id)
        number = [shift_id for shift_id, _ in plant.shifts].index(shift.shift_id)
        week = shift.production_date.isocalendar().week
        return self._teams[shift.plant_id, TEAMS[(number + week) % len(TEAMS)]]

    def _attend(self, shift: Shift, needed: set[int] | None) -> dict[tuple[Shift, int], _Presence]:
        """Clock a shift's team in and out; `needed` names the slots of an extra shift, else all come but the sick."""
        random = self._random
        found: dict[tuple[Shift, int], _Presence] = {}
        for slot, worker in enumerate(self._team_on(shift)):
            if needed is not None and slot not in needed:
                continue
            if needed is None and random.random() < 0.035:
                self._sick.append((worker, shift))
                self._log.add(
                    "labour_time",
                    self._log.night_of(shift.end),
                    time_id=self._next_id("LT"),
                    worker_id=worker.worker_id,
                    plant_id=worker.plant_id,
                    work_date=shift.production_date,
                    hours=SICK_HOURS,
                    activity="absence",
                    pay_code="SICK",
                )
                continue
            clock_in = shift.start - random.randrange(30, 14 * 60) * SECOND
            overtime = random.randrange(30, 110) * MINUTE if random.random() < 0.04 else 0
            clock_out = shift.end + random.randrange(20, 9 * 60) * SECOND + overtime
            presence = _Presence(worker, shift, clock_in, clock_out)
            found[shift, slot] = presence
            paid = Decimal(shift.end - shift.start - BREAK_SECONDS * SECOND + overtime) / HOUR
            self._log.add(
                "attendance",
                self._log.night_of(clock_out),
                attendance_id=self._next_id("AT"),
                worker_id=worker.worker_id,
                plant_id=worker.plant_id,
                clock_in_at=clock_in,
                clock_out_at=clock_out,
                break_seconds=BREAK_SECONDS,
                paid_hours=rounded(paid),
                pay_code="OT" if overtime else "REG",
            )
        return found

    def _tending(self, present: dict[tuple[Shift, int], _Presence], shift: Shift, run: Run) -> _Presence | None:
        """Return who tends the run's unit in that shift: the worker of its slot, else a colleague who came."""
        if shift.work_unit_id is not None:
            shift = self._plant_shifts.get((shift.plant_id, shift.start), shift)
        slot = self._slot_of_unit[run.unit.work_unit_id]
        size = len(self._team_on(shift))
        return next((present[shift, s % size] for s in range(slot, slot + size) if (shift, s % size) in present), None)

    def _book_run(self, presence: _Presence | None, run: Run) -> None:
        """Book a run's labour on its order: set-up first, then direct work. Bases of plant P2 are not booked."""
        unit = run.unit
        if presence is None or unit.work_center.work_center_id in ("P2-MIX", "P2-COOK"):
            return
        staffing = Decimal(str(min(unit.work_center.staffing, 1.0)))
        start = whole_seconds(run.start)
        for activity, worked in (("setup", run.setup), ("direct", run.producing)):
            hours = rounded(Decimal(worked) / HOUR * staffing)
            end = min(start + worked - worked % SECOND, whole_seconds(run.end))
            room = Decimal(presence.clock_out - presence.clock_in) / HOUR - 1 - presence.booked_hours
            hours = min(hours, rounded(room))
            if hours <= 0 or end <= start:
                continue
            presence.booked_hours += hours
            self._book(presence, activity, hours, start, end, run)
            start = end

    def _book(self, presence: _Presence, activity: str, hours: Decimal, start: int, end: int, run: Run | None) -> None:
        worker, shift = presence.worker, presence.shift
        order: dict[str, object] = {}
        if run is not None:
            order = {
                "order_id": run.order_id,
                "operation_no": run.operation.operation_no,
                "work_unit_id": run.unit.work_unit_id,
            }
            if self._random.random() < 0.3:
                order["cost_center_id"] = run.unit.work_center.cost_center_id
        self._log.add(
            "labour_time",
            self._log.night_of(presence.clock_out),
            time_id=self._next_id("LT"),
            worker_id=worker.worker_id,
            plant_id=worker.plant_id,
            work_date=shift.production_date,
            start_at=start,
            end_at=end,
            hours=hours,
            activity=activity,
            **order,
        )

    def _finish(self, presence: _Presence) -> None:
        """Book what is left of the shift: cleaning, sometimes idle time; some hours stay unbooked."""
        random, shift = self._random, presence.shift
        left = Decimal(shift.end - shift.start) / HOUR - Decimal(BREAK_SECONDS) / 3600 - presence.booked_hours
        if left > Decimal("0.3"):
            share = rounded(left * random.choice((Decimal("0.5"), Decimal("0.8"), Decimal(1))))
            start = shift.end - int(share * 3600) * SECOND
            activity = random.choice(("indirect", "indirect", "idle", "training"))
            self._book(presence, activity, share, start, shift.end, None)

    def _record_payroll(self, present: list[_Presence], last_date: date) -> None:
        """Record each month's payroll on the third day of the next month: hours present, overtime and paid leave."""
        hours: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        grades = {worker.worker_id: worker.grade for worker in self.workers}
        for presence in present:
            shift = presence.shift
            paid = rounded(Decimal(shift.end - shift.start) / HOUR - Decimal(BREAK_SECONDS) / 3600)
            hours[presence.worker.worker_id, f"{shift.production_date:%Y-%m}", "regular"] += paid
            extra = (presence.clock_out - shift.end) // (30 * MINUTE) * Decimal("0.5")
            if extra:
                hours[presence.worker.worker_id, f"{shift.production_date:%Y-%m}", "overtime"] += extra
        for worker, shift in self._sick:
            hours[worker.worker_id, f"{shift.production_date:%Y-%m}", "leave"] += SICK_HOURS
        for (worker_id, period_id, pay_code), sum_of_hours in sorted(hours.items()):
            following = (date.fromisoformat(f"{period_id}-01") + timedelta(days=32)).replace(day=1)
            rate = Decimal("33.00") if worker_id == self.workers[0].worker_id else GRADES[grades[worker_id]]
            premium = Decimal("1.25") if pay_code == "overtime" else Decimal(1)
            if following <= last_date:
                self._log.add(
                    "payroll",
                    self._log.night_on(following + timedelta(days=2)),
                    worker_id=worker_id,
                    period_id=period_id,
                    pay_code=pay_code,
                    hours=sum_of_hours,
                    amount=rounded(sum_of_hours * rate * premium),
                    currency_code=CURRENCY,
                )
