"""The truth about money: what each order's output should have cost, and what was charged to it.

Every part is rounded half away from zero to the cent, then summed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from fractions import Fraction

from ingest.demo.event_log import EventLog
from ingest.demo.truth_basis import Basis, cents
from ingest.demo.truth_bookings import Bookings, OrderBooks
from ingest.demo.truth_books import account_balances, completed_on, period_of, work_in_process
from ingest.demo.truth_leaves import order_leaves
from ingest.demo.truth_purchases import Purchases
from ingest.demo.truth_states import Record

COST_GROUP = {
    "material": "material",
    "labour": "labour",
    "machine": "machine",
    "setup": "machine",
    "variable_overhead": "overhead",
    "fixed_overhead": "overhead",
    "subcontract": "subcontract",
}
GROUPS = ("material", "labour", "machine", "overhead", "subcontract")

Amounts = dict[str, Decimal | None]


class Money:
    """All figures of money, as they stand after a night."""

    def __init__(self, log: EventLog, night: int | None) -> None:
        self.basis = Basis(log, night)
        self.orders = list(self.basis.orders.values())
        self._purchases = Purchases(self.basis)
        self._bookings = Bookings(self.basis, self._purchases.lines)
        self._balances = account_balances(self.basis)

    def of_order(self, order: Record) -> dict[str, object]:
        """Return the order's quantities and its standard and actual amounts by cost group."""
        books = self._bookings.of_order[order["order_id"]]
        standard = self._standard_amounts(books)
        actual = self._actual_amounts(books)
        return {
            "order_id": order["order_id"],
            "plant_id": order["plant_id"],
            "item_id": order["item_id"],
            "good_qty": books.good,
            "scrap_qty": books.scrapped,
            "rework_qty": books.reworked,
            **{f"standard_{group}_amount": standard[group] for group in GROUPS},
            **{f"actual_{group}_amount": actual[group] for group in GROUPS},
        }

    def _standard_amounts(self, books: OrderBooks) -> Amounts:
        amounts: dict[str, Decimal] = dict.fromkeys(GROUPS, Decimal(0))
        for output in books.outputs:
            valid = self.basis.standard(books.order["item_id"], books.order["plant_id"], output.on)
            if valid is None and output.qty:
                return dict.fromkeys(GROUPS)
            for component, price in (valid or {}).items():
                amounts[COST_GROUP[component]] += cents(Fraction(output.qty) * price)
        return dict(amounts)

    @staticmethod
    def _actual_amounts(books: OrderBooks) -> Amounts:
        amounts: Amounts = dict.fromkeys(GROUPS, Decimal(0))
        for charge in books.charges:
            group = COST_GROUP[charge.component]
            before = amounts[group]
            amounts[group] = None if before is None or charge.actual is None else before + charge.actual
        return amounts

    def leaves(self) -> Iterator[dict[str, object]]:
        """Yield the leaves of every finished order, those of 0.00 left out."""
        for order_id, books in sorted(self._bookings.of_order.items()):
            done = completed_on(self.basis, books)
            if done is None:
                continue
            named = {
                "plant_id": books.order["plant_id"],
                "order_id": order_id,
                "item_id": books.order["item_id"],
                "period_id": period_of(done),
            }
            for leaf in order_leaves(self.basis, books):
                yield {
                    **named,
                    "leaf_code": leaf.leaf_code,
                    "leaf_group": leaf.leaf_group,
                    "cost_component": leaf.cost_component,
                    "component_item_id": leaf.component_item_id,
                    "operation_no": leaf.operation_no,
                    "account_role": leaf.account_role,
                    "amount": leaf.amount,
                }

    def work_in_process(self) -> list[dict[str, object]]:
        """Return work in process by order and period; open orders are followed to the last period that is known."""
        known = {str(balance["period_id"]) for balance in self._balances}
        for books in self._bookings.of_order.values():
            known |= {period_of(day) for day in books.booked_on()}
        return list(work_in_process(self.basis, self._bookings, max(known))) if known else []

    def account_balances(self) -> list[dict[str, object]]:
        """Return each account's movements and balance by period."""
        return self._balances

    def purchase_lines(self) -> list[dict[str, object]]:
        """Return every receipt and invoice with its price variance and exchange difference."""
        return [{**asdict(line), "period_id": period_of(line.posting_date)} for line in self._purchases.lines]
