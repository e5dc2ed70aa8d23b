"""The truth that the warehouse must arrive at, computed from the factory's log by plain code of its own.

It tells what an ideal warehouse knows after a night: late and corrected rows count once they are delivered, rejected
rows never do.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ingest.demo.event_log import EventLog
from ingest.demo.plant_layout import COMPANY_ID
from ingest.demo.truth_labour import worker_shifts
from ingest.demo.truth_money import Money
from ingest.demo.truth_pieces import Pieces, Standards
from ingest.demo.truth_time import UnitShift, UnitTime, unit_times

Figures = dict[str, object]

MACHINE_SHIFT_COLUMNS = [
    "company_id",
    "plant_id",
    "work_unit_id",
    "production_date",
    "shift_id",
    "calendar_seconds",
    "planned_operation_seconds",
    "planned_busy_seconds",
    "busy_seconds",
    "production_seconds",
    "setup_seconds",
    "delay_seconds",
    "down_seconds",
    "unknown_seconds",
    "busy_outside_plan_seconds",
    "produced_qty",
    "good_qty",
    "scrap_qty",
    "rework_qty",
    "standard_produced_seconds",
    "standard_good_seconds",
]
ORDER_COLUMNS = [
    "company_id",
    "plant_id",
    "order_id",
    "item_id",
    "good_qty",
    "scrap_qty",
    "rework_qty",
    "standard_material_amount",
    "standard_labour_amount",
    "standard_machine_amount",
    "standard_overhead_amount",
    "standard_subcontract_amount",
    "actual_material_amount",
    "actual_labour_amount",
    "actual_machine_amount",
    "actual_overhead_amount",
    "actual_subcontract_amount",
]
WORKER_SHIFT_COLUMNS = ["worker_id", "plant_id", "production_date", "shift_id", "attendance_seconds", "order_hours"]
FAULT_COLUMNS = [
    "night",
    "source",
    "dataset",
    "source_file",
    "source_line",
    "reason_code",
    "description",
    "resolved_night",
]
DISTURBANCE_COLUMNS = ["night", "dataset", "key", "kind"]


@dataclass(frozen=True)
class Truth:
    """Figures by machine-shift, order, and worker and shift; None is a figure that is not available."""

    machine_shifts: list[Figures]
    orders: list[Figures]
    worker_shifts: list[Figures]


def truth_of(log: EventLog, night: int | None = None) -> Truth:
    """Return the truth as of a night's number, by default the last."""
    money = Money(log, night)
    orders = sorted(money.orders, key=lambda order: order["order_id"])
    units = unit_times(log, night)
    pieces, standards = Pieces(log, units, night), Standards(log, night)
    by_id = {order["order_id"]: order for order in orders}
    shifts: list[Figures] = []
    for _, unit in sorted(units.items()):
        for shift in unit.shifts:
            outcome = pieces.of_shift(shift, by_id, standards)
            shifts.append(_machine_shift(unit, shift, outcome))
    return Truth(
        shifts,
        [{"company_id": COMPANY_ID, **money.of_order(order)} for order in orders],
        worker_shifts(log, night),
    )


def _seconds(milliseconds: int) -> Decimal:
    return Decimal(milliseconds).scaleb(-3)


def _machine_shift(
    unit: UnitTime, shift: UnitShift, outcome: tuple[Decimal, Decimal, Decimal, Decimal | None, Decimal | None]
) -> Figures:
    good, scrap, rework, standard_produced, standard_good = outcome
    states = {
        "busy_seconds": shift.production + shift.setup + shift.delay,
        "production_seconds": shift.production,
        "setup_seconds": shift.setup,
        "delay_seconds": shift.delay,
        "down_seconds": shift.down,
        "unknown_seconds": shift.unknown,
        "busy_outside_plan_seconds": shift.busy_outside_plan,
    }
    return {
        "company_id": COMPANY_ID,
        "plant_id": unit.plant_id,
        "work_unit_id": unit.unit_id,
        "production_date": shift.production_date,
        "shift_id": shift.shift_id,
        "calendar_seconds": _seconds(shift.end - shift.start),
        "planned_operation_seconds": _seconds(shift.planned_operation),
        "planned_busy_seconds": _seconds(shift.planned_busy),
        **{name: _seconds(value) if unit.spans else None for name, value in states.items()},
        "produced_qty": good + scrap + rework,
        "good_qty": good,
        "scrap_qty": scrap,
        "rework_qty": rework,
        "standard_produced_seconds": standard_produced,
        "standard_good_seconds": standard_good,
    }


def write_csv(rows: Iterable[Mapping[str, object]], file: Path, columns: list[str]) -> None:
    """Write records as CSV; None becomes an empty field, decimals are written plainly."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_text(row[column]) for column in columns])


def _text(value: object) -> str:
    if value is None:
        return ""
    return format(value, "f") if isinstance(value, Decimal) else str(value)
