"""What was bought, line by line, against figures worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cost.standards.delivered import Delivery, built, rows_of
from settings.home import Home

MODELS = ("int_purchase_line",)
DAY = date(2026, 3, 10)


def money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


class Buying:
    """A company that buys one item at a standard of 100 for one piece from January on, of 70 from June on."""

    def __init__(self, delivery: Delivery, company_id: str) -> None:
        self.delivery, self.company_id = delivery, company_id
        delivery.company(company_id)
        delivery.item(company_id, "A")
        delivery.standard(company_id, "A", 100, date(2026, 1, 1), valid_to=date(2026, 6, 1))
        delivery.standard(company_id, "A", 70, date(2026, 6, 1), version_id="2")

    def receipt(self, receipt_id: str, qty: Any, price: Any, **more: Any) -> None:
        values = {"line_no": 1, "plant_id": "P", "item_id": "A", "uom": "PC", "price_unit_qty": 1}
        values |= {"currency_code": "EUR", "posting_date": DAY}
        self.delivery.add(
            "purchase_receipt", self.company_id, receipt_id=receipt_id, qty=qty, price_amount=price, **(values | more)
        )

    def invoice(self, invoice_id: str, receipt_id: str | None, qty: Any, amount: Any, **more: Any) -> None:
        values = {"line_no": 1, "plant_id": "P", "item_id": "A", "currency_code": "EUR", "posting_date": DAY}
        self.delivery.add(
            "purchase_invoice",
            self.company_id,
            invoice_id=invoice_id,
            receipt_id=receipt_id,
            qty=qty,
            amount=amount,
            **(values | more),
        )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    delivery = Delivery()
    units = Buying(delivery, "UNITS")
    units.receipt("BOX", "2", "540", uom="BOX", price_unit_qty=1)
    units.receipt("HUNDRED", "250", "9000", price_unit_qty=100)
    units.receipt("BACK", "-3", "90")
    units.receipt("GRAM", "1500", "80", uom="G", price_unit_qty=1000, item_id="B")
    units.receipt("BARREL", "1", "80", uom="BRL")
    units.receipt("NEW", "1", "75", posting_date=date(2026, 6, 1))
    units.receipt("EARLY", "1", "75", posting_date=date(2025, 12, 31))
    delivery.item("UNITS", "B", base_uom="KG")
    delivery.standard("UNITS", "B", "77.5000", date(2026, 1, 1))
    delivery.add("uom_conversion", "UNITS", item_id="A", from_uom="BOX", to_uom="PC", numerator=6, denominator=1)
    delivery.add("uom_conversion", "UNITS", from_uom="BOX", to_uom="PC", numerator=12, denominator=1)
    delivery.add("uom_conversion", "UNITS", from_uom="KG", to_uom="G", numerator=1000, denominator=1)

    invoices = Buying(delivery, "INVOICES")
    invoices.receipt("R1", "3", "90")
    invoices.receipt("R1", "7", "95", line_no=2)
    invoices.invoice("PART", "R1", "1", "92", receipt_line_no=1)
    invoices.invoice("REST", "R1", "2", "180", receipt_line_no=1)
    invoices.invoice("WHOLE", "R1", "10", "935")
    invoices.invoice("CREDIT", "R1", "-1", "-90", receipt_line_no=1)
    invoices.invoice("FREIGHT", "R1", None, "20", item_id=None)
    invoices.invoice("NONE", None, "4", "380")
    invoices.invoice("LOST", None, None, "12.34")

    abroad = Buying(delivery, "ABROAD")
    for valid_from, rate in ((date(2026, 1, 1), "0.9"), (date(2026, 4, 1), "0.951234567")):
        delivery.add(
            "exchange_rate",
            "ABROAD",
            from_currency_code="USD",
            to_currency_code="EUR",
            rate_type="daily",
            valid_from=valid_from,
            rate=rate,
        )
    abroad.receipt("USD", "10", "110", currency_code="USD")
    abroad.invoice("USD", "USD", "10", "1150", currency_code="USD", posting_date=date(2026, 4, 2))
    abroad.invoice("HALF", "USD", "5", "550", currency_code="USD", posting_date=date(2026, 4, 2))
    abroad.receipt("GBP", "1", "80", currency_code="GBP")
    abroad.invoice("GBP", "GBP", "1", "80", currency_code="GBP")

    outside = Buying(delivery, "OUTSIDE")
    delivery.add(
        "production_order",
        "OUTSIDE",
        order_id="O",
        plant_id="P",
        item_id="A",
        order_type="standard",
        planned_qty=5,
        uom="PC",
        status="released",
    )
    outside.receipt("WORK", "5", "12", order_id="O", operation_no=20)
    outside.invoice("WORK", "WORK", "5", "63")
    return built(tmp_path_factory.mktemp("purchases") / "home", delivery, MODELS)


def line(home: Home, company_id: str, kind: str, document_id: str) -> dict[str, Any]:
    [found] = rows_of(
        home,
        f"""select * from scratch.intermediate.int_purchase_line
        where company_id = '{company_id}' and (line_kind = 'receipt') = {kind == "receipt"}
            and document_id = '{document_id}' and line_no = '1'""",
    )
    return found


@pytest.mark.parametrize(
    ("document_id", "base_qty", "value", "standard", "variance", "status"),
    [
        ("BOX", "12", "1080", "1200", "-120", "known"),
        ("HUNDRED", "250", "22500", "25000", "-2500", "known"),
        ("BACK", "-3", "-270", "-300", "30", "known"),
        ("GRAM", "1.5", "120", "116.25", "3.75", "known"),
        ("BARREL", None, "80", None, None, "no conversion to the base unit"),
        ("NEW", "1", "75", "70", "5", "known"),
        ("EARLY", "1", "75", None, None, "no standard on the posting date"),
    ],
)
def test_a_receipt_is_valued_in_any_unit(
    home: Home, document_id: str, base_qty: str, value: str, standard: str, variance: str, status: str
) -> None:
    found = line(home, "UNITS", "receipt", document_id)
    assert found["purchase_status"] == status
    assert (found["base_qty"], found["value_amount"]) == (money(base_qty), money(value))
    assert (found["standard_amount"], found["price_variance_amount"]) == (money(standard), money(variance))
    assert found["period_id"] == f"{found['posting_date']:%Y-%m}"
    assert found["source_file"].endswith("purchase_receipt.csv")
    assert found["source_line"] > 1


@pytest.mark.parametrize(
    ("document_id", "kind", "settles", "variance", "status"),
    [
        ("PART", "invoice", "90", "2", "known"),
        ("REST", "invoice", "180", "0", "known"),
        ("WHOLE", "invoice", "935", "0", "known"),
        ("CREDIT", "invoice", "-90", "0", "known"),
        ("FREIGHT", "charge", "0", "20", "known"),
        ("NONE", "invoice", None, None, "no receipt is known"),
        ("LOST", "charge", "0", "12.34", "known"),
    ],
)
def test_an_invoice_settles_its_part_of_the_receipt(
    home: Home, document_id: str, kind: str, settles: str, variance: str, status: str
) -> None:
    found = line(home, "INVOICES", "invoice", document_id)
    assert (found["line_kind"], found["purchase_status"]) == (kind, status)
    assert (found["receipt_value_amount"], found["price_variance_amount"]) == (money(settles), money(variance))


def test_price_and_exchange_are_told_apart(home: Home) -> None:
    received = line(home, "ABROAD", "receipt", "USD")
    assert (received["value_amount"], received["price_variance_amount"]) == (Decimal("990"), Decimal("-10"))
    # 1100 USD at 0.9, then 1150 USD at 0.951234567: 50 USD dearer, and 1100 USD × 0.051234567 of exchange.
    charged = line(home, "ABROAD", "invoice", "USD")
    assert charged["value_amount"] == Decimal("1093.92")
    assert charged["receipt_value_amount"] == Decimal("990")
    assert charged["exchange_difference_amount"] == Decimal("56.36")
    assert charged["price_variance_amount"] == Decimal("47.56")
    half = line(home, "ABROAD", "invoice", "HALF")
    assert half["exchange_difference_amount"] == Decimal("28.18")
    assert half["price_variance_amount"] == Decimal("0")


def test_a_rate_that_nobody_delivers_is_not_one(home: Home) -> None:
    for kind in ("receipt", "invoice"):
        found = line(home, "ABROAD", kind, "GBP")
        assert (found["rate_status"], found["exchange_rate"], found["value_amount"]) == ("missing", None, None)
        assert found["price_variance_amount"] is None
        assert found["transaction_amount"] == 80


def test_outside_work_is_the_orders_and_no_price_variance_of_stock(home: Home) -> None:
    received, charged = (line(home, "OUTSIDE", kind, "WORK") for kind in ("receipt", "invoice"))
    assert (received["value_amount"], received["standard_amount"], received["price_variance_amount"]) == (60, 0, 0)
    assert (charged["order_id"], charged["operation_no"], charged["price_variance_amount"]) == ("O", 20, 3)
