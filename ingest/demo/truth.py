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
from ingest.demo.truth_losses import Losses
from ingest.demo.truth_measurements import tag_days
from ingest.demo.truth_money import Money
from ingest.demo.truth_pieces import Pieces, Standards, WorkDone
from ingest.demo.truth_sums import COMPONENTS, Figures, MeasuredShift, item_days, plant_sums
from ingest.demo.truth_time import ELEMENTS, UnitShift, UnitTime, unit_times

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
    "order_execution_seconds",
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
LOSS_COLUMNS = [
    "company_id",
    "plant_id",
    "work_unit_id",
    "production_date",
    "shift_id",
    "loss_category",
    "loss_seconds",
]
PLANT_COLUMNS = [
    "company_id",
    "plant_id",
    "basis",
    "machine_shift_count",
    "basis_machine_shift_count",
    "all_planned_busy_seconds",
    *COMPONENTS,
]
PLANT_DAY_COLUMNS = [*PLANT_COLUMNS, "production_date"]
PLANT_MONTH_COLUMNS = [*PLANT_COLUMNS, "month_id"]
ITEM_DAY_COLUMNS = ["company_id", "plant_id", "production_date", "item_id", "basis", *COMPONENTS]
TAG_DAY_COLUMNS = [
    "company_id",
    "work_unit_id",
    "tag",
    "measurement_date",
    "value_count",
    "value_sum",
    "value_square_sum",
    "min_value",
    "max_value",
]
ORDER_LEAF_COLUMNS = [
    "company_id",
    "plant_id",
    "order_id",
    "item_id",
    "period_id",
    "leaf_code",
    "leaf_group",
    "cost_component",
    "component_item_id",
    "operation_no",
    "account_role",
    "amount",
]
WIP_COLUMNS = [
    "company_id",
    "plant_id",
    "order_id",
    "period_id",
    "opening_amount",
    "debit_amount",
    "credit_amount",
    "settled_amount",
    "closing_amount",
]
ACCOUNT_COLUMNS = [
    "company_id",
    "account_id",
    "account_role",
    "period_id",
    "opening_amount",
    "debit_amount",
    "credit_amount",
    "closing_amount",
]
PURCHASE_PRICE_VARIANCE_COLUMNS = [
    "company_id",
    "plant_id",
    "line_kind",
    "document_id",
    "line_no",
    "receipt_id",
    "supplier_id",
    "item_id",
    "order_id",
    "operation_no",
    "posting_date",
    "period_id",
    "qty",
    "transaction_amount",
    "transaction_currency_code",
    "exchange_rate",
    "value_amount",
    "receipt_value_amount",
    "standard_amount",
    "price_variance_amount",
    "exchange_difference_amount",
    "order_amount",
]
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
    """Figures by the grain that names each list; None is a figure that is not available."""

    machine_shifts: list[Figures]
    orders: list[Figures]
    worker_shifts: list[Figures]
    losses: list[Figures]
    plant_days: list[Figures]
    plant_months: list[Figures]
    item_days: list[Figures]
    tag_days: list[Figures]
    order_leaves: list[Figures]
    work_in_process: list[Figures]
    accounts: list[Figures]
    purchase_lines: list[Figures]


def truth_of(log: EventLog, night: int | None = None) -> Truth:
    """Return the truth as of a night's number, by default the last."""
    money = Money(log, night)
    orders = sorted(money.orders, key=lambda order: order["order_id"])
    units = unit_times(log, night)
    pieces, standards, losses = Pieces(log, units, night), Standards(log, night), Losses(log, night)
    by_id = {order["order_id"]: order for order in orders}
    shifts: list[Figures] = []
    lost: list[Figures] = []
    measured: list[MeasuredShift] = []
    for _, unit in sorted(units.items()):
        for shift in unit.shifts:
            done = pieces.of_shift(shift, by_id, standards)
            measured.append(MeasuredShift(shift, unit.has_states, done))
            shifts.append(_machine_shift(unit, shift, done))
            if unit.has_states:
                of_shift = sorted(losses.of_shift(shift, done, pieces).items())
                lost += [
                    {**_place(shift), "loss_category": category, "loss_seconds": _seconds(milliseconds)}
                    for category, milliseconds in of_shift
                    if milliseconds
                ]
    months = plant_sums(measured, lambda day: f"{day:%Y-%m}")
    return Truth(
        machine_shifts=shifts,
        orders=[{"company_id": COMPANY_ID, **money.of_order(order)} for order in orders],
        worker_shifts=worker_shifts(log, night),
        losses=lost,
        plant_days=[_named(sums, "production_date") for sums in plant_sums(measured, lambda day: day)],
        plant_months=[_named(sums, "month_id") for sums in months],
        item_days=[
            {"company_id": COMPANY_ID, **sums}
            for sums in item_days(measured, {order["order_id"]: order["item_id"] for order in orders})
        ],
        tag_days=[{"company_id": COMPANY_ID, **day} for day in tag_days(log, night)],
        order_leaves=_of_company(money.leaves()),
        work_in_process=_of_company(money.work_in_process()),
        accounts=_of_company(money.account_balances()),
        purchase_lines=_of_company(money.purchase_lines()),
    )


def _of_company(rows: Iterable[Figures]) -> list[Figures]:
    return [{"company_id": COMPANY_ID, **row} for row in rows]


def _seconds(milliseconds: int) -> Decimal:
    return Decimal(milliseconds).scaleb(-3)


def _named(sums: Figures, period: str) -> Figures:
    return {"company_id": COMPANY_ID, **sums, period: sums["period"]}


def _place(shift: UnitShift) -> Figures:
    return {
        "company_id": COMPANY_ID,
        "plant_id": shift.plant_id,
        "work_unit_id": shift.unit_id,
        "production_date": shift.production_date,
        "shift_id": shift.shift_id,
    }


def _machine_shift(unit: UnitTime, shift: UnitShift, done: list[WorkDone]) -> Figures:
    elements = shift.elements()
    busy = elements["production"] + elements["setup"] + elements["delay"]
    states = {"busy": busy, **{name: elements[name] for name in ELEMENTS}, "order_execution": shift.order_execution}
    good, scrap, rework = (
        sum((getattr(work, outcome) for work in done), Decimal(0)) for outcome in ("good", "scrap", "rework")
    )
    knows_standards = all(work.standard_produced is not None for work in done)
    return {
        **_place(shift),
        "calendar_seconds": _seconds(shift.end - shift.start),
        "planned_operation_seconds": _seconds(shift.planned_operation),
        "planned_busy_seconds": _seconds(shift.planned_busy),
        **{f"{name}_seconds": _seconds(value) if unit.has_states else None for name, value in states.items()},
        "produced_qty": good + scrap + rework,
        "good_qty": good,
        "scrap_qty": scrap,
        "rework_qty": rework,
        "standard_produced_seconds": sum(work.standard_produced or 0 for work in done) if knows_standards else None,
        "standard_good_seconds": sum(work.standard_good or 0 for work in done) if knows_standards else None,
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
