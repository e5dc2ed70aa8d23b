"""Companies in which one delivered row is wrong by the least that it can be; the ledger stays as it was.

A cent of a movement, a receipt, an invoice, a ledger line, a budget, a standard, a rate or a payroll; a piece or a
second of a confirmation; a hundredth of an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

from efficiency.case import Row, Values

from cost.fuzz.bookkeeper import ledger_of
from cost.fuzz.company import Company

CENT = Decimal("0.01")
Change = Callable[[Values], dict[str, Any] | None]


def more(column: str, step: Any) -> Change:
    """One step more in the column, where it holds anything."""

    def change(values: Values) -> dict[str, Any] | None:
        held = values.get(column)
        return None if held is None or held == 0 else {column: held + step if held > 0 else held - step}

    return change


def of_rate(kind: str) -> Change:
    def change(values: Values) -> dict[str, Any] | None:
        return {"hourly_amount": values["hourly_amount"] + CENT} if values["rate_type"] == kind else None

    return change


@dataclass(frozen=True)
class Kind:
    """A way to be wrong: in which dataset, how, and which column names the document of the row."""

    name: str
    dataset: str
    change: Change
    document: str | None = None


KINDS = (
    Kind("movement amount", "goods_movement", more("amount", CENT), "movement_id"),
    Kind("movement quantity", "goods_movement", more("qty", 1), "movement_id"),
    Kind("receipt price", "purchase_receipt", more("price_amount", CENT), "receipt_id"),
    Kind("invoice amount", "purchase_invoice", more("amount", CENT), "invoice_id"),
    Kind("good pieces", "confirmation", more("good_qty", 1), "confirmation_id"),
    Kind("scrapped pieces", "confirmation", more("scrap_qty", 1), "confirmation_id"),
    Kind("machine time", "confirmation", more("machine_seconds", 1), "confirmation_id"),
    Kind("set-up time", "confirmation", more("setup_seconds", 1), "confirmation_id"),
    Kind("labour time", "labour_time", more("hours", CENT), "time_id"),
    Kind("standard cost", "standard_cost", more("amount", CENT)),
    Kind("planned rate", "activity_rate", of_rate("planned")),
    Kind("actual rate", "activity_rate", of_rate("actual")),
    Kind("budget", "budget", more("amount", CENT)),
    Kind("payroll hours", "payroll", more("hours", CENT)),
    Kind("payroll amount", "payroll", more("amount", CENT)),
)
LEDGER = "ledger line"


@dataclass(frozen=True)
class Mutant:
    """A company wrong in one row, and what names that row's document."""

    kind: str
    base: int
    company: Company
    row: Row
    document: str | None


def mutants_of(number: int, company: Company, random: Random) -> Iterator[Mutant]:
    """One mutant of every kind that the company has a row for; `number` is the company's."""
    books = ledger_of(company)
    for kind in KINDS:
        rows = [at for at, row in enumerate(company.rows) if row.dataset == kind.dataset and kind.change(row.values)]
        if rows:
            at = random.choice(rows)
            row = company.rows[at]
            changed = replace(company.with_row(at, **kind.change(row.values) or {}), ledger=books)
            document = row.values[kind.document] if kind.document else None
            yield Mutant(kind.name, number, changed, row, document)
    at = random.randrange(len(books))
    lines = list(books)
    lines[at] = Row("ledger_posting", {**books[at].values, "amount": books[at].values["amount"] + CENT})
    yield Mutant(LEDGER, number, replace(company, ledger=tuple(lines)), books[at], books[at].values["document_id"])
