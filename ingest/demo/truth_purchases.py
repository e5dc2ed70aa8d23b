"""The truth about purchases: price and exchange told apart, line by line, in the company's currency."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ingest.demo.exact import round_half_away
from ingest.demo.plant_layout import CURRENCY
from ingest.demo.truth_basis import Basis, cents
from ingest.demo.truth_states import Record

DAILY = "daily"


@dataclass(frozen=True)
class PurchaseLine:
    """A receipt, an invoice or a later charge without quantity; amounts without a currency are functional.

    On an order `order_amount` is what it is charged with and there is no price variance; elsewhere it is 0.
    """

    plant_id: str
    line_kind: str
    document_id: str
    line_no: int
    receipt_id: str | None
    supplier_id: str | None
    item_id: str | None
    order_id: str | None
    operation_no: str | None
    posting_date: date
    qty: Decimal
    transaction_amount: Decimal
    transaction_currency_code: str
    exchange_rate: Decimal
    value_amount: Decimal
    receipt_value_amount: Decimal
    standard_amount: Decimal | None
    price_variance_amount: Decimal | None
    exchange_difference_amount: Decimal
    order_amount: Decimal


class Purchases:
    """Every purchase line, as known after a night."""

    def __init__(self, basis: Basis) -> None:
        self._basis = basis
        self._rates: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for record in basis.rows("exchange_rate"):
            if record["rate_type"] == DAILY and record["to_currency_code"] == CURRENCY:
                self._rates[record["from_currency_code"]].append((record["valid_from"], record["rate"]))
        self._receipts: dict[tuple[str, int], PurchaseLine] = {}
        for record in basis.rows("purchase_receipt"):
            self._receipts[record["receipt_id"], record["line_no"]] = self._receipt(record)
        invoices = [self._invoice(record) for record in basis.rows("purchase_invoice")]
        self.lines = [*self._receipts.values(), *invoices]

    def _rate(self, currency_code: str, on: date) -> Decimal:
        if currency_code == CURRENCY:
            return Decimal(1)
        return max((valid_from, rate) for valid_from, rate in self._rates[currency_code] if valid_from <= on)[1]

    def _receipt(self, record: Record) -> PurchaseLine:
        on, item_id, plant_id = record["posting_date"], record["item_id"], record["plant_id"]
        ordered = cents(Fraction(record["qty"]) * Fraction(record["price_amount"]) / Fraction(record["price_unit_qty"]))
        rate = self._rate(record["currency_code"], on)
        value = cents(Fraction(ordered) * Fraction(rate))
        qty = self._basis.base_qty(record)
        standard: Decimal | None = Decimal(0)
        variance: Decimal | None = Decimal(0)
        on_order = record["order_id"] is not None
        if not on_order:
            price = self._basis.price(item_id, plant_id, on)
            standard = None if price is None else cents(qty * price)
            variance = None if standard is None else value - standard
        return PurchaseLine(
            plant_id,
            "receipt",
            record["receipt_id"],
            record["line_no"],
            record["receipt_id"],
            record["supplier_id"],
            item_id,
            record["order_id"],
            record["operation_no"],
            on,
            round_half_away(qty, 6),
            ordered,
            record["currency_code"],
            rate,
            value,
            Decimal(0),
            standard,
            variance,
            Decimal(0),
            value if on_order else Decimal(0),
        )

    def _invoice(self, record: Record) -> PurchaseLine:
        """Compare with the receipt that the invoice settles: its price, and what the currency did since."""
        receipt = self._receipts[record["receipt_id"], record["receipt_line_no"]]
        on = record["posting_date"]
        rate = self._rate(record["currency_code"], on)
        value = cents(Fraction(record["amount"]) * Fraction(rate))
        is_charge = record["qty"] is None
        qty = Decimal(0) if is_charge else Decimal(record["qty"])
        settled_share = Fraction(qty) / Fraction(receipt.qty) if receipt.qty else Fraction(0)
        received = cents(Fraction(receipt.value_amount) * settled_share)
        ordered = cents(Fraction(receipt.transaction_amount) * settled_share)
        exchange = cents(Fraction(ordered) * (Fraction(rate) - Fraction(receipt.exchange_rate)))
        price_part = value - received - exchange
        order_id = record["order_id"] or receipt.order_id
        return PurchaseLine(
            record["plant_id"],
            "charge" if is_charge else "invoice",
            record["invoice_id"],
            record["line_no"],
            record["receipt_id"],
            receipt.supplier_id,
            record["item_id"],
            order_id,
            receipt.operation_no,
            on,
            qty,
            record["amount"],
            record["currency_code"],
            rate,
            value,
            received,
            Decimal(0),
            Decimal(0) if order_id is not None else price_part,
            exchange,
            price_part if order_id is not None else Decimal(0),
        )
