"""What the same plant's ERP delivers: master data once, orders and confirmations day by day, as canonical CSV.

A machine works off two orders a day, planned back to back and each confirmed in six runs with pauses between them. So
most of the time a confirmation covers the machine, and in the pauses the schedule does.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from tests.bench.factory_events import day_of, machine_name, write_days

CLOCK = ZoneInfo("Europe/Berlin")
SHIFTS = (("early", 6), ("late", 14), ("night", 22))
HOURS_A_SHIFT, HOURS_AN_ORDER, RUNS_AN_ORDER = 8, 12, 6
MACHINES_A_CENTER, ITEMS_A_CENTER = 10, 5
OPERATION = 10

_CONFIGURATION = """\
companies: [{company_id: C, name: Bench, currency_code: EUR, time_zone: Europe/Berlin}]
plants: [{plant_id: P, company_id: C, name: Bench, time_zone: Europe/Berlin, currency_code: EUR}]
sources:
  - {name: erp, plant_id: P}
  - {name: historian, system: %s, plant_id: P, time_zone: UTC}
publish: {keep_builds: 1}
"""
_RUN = timedelta(hours=HOURS_AN_ORDER / RUNS_AN_ORDER)


def write_home(home: Path, machines: int, days: range, historian: Path, calendar_days: int = 0) -> None:
    """Make `home` a plant of so many machines and put the days' deliveries into its inbox.

    `historian` is the source folder that says what the historian's tags mean. The shift calendar reaches from the day
    before the first to `calendar_days` (default: the last day). Days that lie there already are not written again.
    """
    write_master_data(home, machines, range(-1, max(days.stop, calendar_days)), historian)
    for _ in write_deliveries(home, machines, days):
        pass


def write_deliveries(home: Path, machines: int, days: range) -> Iterator[int]:
    """Put orders, confirmations and the historian's file of each day into the inbox; yield the day when it is there."""
    if days.start == 0:
        _write_papers(home, machines, -1)
    sensors = home / "inbox" / "historian"
    missing = [number for number in days if not (sensors / f"sensor_{day_of(number)}.parquet").exists()]
    files = iter(write_days(sensors, machines, missing))
    for number in days:
        _write_papers(home, machines, number)
        if number in missing:
            next(files)
        yield number


def write_master_data(home: Path, machines: int, calendar: range, historian: Path) -> None:
    """Write tieout.yml, the machines, items and standards, and the calendar of the days in `calendar`."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "tieout.yml").write_text(_CONFIGURATION % historian, encoding="utf-8")
    erp = home / "inbox" / "erp"
    centers = sorted({_center(machine) for machine in range(machines)})
    _write(erp / "work_center.csv", "work_center_id,plant_id,name", ((one, "P", f"Line {one}") for one in centers))
    _write(
        erp / "work_unit.csv",
        "work_unit_id,work_center_id,plant_id,name",
        ((machine_name(one), _center(one), "P", f"Machine {one}") for one in range(machines)),
    )
    items = [(center, number) for center in centers for number in range(ITEMS_A_CENTER)]
    _write(
        erp / "item.csv",
        "item_id,company_id,name,item_type,base_uom,procurement,valuation",
        ((_item(*one), "C", f"Part {_item(*one)}", "finished", "EA", "make", "standard") for one in items),
    )
    _write(
        erp / "routing_operation.csv",
        "item_id,plant_id,version_id,operation_no,work_center_id,run_seconds_per_unit,base_qty",
        ((_item(*one), "P", "1", OPERATION, one[0], f"{3.9 + 0.12 * one[1]:.3f}", 1) for one in items),
    )
    _write(erp / "shift_calendar.csv", "plant_id,production_date,shift_id,start_at,end_at", _shifts(calendar))
    _write(
        erp / "planned_stop.csv",
        "plant_id,work_unit_id,start_at,end_at,stop_type",
        (*_breaks(calendar), *_planned_maintenance(calendar, machines)),
    )


def _write_papers(home: Path, machines: int, number: int) -> None:
    """Orders that are planned to start on a day, and the confirmations that end on it."""
    erp = home / "inbox" / "erp"
    day = day_of(number)
    _write(
        erp / f"production_order_{day}.csv",
        "order_id,plant_id,item_id,order_type,planned_qty,uom,planned_start_at,planned_end_at,status",
        (
            (_order(machine, day, half), "P", _item(_center(machine), (machine + number + half) % ITEMS_A_CENTER),
             "standard", 6000, "EA", _utc(start), _utc(start + timedelta(hours=HOURS_AN_ORDER)), "released")
            for machine, half, start in _orders(machines, day)
        ),
    )  # fmt: skip
    _write(
        erp / f"order_operation_{day}.csv",
        "order_id,operation_no,work_center_id,work_unit_id",
        (
            (_order(machine, day, half), OPERATION, _center(machine), machine_name(machine))
            for machine, half, _ in _orders(machines, day)
        ),
    )
    ended = [
        run for begun in (number - 1, number) for run in _runs(machines, begun) if run[3].date() == day and begun >= -1
    ]
    _write(
        erp / f"confirmation_{day}.csv",
        "confirmation_id,order_id,operation_no,plant_id,work_unit_id,start_at,end_at,posting_date,good_qty,scrap_qty",
        (
            (f"{order}-{run}", order, OPERATION, "P", machine_name(machine), _utc(start), _utc(end), day, good, scrap)
            for (machine, order, start, end, run, good, scrap) in ended
        ),
    )


def _orders(machines: int, day: date) -> Iterator[tuple[int, int, datetime]]:
    """Machine, first or second order of the day, planned start; machines change orders at different times of day."""
    midnight = datetime.combine(day, time(), UTC)
    for machine in range(machines):
        for half in (0, 1):
            yield machine, half, midnight + timedelta(hours=HOURS_AN_ORDER * half, minutes=machine * 37 % 720)


def _runs(machines: int, number: int) -> Iterator[tuple[int, str, datetime, datetime, int, int, int]]:
    """Machine, order, start, end, number of the run, good and scrapped pieces of the day's orders."""
    random = np.random.default_rng((number + 10_000, machines, 2))
    shape = (machines, 2, RUNS_AN_ORDER)
    begin, end = random.integers(0, 600, shape), random.integers(0, 300, shape)
    good, scrap = random.integers(850, 1_150, shape), random.integers(0, 60, shape)
    day = day_of(number)
    for machine, half, planned in _orders(machines, day):
        for run in range(RUNS_AN_ORDER):
            at = machine, half, run
            yield (
                machine, _order(machine, day, half), planned + run * _RUN + timedelta(seconds=int(begin[at])),
                planned + (run + 1) * _RUN - timedelta(seconds=int(end[at])), run, int(good[at]), int(scrap[at]),
            )  # fmt: skip


def _shifts(calendar: range) -> Iterator[Sequence[object]]:
    for day in map(day_of, calendar):
        for shift, hour in SHIFTS:
            yield "P", day, shift, _local(day, hour), _local(day, hour + HOURS_A_SHIFT)


def _breaks(calendar: range) -> Iterator[Sequence[object]]:
    for day in map(day_of, calendar):
        for _, hour in SHIFTS:
            yield "P", "", _local(day, hour + 4), _local(day, hour + 4, 30), "break"


def _planned_maintenance(calendar: range, machines: int) -> Iterator[Sequence[object]]:
    """An hour a machine every fortnight."""
    for number in calendar:
        for machine in range(number % 14, machines, 14):
            day = day_of(number)
            yield "P", machine_name(machine), _local(day, 9), _local(day, 10), "planned_maintenance"


def _center(machine: int) -> str:
    return f"WC{machine // MACHINES_A_CENTER:03}"


def _item(center: str, number: int) -> str:
    return f"{center}-{number}"


def _order(machine: int, day: date, half: int) -> str:
    return f"{day:%y%m%d}-{machine_name(machine)}-{half}"


def _local(day: date, hour: int, minute: int = 0) -> str:
    """A moment of the plant's clock, as UTC; hours from 24 on are the next day's."""
    at = datetime.combine(day + timedelta(days=hour // 24), time(hour % 24, minute), CLOCK)
    return _utc(at.astimezone(UTC))


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _write(file: Path, header: str, rows: Iterable[Sequence[object]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as stream:
        stream.write(header + "\n")
        csv.writer(stream, lineterminator="\n").writerows(rows)
