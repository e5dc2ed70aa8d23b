"""Rows that must not be accepted, planted among the good ones, and exactly where they were planted.

Nearly every planted row is one too many: it has a key that no good row has (or is a second copy), so that rejecting it
leaves the truth as it is. A truncated file is delivered again, whole, the night after. A few rows are lost: they came
broken and never come again, so that the ledger knows what the events do not, or the other way round.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from ingest.demo.accounts import SCRAP
from ingest.demo.clock import HOUR, WallClock
from ingest.demo.event_log import EventLog
from ingest.demo.extracts import DeliveredFile, csv_field
from ingest.demo.tables import COLUMNS, KEY_POSITIONS, KEYS

FAULTS_PER_NIGHT = 3
TRUNCATED = ((5, "confirmation"), (16, "goods_movement"), (33, "labour_time"))
"""Nights (by number) in which a file breaks off in its last row."""

Fields = dict[str, str]


@dataclass(frozen=True)
class _Lost:
    """A row that comes broken, once from that night on: which row may be taken, and what is wrong with it."""

    dataset: str
    from_night: int
    is_fit: Callable[[dict[str, Any]], bool]
    column: str
    broken: Callable[[str], str]
    description: str


LOST = (
    _Lost(
        "goods_movement",
        40,
        lambda row: row["order_id"] is None and row["movement_type"] in ("scrap", "adjustment"),
        "qty",
        lambda text: f"{text} kg",
        "a unit typed into the quantity of a movement that the ledger has posted",
    ),
    _Lost(
        "ledger_posting",
        43,
        lambda row: row["account_id"] == SCRAP and row["text"] == "adjustment",
        "posting_date",
        lambda text: f"{text[:8]}32",
        "a ledger line on a day that does not exist, of a movement that is known",
    ),
)


@dataclass(frozen=True)
class Fault:
    """A delivered row that must be found in quarantine, with one of its reasons.

    `source_file` is relative to the source's folder; `source_line` counts from 1, the header. `resolved_night` is the
    night whose delivery makes the row good again, None where it stays in quarantine.
    """

    night: int
    source: str
    dataset: str
    source_file: str
    source_line: int
    reason_code: str
    description: str
    resolved_night: int | None = None


@dataclass(frozen=True)
class _Plan:
    """One kind of fault: changes to a copied row, and the reasons it must be rejected for."""

    dataset: str
    reasons: tuple[str, ...]
    description: str
    change: Callable[[Fields], None]
    file_hint: str = ""
    claimants: int = 1


def _set(**fields: str) -> Callable[[Fields], None]:
    return lambda row: row.update(fields)


def _swap(start: str, end: str) -> Callable[[Fields], None]:
    def change(row: Fields) -> None:
        row[start], row[end] = row[end], row[start]

    return change


def _end_before_start(row: Fields) -> None:
    row["ended_at"] = "2020" + row["occurred_at"][4:]


PLANS = (
    _Plan("confirmation", ("duplicate",), "the same row twice in one file", _set()),
    _Plan("goods_movement", ("duplicate",), "the same row twice in one file", _set()),
    _Plan("attendance", ("duplicate",), "the same row twice in one file", _set()),
    _Plan("machine_state", ("duplicate",), "the same event twice in one file", _set(), "_p2"),
    _Plan("energy_reading", ("duplicate",), "the same reading twice in one file", _set()),
    _Plan("goods_movement", ("key_conflict",), "one number, two different movements", _set(), claimants=2),
    _Plan("labour_time", ("key_conflict",), "one number, two different records", _set(), claimants=2),
    _Plan("machine_state", ("key_conflict",), "two states begin at one moment", _set(), "_p1", claimants=2),
    _Plan("energy_reading", ("out_of_range",), "negative energy", _set(kwh="-3.500")),
    _Plan("labour_time", ("out_of_range",), "more hours than a day has", _set(hours="27.50")),
    _Plan("attendance", ("out_of_range",), "more paid hours than a day has", _set(paid_hours="80.00")),
    _Plan("production_counter", ("out_of_range",), "a counter below zero", _set(value="-12"), "_p2"),
    _Plan("production_order", ("out_of_range",), "a negative planned quantity", _set(planned_qty="-200")),
    _Plan("goods_movement", ("wrong_type",), "a unit typed into the quantity", _set(qty="12.5 kg")),
    _Plan("confirmation", ("wrong_type",), "a quantity in words", _set(good_qty="zwölf")),
    _Plan("labour_time", ("wrong_type",), "a unit typed into the hours", _set(hours="8h")),
    _Plan("attendance", ("wrong_type",), "a month that does not exist", _set(clock_out_at="2026-13-45T06:00:00")),
    _Plan("confirmation", ("missing_value",), "no order", _set(order_id="")),
    _Plan("goods_movement", ("missing_value",), "no item", _set(item_id="")),
    _Plan("attendance", ("missing_value",), "no worker", _set(worker_id="")),
    _Plan("energy_reading", ("missing_value",), "no energy", _set(kwh="")),
    _Plan("machine_state", ("unknown_code",), "a state in the machine's own words", _set(state="RUNNING"), "_p1"),
    _Plan("goods_movement", ("unknown_code",), "an ERP's own movement type", _set(movement_type="261")),
    _Plan("labour_time", ("unknown_code",), "an activity nobody has defined", _set(activity="coffee")),
    _Plan("machine_state", ("unknown_reference",), "a machine nobody knows", _set(work_unit_id="P2-FILL-99"), "_p2"),
    _Plan("confirmation", ("unknown_reference",), "a machine nobody knows", _set(work_unit_id="P1-TURN-99")),
    _Plan("goods_movement", ("unknown_reference",), "an order nobody knows", _set(order_id="9999999")),
    _Plan("energy_reading", ("unknown_reference",), "a machine nobody knows", _set(work_unit_id="P2-OVEN-7")),
    _Plan(
        "confirmation",
        ("rule:end_not_before_start",),
        "start and end exchanged",
        _swap("start_at", "end_at"),
    ),
    _Plan("labour_time", ("rule:end_not_before_start",), "start and end exchanged", _swap("start_at", "end_at")),
    _Plan(
        "energy_reading",
        ("rule:end_not_before_start",),
        "start and end exchanged",
        _swap("interval_start_at", "interval_end_at"),
    ),
    _Plan("machine_state", ("rule:end_not_before_start",), "ends years before it begins", _end_before_start, "_p2"),
    _Plan(
        "confirmation",
        ("rule:negative_without_reversal",),
        "negative pieces, nothing taken back",
        _set(good_qty="-5", first_pass_good_qty="", reversal_of=""),
    ),
    _Plan(
        "goods_movement",
        ("rule:negative_without_reversal",),
        "a negative issue, nothing taken back",
        _set(movement_type="issue", qty="-4", amount="", reversal_of=""),
    ),
    _Plan(
        "labour_time",
        ("rule:negative_without_reversal",),
        "negative hours, nothing taken back",
        _set(hours="-2.00", reversal_of=""),
    ),
    _Plan(
        "labour_time",
        ("out_of_range", "unknown_code"),
        "too many hours on an activity nobody has defined",
        _set(hours="30.00", activity="coffee"),
    ),
    _Plan(
        "confirmation",
        ("missing_value", "unknown_reference"),
        "no order, on a machine nobody knows",
        _set(order_id="", work_unit_id="P2-OVEN-7"),
    ),
    _Plan("goods_movement", ("wrong_field_count",), "an unquoted decimal comma", _set(qty="12,5")),
)

Line = tuple[str, _Plan | None]


class FaultPlanter:
    """Plants faults into each night's files and keeps the list of them."""

    def __init__(self, log: EventLog, clocks: dict[str, WallClock], seed: str) -> None:
        self._log = log
        self._clocks = clocks
        self._random = Random(f"{seed}/faults")
        self._planted = 0
        self.faults: list[Fault] = []

    def plant(self, files: dict[int, list[DeliveredFile]]) -> dict[int, list[DeliveredFile]]:
        """Return the files with faults in them; the log learns when rows of a truncated file become known."""
        waiting: list[_Plan] = []
        to_lose = list(LOST)
        broken = {night: dataset for night, dataset in TRUNCATED if night + 1 < self._log.days}
        found: dict[int, list[DeliveredFile]] = {}
        again: list[DeliveredFile] = []
        for night, of_night in files.items():
            if len(waiting) < len(PLANS):
                waiting += self._random.sample(PLANS, len(PLANS))
            spared = broken.get(night)
            contents = {file.path: self._lines(file) for file in of_night}
            if night > 0:
                self._plant_night(of_night, contents, waiting, spared)
                self._plant_gap_times(night, of_night, contents, spared)
                to_lose = [lost for lost in to_lose if not self._lose(lost, night, of_night, contents)]
            found[night] = again
            again = []
            for file in of_night:
                whole = self._finished(night, file, contents[file.path])
                if file.dataset == spared and len(whole.lines) > 2:
                    again.append(whole)
                    whole = self._truncated(night, whole)
                found[night].append(whole)
        return found

    @staticmethod
    def _lines(file: DeliveredFile) -> list[Line]:
        return [(line, None) for line in file.lines]

    def _finished(self, night: int, file: DeliveredFile, lines: list[Line]) -> DeliveredFile:
        for number, (_, plan) in enumerate(lines, start=1):
            for reason in plan.reasons if plan else ():
                assert plan is not None
                self.faults.append(self._fault(night, file, number, reason, plan.description))
        return replace(file, lines=tuple(line for line, _ in lines)) if lines else file

    @staticmethod
    def _fault(
        night: int, file: DeliveredFile, line: int, reason: str, description: str, resolved: int | None = None
    ) -> Fault:
        source, _, path = file.path.partition("/")
        return Fault(night, source, file.dataset, path, line, reason, description, resolved)

    # -- planting -------------------------------------------------------------------------------------------------

    def _plant_night(
        self, files: list[DeliveredFile], contents: dict[str, list[Line]], waiting: list[_Plan], spared: str | None
    ) -> None:
        for _ in range(FAULTS_PER_NIGHT):
            for position, plan in enumerate(waiting):
                target = next(
                    (
                        file
                        for file in files
                        if file.dataset == plan.dataset
                        and plan.file_hint in file.path
                        and plan.dataset != spared
                        and len(file.lines) > 5
                    ),
                    None,
                )
                if target is not None and self._plant(plan, target, contents[target.path]):
                    del waiting[position]
                    break

    def _plant(self, plan: _Plan, file: DeliveredFile, lines: list[Line]) -> bool:
        """Insert the plan's rows into the file's lines; False where the file has no row to copy."""
        template = self._template(plan, file)
        if template is None:
            return False
        if plan.reasons == ("duplicate",):
            text = self._text(plan.dataset, template)
            original = next(position for position, (line, _) in enumerate(lines) if line == text)
            lines.insert(self._random.randrange(original + 1, len(lines) + 1), (text, plan))
            return True
        self._planted += 1
        self._give_new_key(plan.dataset, template)
        plan.change(template)
        for claimant in range(plan.claimants):
            if claimant:
                self._make_different(plan.dataset, template)
            if plan.reasons == ("wrong_field_count",):
                text = ",".join(template[column] for column in COLUMNS[plan.dataset])
            else:
                text = self._text(plan.dataset, template)
            lines.insert(self._random.randrange(1, len(lines) + 1), (text, plan))
        return True

    def _template(self, plan: _Plan, file: DeliveredFile) -> Fields | None:
        """Return a good row of the file to copy, one that has what the plan's change needs."""
        columns = COLUMNS[plan.dataset]
        candidates = list(file.lines[1:])
        self._random.shuffle(candidates)
        for line in candidates:
            row = dict(zip(columns, next(csv.reader([line])), strict=True))
            if row.get("reversal_of"):
                continue
            if plan.dataset in ("confirmation", "labour_time") and not (row["start_at"] and row["work_unit_id"]):
                continue
            if plan.dataset == "goods_movement" and not (row["order_id"] and row["movement_type"] == "issue"):
                continue
            if plan.dataset == "confirmation" and row["start_at"] == row["end_at"]:
                continue
            return row
        return None

    def _give_new_key(self, dataset: str, row: Fields) -> None:
        """Give the copy a key of its own: a new number, or a moment some milliseconds later."""
        first = KEYS[dataset][0]
        if dataset in ("machine_state", "production_counter"):
            at = row["occurred_at"]
            row["occurred_at"] = f"{at[:19]}.{self._planted % 899 + 100}{at[19:].lstrip('.0123456789')}"
            row.update({"ended_at": ""} if dataset == "machine_state" else {})
        else:
            row[first] = f"{row[first][:2]}-X{self._planted:04d}"

    @staticmethod
    def _make_different(dataset: str, row: Fields) -> None:
        column, other = {
            "goods_movement": ("qty", "3"),
            "labour_time": ("hours", "0.75"),
            "machine_state": ("state", "setup" if row.get("state") != "setup" else "down"),
        }[dataset]
        row[column] = other if row[column] != other else f"{other}1"

    @staticmethod
    def _text(dataset: str, row: Fields) -> str:
        return ",".join(csv_field(row[column]) for column in COLUMNS[dataset])

    # -- the hour that does not exist -----------------------------------------------------------------------------

    def _plant_gap_times(
        self, night: int, files: list[DeliveredFile], contents: dict[str, list[Line]], spared: str | None
    ) -> None:
        """After a clock change plant a local time of the hour that was left out, one a plant and dataset."""
        for plant_id, clock in self._clocks.items():
            for gap in clock.gaps():
                if self._log.night_of(gap) != night:
                    continue
                day = clock.date_of(gap)
                left_out = f"{day}T{(gap + clock.offset(gap - 1)) // HOUR % 24:02d}"
                for dataset, column in (("confirmation", "start_at"), ("attendance", "clock_in_at")):
                    file = next((file for file in files if file.dataset == dataset), None)
                    if file is not None and dataset != spared:
                        self._plant_gap_time(file, contents[file.path], plant_id, column, f"{left_out}:30:00")

    def _plant_gap_time(self, file: DeliveredFile, lines: list[Line], plant_id: str, column: str, text: str) -> None:
        columns = COLUMNS[file.dataset]
        for line in file.lines[1:]:
            row = dict(zip(columns, next(csv.reader([line])), strict=True))
            if row["plant_id"] != plant_id or not row[column]:
                continue
            self._planted += 1
            self._give_new_key(file.dataset, row)
            row[column] = text
            plan = _Plan(file.dataset, ("time_in_dst_gap",), "a local time that the clock change left out", _set())
            lines.insert(self._random.randrange(1, len(lines) + 1), (self._text(file.dataset, row), plan))
            return

    # -- lost -----------------------------------------------------------------------------------------------------

    def _lose(self, lost: _Lost, night: int, files: list[DeliveredFile], contents: dict[str, list[Line]]) -> bool:
        """Break a fit row of the night, if there is one, and take it out of the log; return whether there was."""
        columns, key_at = COLUMNS[lost.dataset], KEY_POSITIONS[lost.dataset]
        if night < lost.from_night:
            return False
        rows = self._log.rows[lost.dataset]
        for at, row in [(at, row) for at, row in rows if at == night]:
            values = dict(zip(columns, row, strict=True))
            if values["reversal_of"] or not lost.is_fit(values):
                continue
            if sum(all(other[part] == row[part] for part in key_at) for _, other in rows) > 1:
                continue
            file = next(file for file in files if file.dataset == lost.dataset)
            lines = contents[file.path]
            for position, (line, plan) in enumerate(lines):
                fields = dict(zip(columns, next(csv.reader([line])), strict=True))
                if plan is None and all(fields[columns[part]] == str(row[part]) for part in key_at):
                    fields[lost.column] = lost.broken(fields[lost.column])
                    broken = _Plan(lost.dataset, ("wrong_type",), lost.description, _set())
                    lines[position] = (self._text(lost.dataset, fields), broken)
                    rows.remove((at, row))
                    return True
        return False

    # -- broken off -----------------------------------------------------------------------------------------------

    def _truncated(self, night: int, file: DeliveredFile) -> DeliveredFile:
        """Cut the last row in its third field; its content becomes known a night later."""
        last = file.lines[-1]
        fields = last.split(",")
        cut = ",".join(fields[:3])[:-1]
        self.faults.append(
            self._fault(
                night, file, len(file.lines), "wrong_field_count", "the file breaks off in its last row", night + 1
            )
        )
        self._postpone(file.dataset, fields[KEY_POSITIONS[file.dataset][0]], night)
        return replace(file, lines=(*file.lines[:-1], cut), is_truncated=True)

    def _postpone(self, dataset: str, first_key: str, night: int) -> None:
        rows = self._log.rows[dataset]
        position = KEY_POSITIONS[dataset][0]
        for index, (at, row) in enumerate(rows):
            if at == night and row[position] == first_key:
                rows[index] = (night + 1, row)
                return


def fault_rows(faults: list[Fault], log: EventLog) -> Iterator[dict[str, object]]:
    """Yield the faults as records, nights as dates."""
    for fault in faults:
        resolved = fault.resolved_night
        yield {
            "night": log.date_of_night(fault.night),
            "source": fault.source,
            "dataset": fault.dataset,
            "source_file": fault.source_file,
            "source_line": fault.source_line,
            "reason_code": fault.reason_code,
            "description": fault.description,
            "resolved_night": None if resolved is None else log.date_of_night(resolved),
        }
