"""The truth about variances and purchases, on one order small enough to work out on paper."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ingest.demo.clock import HOUR
from ingest.demo.event_log import EventLog
from ingest.demo.truth_money import Money

DAY_ONE = date(2026, 2, 9)
OPENING = date(2026, 1, 1)
STANDARD = {"material": "3.75", "labour": "0.60", "machine": "1.00", "setup": "0.40"}


@pytest.fixture
def log() -> EventLog:
    """A hundred bolts from two bars each, a minute of machine and of labour a piece, an hour of set-up a lot.

    A fifth of what enters the operation is planned to be lost in it.
    """
    log = EventLog(DAY_ONE, 5)
    log.add("plant", 0, plant_id="P1", company_id="C1", time_zone="Europe/Berlin", currency_code="EUR")
    log.add("work_center", 0, work_center_id="WC", plant_id="P1", cost_center_id="CC", name="Turning")
    log.add("work_unit", 0, work_unit_id="U1", work_center_id="WC", plant_id="P1", name="Lathe")
    for item_id, base_uom in (("BOLT", "PC"), ("BAR", "KG"), ("ROD", "KG"), ("CHIPS", "KG")):
        log.add("item", 0, item_id=item_id, company_id="C1", base_uom=base_uom)
    for line_no, item_id, qty, line_type in ((10, "BAR", "1.6", "component"), (20, "CHIPS", "0.4", "by_product")):
        log.add(
            "bom_line",
            0,
            item_id="BOLT",
            plant_id="P1",
            version_id="1",
            line_no=line_no,
            component_item_id=item_id,
            qty=Decimal(qty),
            uom="KG",
            base_qty=1,
            line_type=line_type,
            operation_no="10",
        )
    log.add(
        "routing_operation",
        0,
        item_id="BOLT",
        plant_id="P1",
        version_id="1",
        operation_no="10",
        work_center_id="WC",
        setup_seconds=3600,
        run_seconds_per_unit=Decimal(48),
        labour_setup_seconds=0,
        labour_run_seconds_per_unit=Decimal(48),
        base_qty=1,
        planned_scrap_ratio=Decimal("0.2"),
    )
    prices = {"BOLT": STANDARD, "BAR": {"material": "2"}, "ROD": {"material": "3"}, "CHIPS": {"material": "0.5"}}
    freeze(log, "1", OPENING, None, prices)
    for activity, hourly in (("labour", 36), ("machine", 60), ("setup", 40)):
        log.add(
            "activity_rate",
            0,
            cost_center_id="CC",
            activity=activity,
            rate_type="planned",
            valid_from=OPENING,
            hourly_amount=Decimal(hourly),
        )
    complete(log, "standard")
    log.add("order_operation", 0, order_id="O1", operation_no="10", work_center_id="WC")
    return log


def freeze(
    log: EventLog, version: str, valid_from: date, valid_to: date | None, prices: dict[str, dict[str, str]]
) -> None:
    for item_id, components in prices.items():
        for component, amount in components.items():
            log.add(
                "standard_cost",
                0,
                item_id=item_id,
                plant_id="P1",
                version_id=version,
                cost_component=component,
                valid_from=valid_from,
                valid_to=valid_to,
                amount=Decimal(amount),
                price_unit_qty=1,
                lot_size_qty=100 if item_id == "BOLT" else None,
            )


def complete(log: EventLog, order_type: str) -> None:
    log.add(
        "production_order",
        0,
        order_id="O1",
        plant_id="P1",
        item_id="BOLT",
        order_type=order_type,
        status="completed",
        planned_qty=Decimal(100),
        actual_end_at=log.begin + 14 * HOUR,
    )


def move(log: EventLog, number: int, kind: str, item_id: str, qty: str, amount: str, on: date = DAY_ONE) -> None:
    log.add(
        "goods_movement",
        0,
        movement_id=str(number),
        movement_type=kind,
        plant_id="P1",
        item_id=item_id,
        order_id="O1",
        qty=Decimal(qty),
        uom="PC" if item_id == "BOLT" else "KG",
        amount=Decimal(amount),
        posting_date=on,
    )


def confirm(log: EventLog, **values: object) -> None:
    row = {
        "confirmation_id": "CF1",
        "order_id": "O1",
        "operation_no": "10",
        "plant_id": "P1",
        "work_unit_id": "U1",
        "posting_date": DAY_ONE,
        "good_qty": Decimal(80),
        "scrap_qty": Decimal(20),
        "setup_seconds": 3600,
        "machine_seconds": 4800,
        "labour_seconds": 4800,
    }
    log.add("confirmation", 0, **{**row, **values})


def leaves(log: EventLog) -> dict[tuple[object, ...], Decimal]:
    return {
        (leaf["leaf_code"], leaf["cost_component"], leaf["component_item_id"] or leaf["operation_no"]): leaf["amount"]
        for leaf in Money(log, None).leaves()
    }


def as_planned(log: EventLog) -> None:
    """Eighty good pieces of a hundred that went in, at exactly what they should take."""
    move(log, 1, "issue", "BAR", "160", "320.00")
    move(log, 2, "by_product", "CHIPS", "40", "20.00")
    move(log, 3, "receipt", "BOLT", "80", "460.00")
    confirm(log)


def test_an_order_that_takes_what_it_should_differs_by_its_lot_alone(log):
    as_planned(log)
    assert leaves(log) == {("LOT", "setup", "10"): Decimal("8.00")}  # an hour at 40, of which 80 of 100 bear 32


def test_every_cause_has_its_leaf_and_together_they_are_what_is_settled(log):
    move(log, 1, "issue", "BAR", "170", "345.00")
    move(log, 2, "by_product", "CHIPS", "36", "18.00")
    move(log, 3, "receipt", "BOLT", "80", "460.00")
    confirm(log, scrap_qty=Decimal(30), machine_seconds=5400, labour_seconds=5000, setup_seconds=4500)
    log.add(
        "activity_rate",
        0,
        cost_center_id="CC",
        activity="labour",
        rate_type="actual",
        valid_from=date(2026, 2, 1),
        valid_to=date(2026, 3, 1),
        hourly_amount=Decimal(39),
    )
    found = leaves(log)
    assert found == {
        ("SCRAP", "material", "10"): Decimal("32.00"),  # ten pieces more than planned, of 1.6 kg
        ("SCRAP", "labour", "10"): Decimal("4.80"),
        ("SCRAP", "machine", "10"): Decimal("8.00"),
        ("MAT.PRICE", "material", "BAR"): Decimal("5.00"),
        ("MAT.USAGE", "material", "BAR"): Decimal("-12.00"),  # 340 − 320 − 32 in scrap
        ("BYP", "material", "CHIPS"): Decimal("2.00"),
        ("LAB.EFF", "labour", "10"): Decimal("-2.80"),  # 50 − 48 − 4.80
        ("LAB.RATE", "labour", "10"): Decimal("4.17"),
        ("MCH.EFF", "machine", "10"): Decimal("2.00"),  # 90 − 80 − 8
        ("MCH.EFF", "setup", "10"): Decimal("10.00"),
        ("LOT", "setup", "10"): Decimal("8.00"),
    }
    booked = 345 - 18 + 90 + 50 + 50
    assert sum(found.values()) == booked + Decimal("4.17") - 460


def test_a_substitute_and_what_it_replaces_stand_together(log):
    move(log, 1, "issue", "ROD", "100", "300.00")
    move(log, 2, "by_product", "CHIPS", "40", "20.00")
    move(log, 3, "receipt", "BOLT", "80", "460.00")
    confirm(log)
    found = leaves(log)
    assert found["MAT.SUBST", "material", "ROD"] == 300
    assert found["MAT.SUBST", "material", "BAR"] == -320
    assert not any(leaf_code == "MAT.USAGE" for leaf_code, _, _ in found)


def test_a_standard_that_changes_on_the_way_is_a_revaluation_and_no_usage(log):
    old, tomorrow = {"BOLT": STANDARD, "BAR": {"material": "2"}}, date(2026, 2, 10)
    log.rows["standard_cost"] = []
    freeze(log, "1", OPENING, tomorrow, old)
    freeze(log, "2", tomorrow, None, {"BOLT": {**STANDARD, "material": "3.95"}, "BAR": {"material": "2.10"}})
    freeze(log, "1", OPENING, None, {"CHIPS": {"material": "0.5"}})
    move(log, 1, "issue", "BAR", "160", "320.00")
    move(log, 2, "by_product", "CHIPS", "40", "20.00")
    move(log, 3, "receipt", "BOLT", "80", "476.00", tomorrow)
    confirm(log)
    assert leaves(log) == {
        ("LOT", "setup", "10"): Decimal("8.00"),
        ("STD.REVAL", "material", "BAR"): Decimal("-16.00"),
    }


def test_a_rework_order_and_an_item_without_a_standard_have_one_leaf_a_component(log):
    as_planned(log)
    complete(log, "rework")
    assert leaves(log) == {("REWORK", "setup", None): Decimal("8.00")}
    log.rows["standard_cost"] = [row for row in log.rows["standard_cost"] if row[1][0] != "BOLT"]
    found = leaves(log)
    assert {leaf_code for leaf_code, _, _ in found} == {"STD.NONE"}
    assert found["STD.NONE", "output", None] == -460
    assert sum(found.values()) == 8


def test_what_comes_after_the_end_is_settled_in_its_own_period(log):
    as_planned(log)
    move(log, 4, "issue", "BAR", "1", "2.00", date(2026, 3, 2))
    told = [
        (row["period_id"], row["debit_amount"], row["credit_amount"], row["settled_amount"], row["closing_amount"])
        for row in Money(log, None).work_in_process()
    ]
    assert told == [("2026-02", 468, 460, 8, 0), ("2026-03", 2, 0, 2, 0)]


def test_price_and_currency_of_a_purchase_are_told_apart(log):
    for day, rate in ((date(2026, 2, 9), "0.66"), (date(2026, 2, 12), "0.70")):
        named = {"from_currency_code": "CAD", "to_currency_code": "EUR", "rate_type": "daily"}
        log.add("exchange_rate", 0, **named, valid_from=day, rate=Decimal(rate))
    common = {"plant_id": "P1", "item_id": "BAR", "qty": Decimal(100), "currency_code": "CAD", "line_no": 10}
    log.add(
        "purchase_receipt",
        0,
        receipt_id="PR1",
        uom="KG",
        price_amount=Decimal(3),
        price_unit_qty=1,
        posting_date=date(2026, 2, 11),
        **common,
    )
    log.add(
        "purchase_invoice",
        0,
        invoice_id="PI1",
        receipt_id="PR1",
        receipt_line_no=10,
        amount=Decimal(310),
        posting_date=date(2026, 2, 13),
        **common,
    )
    receipt, invoice = Money(log, None).purchase_lines()
    assert (receipt["value_amount"], receipt["price_variance_amount"]) == (198, -2)
    assert invoice["value_amount"] == 217
    assert invoice["exchange_difference_amount"] == 12  # 300 CAD, four cents each
    assert invoice["price_variance_amount"] == 7
