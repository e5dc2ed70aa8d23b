"""Price variance at purchase and at usage, and what a new standard does to stock: published and hand-worked cases."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cost.standards.delivered import Delivery, built, rows_of
from settings.configuration import Costing, CostingChoices
from settings.home import Home

MODELS = ("purchase_price_variance", "price_variance_deferral", "standard_revaluation")
JANUARY, JUNE = date(2026, 1, 1), date(2026, 6, 1)


def receive(delivery: Delivery, company_id: str, receipt_id: str, qty: Any, price: Any, on: date) -> None:
    delivery.add(
        "purchase_receipt",
        company_id,
        receipt_id=receipt_id,
        line_no=1,
        plant_id="P",
        item_id="A",
        qty=qty,
        uom="PC",
        price_amount=price,
        price_unit_qty=1,
        currency_code="EUR",
        posting_date=on,
    )


def charge(delivery: Delivery, company_id: str, receipt_id: str, amount: Any, on: date) -> None:
    delivery.add(
        "purchase_invoice",
        company_id,
        invoice_id="CHARGE",
        line_no=1,
        receipt_id=receipt_id,
        plant_id="P",
        amount=amount,
        currency_code="EUR",
        posting_date=on,
    )


def move(delivery: Delivery, company_id: str, kind: str, qty: Any, on: date, amount: Any = None) -> None:
    delivery.add(
        "goods_movement",
        company_id,
        movement_id=f"{kind}{len(delivery.rows['goods_movement'])}",
        movement_type=kind,
        plant_id="P",
        item_id="A",
        qty=qty,
        uom="PC",
        amount=amount,
        posting_date=on,
    )


def company(delivery: Delivery, company_id: str, old: Any, new: Any | None = None) -> None:
    delivery.company(company_id)
    delivery.item(company_id, "A")
    delivery.standard(company_id, "A", old, JANUARY, valid_to=JUNE if new else None)
    if new:
        delivery.standard(company_id, "A", new, JUNE, version_id="2")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    delivery = Delivery()
    for company_id in ("G8PURCHASE", "G8USAGE", "SILENT"):
        company(delivery, company_id, "1.00")
        receive(delivery, company_id, "R", 200_000, "1.20", date(2026, 2, 3))
        priced = company_id != "SILENT"
        move(delivery, company_id, "issue", 120_000, date(2026, 2, 10), 144_000 if priced else None)
        move(delivery, company_id, "return", 10_000, date(2026, 3, 2), 12_000 if priced else None)
    company(delivery, "G10", 100, 70)
    receive(delivery, "G10", "R", 1, 90, date(2026, 3, 1))
    charge(delivery, "G10", "R", 20, date(2026, 5, 1))

    company(delivery, "STOCK", "10.0000", "10.1234")
    for location, qty in (("N", 30), ("S", "12.5")):
        delivery.add(
            "inventory_balance",
            "STOCK",
            plant_id="P",
            item_id="A",
            location_id=location,
            balance_date=date(2026, 1, 31),
            qty=qty,
            uom="PC",
        )
    receive(delivery, "STOCK", "R", 100, 9, date(2026, 2, 3))
    receive(delivery, "STOCK", "BACK", -4, 9, date(2026, 2, 4))
    for kind, qty, on in (
        ("issue", 50, date(2026, 2, 10)),
        ("return", 5, date(2026, 2, 11)),
        ("scrap", 3, date(2026, 2, 12)),
        ("adjustment", "-0.5", date(2026, 2, 13)),
        ("transfer", 40, date(2026, 2, 14)),
        ("receipt", 20, date(2026, 5, 31)),
        ("receipt", 1000, JUNE),
    ):
        move(delivery, "STOCK", kind, qty, on)
    delivery.standard("STOCK", "B", 5, JUNE)
    delivery.item("STOCK", "B")
    usage = CostingChoices(price_variance_at="usage")
    return built(
        tmp_path_factory.mktemp("variance") / "home",
        delivery,
        MODELS,
        Costing(companies={"G8USAGE": usage, "SILENT": usage}),
    )


def test_certified_containers_price_variance_at_purchase(home: Home) -> None:
    assert rows_of(home, "select * from cost.price_variance_deferral where company_id = 'G8PURCHASE'") == []
    [bought] = rows_of(home, "select * from cost.purchase_price_variance where company_id = 'G8PURCHASE'")
    assert (bought["price_variance_amount"], bought["variance_side"]) == (40_000, "unfavourable")
    assert (bought["standard_price_amount"], bought["actual_price_amount"]) == (Decimal("1.00"), Decimal("1.20"))
    assert (bought["account_role"], bought["period_id"]) == ("ppv", "2026-02")


def test_certified_containers_price_variance_at_usage(home: Home) -> None:
    months = rows_of(home, "select * from cost.price_variance_deferral where company_id = 'G8USAGE' order by period_id")
    measures = ("opening_deferred", "bought_variance", "used_variance", "deferred_variance")
    assert [tuple(month[f"{measure}_amount"] for measure in measures) for month in months] == [
        (0, 40_000, 24_000, 16_000),
        (16_000, 0, -2_000, 18_000),
    ]
    assert rows_of(home, "select account_role from cost.purchase_price_variance where company_id = 'G8USAGE'") == [
        {"account_role": "stock"}
    ]


def test_a_use_without_an_amount_leaves_unknown_what_was_used(home: Home) -> None:
    months = rows_of(home, "select * from cost.price_variance_deferral where company_id = 'SILENT' order by period_id")
    assert [
        (month["bought_variance_amount"], month["used_variance_amount"], month["deferred_variance_amount"])
        for month in months
    ] == [(40_000, None, None), (0, None, None)]


def test_a_later_charge_restates_and_a_revaluation_does_not(home: Home) -> None:
    lines = rows_of(home, "select * from cost.purchase_price_variance where company_id = 'G10' order by posting_date")
    assert [(line["variance_kind"], line["price_variance_amount"]) for line in lines] == [
        ("at receipt", -10),
        ("later charge", 20),
    ]
    [revalued] = rows_of(home, "select * from cost.standard_revaluation where company_id = 'G10'")
    assert (revalued["on_hand_qty"], revalued["revaluation_amount"]) == (1, -30)


def test_stock_on_hand_gains_what_the_standard_gains(home: Home) -> None:
    [revalued] = rows_of(home, "select * from cost.standard_revaluation where company_id = 'STOCK'")
    # 42.5 at the end of January, + 100 − 4 bought, − 50 + 5 − 3 − 0.5 + 20 moved before June.
    assert revalued["on_hand_qty"] == Decimal("110")
    assert revalued["revaluation_amount"] == Decimal("13.57")
    assert (revalued["change_date"], revalued["period_id"]) == (JUNE, "2026-06")
    assert (revalued["old_version_id"], revalued["new_version_id"]) == ("1", "2")
