"""Master data and engineering data: delivered whole in the first night, afterwards only what changes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from ingest.demo.accounts import ACCOUNTS
from ingest.demo.costs import Rate, StandardCost
from ingest.demo.event_log import EventLog
from ingest.demo.plant_layout import (
    COMPANY_ID,
    COMPANY_NAME,
    CURRENCY,
    PLANTS,
    REASONS,
    SERVICE_COST_CENTERS,
    WORK_CENTERS,
    WorkUnit,
)
from ingest.demo.products import (
    BOM,
    FIRST_VERSION,
    ITEMS,
    PROTOTYPE_ITEM_ID,
    REROUTED_ITEM_ID,
    ROUTINGS,
    SECOND_VERSION,
    Operation,
    run_seconds_of,
)
from ingest.demo.shifts import PlannedStop, Shift

SUPPLIERS = {
    "S100": "Stahlhandel Lech",
    "S110": "Dichtungswerk Iller",
    "S120": "Härterei Wertach",
    "S200": "Ontario Growers",
    "S210": "Glass & Lid",
}
CUSTOMERS = {"K100": "Baumaschinen Süd", "K200": "Maple Grocers"}


def record_company(log: EventLog, units: list[WorkUnit]) -> None:
    """Record company, plants, work centers, work units, cost centers, reasons, accounts and partners."""
    log.add("company", 0, company_id=COMPANY_ID, name=COMPANY_NAME, currency_code=CURRENCY, time_zone="Europe/Berlin")
    for plant in PLANTS:
        log.add(
            "plant",
            0,
            plant_id=plant.plant_id,
            company_id=COMPANY_ID,
            name=plant.name,
            time_zone=plant.time_zone,
            currency_code=plant.currency_code,
            production_type=plant.production_type,
        )
    for center in WORK_CENTERS:
        center_id, cost_center_id = center.work_center_id, center.cost_center_id
        log.add(
            "cost_center",
            0,
            cost_center_id=cost_center_id,
            company_id=COMPANY_ID,
            plant_id=center.plant_id,
            name=center.name,
            kind="production",
        )
        log.add(
            "work_center",
            0,
            work_center_id=center_id,
            plant_id=center.plant_id,
            cost_center_id=cost_center_id,
            name=center.name,
        )
    for cost_center_id, (name, kind, plant_id) in SERVICE_COST_CENTERS.items():
        log.add(
            "cost_center",
            0,
            cost_center_id=cost_center_id,
            company_id=COMPANY_ID,
            plant_id=plant_id,
            name=name,
            kind=kind,
        )
    for unit in units:
        log.add(
            "work_unit",
            0,
            work_unit_id=unit.work_unit_id,
            work_center_id=unit.work_center.work_center_id,
            plant_id=unit.plant_id,
            name=unit.name,
            valid_from=date(2020, 1, 1),
            is_bottleneck=unit.work_center.work_center_id in ("P1-MILL", "P2-COOK"),
        )
    for reason_id, (name, category) in REASONS.items():
        log.add("reason", 0, reason_id=reason_id, name=name, loss_category=category)
    for account_id, (name, account_type, role) in ACCOUNTS.items():
        sign = -1 if account_type in ("liability", "equity") else 1
        log.add(
            "account",
            0,
            account_id=account_id,
            company_id=COMPANY_ID,
            name=name,
            account_type=account_type,
            role=role,
            sign=sign,
        )
    for supplier_id, name in SUPPLIERS.items():
        log.add("supplier", 0, supplier_id=supplier_id, company_id=COMPANY_ID, name=name)
    for customer_id, name in CUSTOMERS.items():
        log.add("customer", 0, customer_id=customer_id, company_id=COMPANY_ID, name=name)


def record_calendar(log: EventLog, shifts: list[Shift], stops: list[PlannedStop]) -> None:
    """Record fiscal periods and stops beforehand, and each shift in the night after its end."""
    for year in range(log.first_date.year, (log.first_date + timedelta(days=log.days)).year + 1):
        for month in range(1, 13):
            start = date(year, month, 1)
            end = (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)
            log.add(
                "fiscal_period",
                0,
                company_id=COMPANY_ID,
                period_id=f"{start:%Y-%m}",
                fiscal_year=year,
                start_date=start,
                end_date=end,
            )
    for stop in stops:
        if stop.start < log.end:
            log.add(
                "planned_stop",
                0,
                plant_id=stop.plant_id,
                work_unit_id=stop.work_unit_id,
                start_at=stop.start,
                end_at=stop.end,
                stop_type=stop.stop_type,
            )
    for shift in shifts:
        log.add(
            "shift_calendar",
            log.night_of(shift.end - 1),
            plant_id=shift.plant_id,
            work_unit_id=shift.work_unit_id,
            production_date=shift.production_date,
            shift_id=shift.shift_id,
            start_at=shift.start,
            end_at=shift.end,
        )


def record_products(log: EventLog, new_version_from: date, announced: int, launched: int) -> None:
    """Record items, units of measure, bills of material and routings.

    The prototype comes in night `launched`; the second routing version, and the end of the first, in night
    `announced`.
    """
    opening = date(log.first_date.year, 1, 1)
    for item in ITEMS:
        log.add(
            "item",
            launched if item.item_id == PROTOTYPE_ITEM_ID else 0,
            item_id=item.item_id,
            company_id=COMPANY_ID,
            name=item.name,
            item_type=item.item_type,
            base_uom=item.base_uom,
            item_group=item.group,
            procurement="make" if item.is_made else "buy",
            valuation="standard",
        )
    log.add("uom_conversion", 0, from_uom="G", to_uom="KG", numerator=1, denominator=1000)
    log.add("uom_conversion", 0, item_id="PE190", from_uom="CS", to_uom="PC", numerator=12, denominator=1)
    line_numbers: dict[str, int] = {}
    for line in BOM:
        line_numbers[line.item_id] = line_numbers.get(line.item_id, 0) + 10
        component = next(item for item in ITEMS if item.item_id == line.component_id)
        log.add(
            "bom_line",
            launched if line.item_id == PROTOTYPE_ITEM_ID else 0,
            item_id=line.item_id,
            plant_id=component.plant_id,
            version_id=FIRST_VERSION,
            line_no=line_numbers[line.item_id],
            component_item_id=line.component_id,
            qty=Decimal(line.qty),
            uom=component.base_uom,
            base_qty=line.base_qty,
            component_scrap_ratio=Decimal(line.scrap_ratio) if line.scrap_ratio else None,
            mix_group=line.mix_group or None,
            line_type=line.line_type,
            operation_no="10",
            valid_from=opening,
        )
    for operation in ROUTINGS:
        night = launched if operation.item_id == PROTOTYPE_ITEM_ID else 0
        _record_operation(log, night, operation, FIRST_VERSION, opening, None)
        if operation.item_id == REROUTED_ITEM_ID:
            _record_operation(log, announced, operation, FIRST_VERSION, opening, new_version_from)
            _record_operation(log, announced, operation, SECOND_VERSION, new_version_from, None)


def _record_operation(
    log: EventLog,
    night: int,
    operation: Operation,
    version: str,
    valid_from: date,
    valid_to: date | None,
) -> None:
    center = next(c for c in WORK_CENTERS if c.work_center_id == operation.work_center_id)
    run = run_seconds_of(operation, version)
    log.add(
        "routing_operation",
        night,
        item_id=operation.item_id,
        plant_id=center.plant_id,
        version_id=version,
        operation_no=operation.operation_no,
        work_center_id=operation.work_center_id,
        setup_seconds=operation.setup_seconds,
        run_seconds_per_unit=run,
        labour_setup_seconds=operation.setup_seconds * center.labour_share,
        labour_run_seconds_per_unit=run * center.labour_share if run is not None else None,
        base_qty=operation.base_qty,
        planned_scrap_ratio=Decimal(operation.scrap_ratio),
        subcontract_amount=Decimal(operation.subcontract_amount) if operation.subcontract_amount else None,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def record_standards(
    log: EventLog, standards: list[StandardCost], rates: list[Rate], new_version_from: date, announced: int
) -> None:
    """Record standard costs and activity rates; the second version, and the end of the first, when announced."""
    for cost in standards:
        values = {
            "item_id": cost.item_id,
            "plant_id": cost.plant_id,
            "version_id": cost.version_id,
            "cost_component": cost.cost_component,
            "valid_from": cost.valid_from,
            "amount": cost.amount,
            "fixed_amount": cost.fixed_amount,
            "price_unit_qty": cost.price_unit_qty,
            "lot_size_qty": cost.lot_size_qty,
            "currency_code": CURRENCY,
        }
        if cost.version_id == FIRST_VERSION:
            log.add("standard_cost", 0, **values)
            log.add("standard_cost", announced, **values, valid_to=new_version_from)
        else:
            log.add("standard_cost", announced, **values)
    for rate in rates:
        values = {
            "cost_center_id": rate.cost_center_id,
            "activity": rate.activity,
            "rate_type": rate.rate_type,
            "valid_from": rate.valid_from,
            "hourly_amount": rate.hourly_amount,
            "expected_idle_ratio": rate.expected_idle_ratio,
            "currency_code": CURRENCY,
        }
        if rate.rate_type == "actual":
            log.add("activity_rate", log.night_on(rate.known_on), **values, valid_to=rate.valid_to)
        elif rate.valid_to is not None:
            log.add("activity_rate", 0, **values)
            log.add("activity_rate", announced, **values, valid_to=rate.valid_to)
        else:
            log.add("activity_rate", announced, **values)
