"""What was bought, line by line, as the oracle values it: standard, price and exchange told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from efficiency.case import Facts

from cost.fuzz.company import CURRENCY
from cost.fuzz.numbers import cents
from cost.fuzz.reference import Reference


@dataclass(frozen=True)
class PurchaseLine:
    """A line of a receipt, an invoice or a later charge, in the company's currency. None is not known."""

    kind: str
    document: str
    line_no: str
    plant: str
    item: str | None
    supplier: str | None
    order: str | None
    operation: int | None
    day: date
    qty: Fraction
    foreign: Fraction
    rate: Fraction
    value: Fraction
    settled: Fraction
    standard: Fraction | None
    price_part: Fraction | None
    exchange_part: Fraction


def exchange_rate(facts: Facts, choices: Mapping[str, str], currency: str, day: date) -> Fraction:
    """What one unit of the currency is worth on the day: the latest rate of the company's kind."""
    if currency == CURRENCY:
        return Fraction(1)
    kind = choices["exchange_rate_type"]
    known = [
        row
        for row in facts["exchange_rate"]
        if (row["rate_type"], row["from_currency_code"], row["to_currency_code"]) == (kind, currency, CURRENCY)
        and row["valid_from"] <= day
    ]
    return Fraction(max(known, key=lambda row: row["valid_from"])["rate"])


def purchase_lines(facts: Facts, choices: Mapping[str, str], reference: Reference) -> Iterator[PurchaseLine]:
    """The lines of all receipts, then of all invoices."""
    receipts: dict[str, list[PurchaseLine]] = {}
    for row in facts["purchase_receipt"]:
        qty = reference.in_base(row["item_id"], row["qty"], row["uom"])
        foreign = cents(Fraction(row["qty"]) * Fraction(row["price_amount"]) / Fraction(row["price_unit_qty"]))
        rate = exchange_rate(facts, choices, row["currency_code"], row["posting_date"])
        value = cents(foreign * rate)
        price = reference.price(row["plant_id"], row["item_id"], row["posting_date"])
        standard = None if price is None else cents(qty * price)
        variance = None if standard is None else value - standard
        if row["order_id"] is not None:
            standard = variance = Fraction(0)
        line = PurchaseLine("receipt", row["receipt_id"], row["line_no"], row["plant_id"], row["item_id"],
                            row["supplier_id"], row["order_id"], row["operation_no"], row["posting_date"], qty, foreign,
                            rate, value, Fraction(0), standard, variance, Fraction(0))  # fmt: skip
        receipts.setdefault(row["receipt_id"], []).append(line)
        yield line
    for row in facts["purchase_invoice"]:
        rate = exchange_rate(facts, choices, row["currency_code"], row["posting_date"])
        foreign = Fraction(row["amount"])
        value = cents(foreign * rate)
        named = [line for line in receipts.get(row["receipt_id"], []) if row["receipt_line_no"] in (None, line.line_no)]
        one = named[0] if len(named) == 1 else None
        settled = exchanged = Fraction(0)
        if row["qty"] is not None:
            assert one is not None, "companies are drawn with invoices that name one line"
            share = Fraction(row["qty"]) / one.qty
            settled = cents(one.value * share)
            exchanged = cents(cents(one.foreign * share) * (rate - one.rate))
        items = {line.item for line in named}
        suppliers = [line.supplier for line in named if line.supplier is not None]
        yield PurchaseLine(
            "charge" if row["qty"] is None else "invoice", row["invoice_id"], row["line_no"], row["plant_id"],
            row["item_id"] or (items.pop() if len(items) == 1 else None), min(suppliers, default=None),
            row["order_id"] or min((line.order for line in named if line.order), default=None),
            one.operation if one else None, row["posting_date"], Fraction(row["qty"] or 0), foreign, rate, value,
            settled, Fraction(0), value - settled - exchanged, exchanged,
        )  # fmt: skip
