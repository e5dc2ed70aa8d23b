"""The truth about the books: work in process of each order by period, and what stands on each account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ingest.demo.truth_basis import Basis
from ingest.demo.truth_bookings import Bookings, OrderBooks

ZERO = Decimal(0)


def period_of(day: date) -> str:
    """Return the fiscal period of a day: the factory's are calendar months."""
    return f"{day:%Y-%m}"


def following(period_id: str) -> str:
    """Return the period after a period."""
    year, month = int(period_id[:4]), int(period_id[5:])
    return f"{year + month // 12}-{month % 12 + 1:02d}"


def completed_on(basis: Basis, books: OrderBooks) -> date | None:
    """Return the day on which a finished order ended, by its plant's clock; that of its last booking else."""
    if not books.is_finished:
        return None
    if books.order["actual_end_at"] is not None:
        return basis.local_date(books.order["plant_id"], books.order["actual_end_at"])
    return max(books.booked_on(), default=None)


def work_in_process(basis: Basis, bookings: Bookings, last_period: str) -> Iterator[dict[str, object]]:
    """Yield each order's work in process by period: opening + debit − credit − settled = closing.

    Debits are all charges, signed; credits the output. A finished order is followed up to its last booking, another up
    to `last_period`.
    """
    for order_id, books in sorted(bookings.of_order.items()):
        debits: dict[str, Decimal] = defaultdict(Decimal)
        credits_: dict[str, Decimal] = defaultdict(Decimal)
        for charge in books.charges:
            debits[period_of(charge.on)] += charge.booked or ZERO
        for output in books.outputs:
            credits_[period_of(output.on)] += output.booked or ZERO
        periods = debits.keys() | credits_.keys()
        if not periods:
            continue
        done = completed_on(basis, books)
        last = max(*periods, period_of(done) if done is not None else last_period)
        period_id, opening = min(periods), ZERO
        while period_id <= last:
            balance = opening + debits[period_id] - credits_[period_id]
            is_settled = done is not None and period_id >= period_of(done)
            settled = balance if is_settled else ZERO
            yield {
                "plant_id": books.order["plant_id"],
                "order_id": order_id,
                "period_id": period_id,
                "opening_amount": opening,
                "debit_amount": debits[period_id],
                "credit_amount": credits_[period_id],
                "settled_amount": settled,
                "closing_amount": balance - settled,
            }
            opening = balance - settled
            period_id = following(period_id)


def account_balances(basis: Basis) -> list[dict[str, object]]:
    """Return each account's debits, credits and closing balance by period, from the first posting to the last."""
    roles = {record["account_id"]: record["role"] for record in basis.rows("account")}
    moved: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for record in basis.rows("ledger_posting"):
        amount = record["amount"]
        moved[record["account_id"], record["period_id"]][amount < 0] += amount
    periods = sorted({period_id for _, period_id in moved})
    found: list[dict[str, object]] = []
    for account_id in sorted({account_id for account_id, _ in moved}):
        balance = ZERO
        for period_id in periods:
            debit, credit = moved[account_id, period_id]
            opening, balance = balance, balance + debit + credit
            found.append(
                {
                    "account_id": account_id,
                    "account_role": roles.get(account_id),
                    "period_id": period_id,
                    "opening_amount": opening,
                    "debit_amount": debit,
                    "credit_amount": -credit,
                    "closing_amount": balance,
                }
            )
    return found
