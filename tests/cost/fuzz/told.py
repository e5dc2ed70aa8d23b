"""All that the oracle says of one company, and the marts that must say the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from cost.fuzz.bookings import Bookings
from cost.fuzz.centers import Centers
from cost.fuzz.company import Company
from cost.fuzz.leaves import OrderVariance, order_variances
from cost.fuzz.numbers import cents
from cost.fuzz.process import TargetWip
from cost.fuzz.purchases import PurchaseLine, purchase_lines

ZERO = Fraction(0)
ACCOUNT_OF_LEAF = {"LAB.RATE": "labour_absorbed", "MCH.RATE": "overhead_absorbed"}
GROUPS = {"material": ("material",), "labour": ("labour",), "machine": ("machine", "setup"),
          "overhead": ("variable_overhead", "fixed_overhead"), "subcontract": ("subcontract",)}  # fmt: skip
NO_SUBLEDGER = ("accruals", "allocation", "fixed_overhead_actual", "variable_overhead_actual", "wages_payable")
WALK = ("static", "flexed", "actual", "activity_variance", "efficiency_variance", "rate_variance", "spending_variance",
        "undivided_variance")  # fmt: skip
AMOUNTS = (
    *(f"{kind}_{group}_amount" for kind in ("standard", "actual", "variance") for group in GROUPS),
    *("standard_amount", "actual_amount", "variance_amount", "credit_amount", "production_variance_amount"),
)
Rows = Iterable[tuple[tuple[Any, ...], dict[str, Any]]]


def less(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    """The difference; not known where either is not."""
    return None if one is None or other is None else one - other


class Oracle:
    """One company's figures, each worked out when it is first asked for."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.facts = company.facts
        self.choices = company.choices
        self.bookings = Bookings(company)
        self.reference = self.bookings.reference

    @cached_property
    def variances(self) -> dict[str, OrderVariance]:
        return order_variances(self.bookings)

    @cached_property
    def purchases(self) -> list[PurchaseLine]:
        return list(purchase_lines(self.facts, self.choices, self.reference))

    @cached_property
    def ledger_periods(self) -> set[str]:
        return {row.values["period_id"] for row in self.ledger}

    @cached_property
    def ledger(self) -> Sequence[Any]:
        from cost.fuzz.bookkeeper import ledger_of

        return ledger_of(self.company)

    @property
    def is_at_target(self) -> bool:
        return self.choices["wip_valuation"] == "target"

    def order_periods(self) -> Rows:
        """Work in process of each order from its first booking on, period by period."""
        posted = {self.bookings.period(one.day) for one in self.bookings.all}
        last_known = max(posted | self.ledger_periods, default="")
        ended = {}
        for order in self.reference.orders:
            day = self.bookings.completion(order)
            ended[order] = self.bookings.period(day) if day and self.bookings.of_order[order] else None
        periods = sorted(posted | self.ledger_periods | {one for one in ended.values() if one})
        for order, bookings in self.bookings.of_order.items():
            if not bookings:
                continue
            debits: dict[str, Fraction] = defaultdict(Fraction)
            credits: dict[str, Fraction] = defaultdict(Fraction)
            for one in bookings:
                side, sign = (credits, -1) if one.component == "output" else (debits, 1)
                side[self.bookings.period(one.day)] += sign * (one.booked or ZERO)
            touched = {self.bookings.period(one.day) for one in bookings}
            end = ended[order]
            targets = TargetWip(self.bookings, order)
            last = max(touched | {end or last_known})
            opening = balance = ZERO
            for period in periods:
                if not min(touched) <= period <= last:
                    continue
                balance += debits[period] - credits[period]
                is_empty = end is not None and period >= end
                closing = ZERO if is_empty else balance
                target = targets.at(period)
                yield (
                    (order, period),
                    {
                        "opening_amount": opening,
                        "debit_amount": debits[period],
                        "credit_amount": credits[period],
                        "settled_amount": opening + debits[period] - credits[period] - closing,
                        "closing_amount": closing,
                        "target_wip_amount": ZERO if is_empty else target,
                        "wip_amount": closing if is_empty or not self.is_at_target or target is None else target,
                    },
                )
                opening = closing

    def exact_leaves(self) -> Rows:
        for order, variance in self.variances.items():
            for component, leaves in variance.exact.items():
                for (leaf, item, step), amount in leaves.items():
                    yield (order, leaf, component, item, step), {"exact_amount": amount}

    def leaves(self) -> Rows:
        """The published leaves, with the account that takes each and the period in which the order ended."""
        for order, variance in self.variances.items():
            ended = self.bookings.completion(order)
            assert ended is not None
            for component, leaves in variance.in_cents().items():
                for (leaf, item, step), amount in leaves.items():
                    yield (
                        (order, leaf, component, item, step),
                        {
                            "amount": amount,
                            "plant_id": self.reference.orders[order]["plant_id"],
                            "period_id": self.bookings.period(ended),
                            "account_role": ACCOUNT_OF_LEAF.get(leaf, "production_variance"),
                            "variance_side": "unfavourable" if amount > 0 else "favourable" if amount else "none",
                        },
                    )

    def order_costs(self) -> Rows:
        """Standard, actual and variance of every order by group of cost; None is not known."""
        kinds = {one.kind for one in self.bookings.all} | {one.component for one in self.bookings.all}
        has_machine_time = any(row["machine_seconds"] is not None for row in self.facts["confirmation"])
        delivers = {"material": "issue" in kinds, "labour": "labour" in kinds, "machine": has_machine_time,
                    "overhead": has_machine_time}  # fmt: skip
        for order, row in self.reference.orders.items():
            bookings = self.bookings.of_order[order]
            outputs = [one for one in bookings if one.component == "output" and one.qty]
            found = [self.reference.standard(row["plant_id"], row["item_id"], one.day) for one in outputs]
            values: dict[str, Fraction | None] = {}
            for group, components in GROUPS.items():
                standard = None
                if None not in found:
                    standard = sum(
                        (cents(-one.qty * at[name]) for one, at in zip(outputs, found, strict=True) if at
                         for name in components), ZERO,
                    )  # fmt: skip
                known = [one.actual for one in bookings if one.component in components]
                outside = "subcontract" in kinds or not any(
                    (one["plant_id"], one["item_id"]) == (row["plant_id"], row["item_id"])
                    and one["cost_component"] == "subcontract"
                    for one in self.facts["standard_cost"]
                )
                is_known = None not in known and delivers.get(group, outside)
                actual = sum((one for one in known if one is not None), ZERO) if is_known else None
                values[f"standard_{group}_amount"], values[f"actual_{group}_amount"] = standard, actual
                values[f"variance_{group}_amount"] = less(actual, standard)
            for kind in ("standard", "actual", "variance"):
                parts = [values[f"{kind}_{group}_amount"] for group in GROUPS]
                values[f"{kind}_amount"] = None if None in parts else sum(parts, ZERO)  # type: ignore[arg-type]
            credits = [one.booked for one in outputs]
            debits = [one.booked for one in bookings if one.component != "output"]
            credit = None if None in credits else -sum(credits, ZERO)  # type: ignore[arg-type]
            debit = None if None in debits else sum(debits, ZERO)  # type: ignore[arg-type]
            values |= {"credit_amount": credit, "production_variance_amount": less(debit, credit)}
            values["good_qty"] = -sum((one.qty for one in outputs), ZERO)
            yield (order,), values

    def postings(self) -> Rows:
        """Bookings by document; those of one document and kind are told together."""
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        for one in self.bookings.all:
            key = (one.order, one.dataset, one.document, one.kind)
            values = found.setdefault(key, {"booked_amount": ZERO, "actual_amount": ZERO, "base_qty": ZERO})
            for name, amount in (("booked_amount", one.booked), ("actual_amount", one.actual), ("base_qty", one.qty)):
                values[name] = None if amount is None or values[name] is None else values[name] + amount
            values |= {"cost_component": one.component, "operation_no": one.operation, "cost_center_id": one.center,
                       "period_id": self.bookings.period(one.day)}  # fmt: skip
        return found.items()

    @cached_property
    def centers(self) -> Centers:
        return Centers(self.bookings, self.ledger)

    def center_leaves(self) -> Rows:
        return self.centers.leaves()

    def walk(self) -> Rows:
        return self.centers.walk()

    def reconciled(self) -> Rows:
        """Books without faults: every account is what its events say, and nothing is left to explain."""
        roles = {row["account_id"]: row["role"] for row in self.facts["account"]}
        balance: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for row in self.ledger:
            balance[row.values["account_id"], row.values["period_id"]] += Fraction(row.values["amount"])
        for (account, period), amount in balance.items():
            known = None if roles[account] in NO_SUBLEDGER else amount
            yield (account, period), {"ledger_amount": amount, "subledger_amount": known, "unexplained_amount": ZERO,
                                      "unexplained_count": ZERO}  # fmt: skip

    def price_variances(self) -> Rows:
        """What bought goods cost above standard; outside work costs its order, not the buyer."""
        kinds = {"receipt": "at receipt", "invoice": "at invoice", "charge": "later charge"}
        at_receipt = "ppv" if self.choices["price_variance_at"] == "purchase" else "stock"
        for line in self.purchases:
            side = "receipt" if line.kind == "receipt" else "invoice"
            variance = line.price_part if line.order is None else ZERO
            yield (
                (line.document, line.line_no, side),
                {
                    "variance_kind": "outside work" if line.order is not None else kinds[line.kind],
                    "price_variance_amount": variance,
                    "exchange_difference_amount": line.exchange_part,
                    "value_amount": line.value,
                    "period_id": self.bookings.period(line.day),
                    "account_role": None if line.order is not None else at_receipt if side == "receipt" else "ppv",
                },
            )

    def purchase_rows(self) -> Rows:
        for line in self.purchases:
            yield (
                (line.kind, line.document, line.line_no),
                {
                    "item_id": line.item,
                    "supplier_id": line.supplier,
                    "order_id": line.order,
                    "operation_no": line.operation,
                    "period_id": self.bookings.period(line.day),
                    "base_qty": line.qty if line.kind != "charge" else None,
                    "value_amount": line.value,
                    "receipt_value_amount": line.settled,
                    "price_variance_amount": line.price_part,
                    "exchange_difference_amount": line.exchange_part,
                },
            )


@dataclass(frozen=True)
class Mart:
    """One table to compare: where it is, its key beside the company, its measures, and what the oracle says."""

    name: str
    table: str
    key: tuple[str, ...]
    measures: tuple[str, ...]
    expected: Callable[[Oracle], Rows]
    zero_rows_count: bool = True
    """Whether a row of nothing but zeros says anything."""


LEAF = ("order_id", "leaf_code", "cost_component", "component_item_id", "operation_no")
MARTS: tuple[Mart, ...] = (
    Mart(
        "fct_order_posting",
        """(select company_id, order_id, source_dataset, source_document_id, posting_kind,
                any_value(cost_component) as cost_component, any_value(operation_no) as operation_no,
                any_value(cost_center_id) as cost_center_id, any_value(period_id) as period_id,
                sum(booked_amount) as booked_amount, sum(actual_amount) as actual_amount,
                coalesce(sum(base_qty), 0) as base_qty
            from core.fct_order_posting group by all)""",
        ("order_id", "source_dataset", "source_document_id", "posting_kind"),
        ("cost_component", "operation_no", "cost_center_id", "period_id", "booked_amount", "actual_amount", "base_qty"),
        Oracle.postings,
    ),
    Mart(
        "int_order_period",
        """(select * from scratch.intermediate.int_order_period)""",
        ("order_id", "period_id"),
        ("opening_amount", "debit_amount", "credit_amount", "settled_amount", "closing_amount",
         "target_wip_amount", "wip_amount"),
        Oracle.order_periods,
    ),
    Mart(
        "int_purchase_line",
        "scratch.intermediate.int_purchase_line",
        ("line_kind", "document_id", "line_no"),
        ("item_id", "supplier_id", "order_id", "operation_no", "period_id", "base_qty", "value_amount",
         "receipt_value_amount", "price_variance_amount", "exchange_difference_amount"),
        Oracle.purchase_rows,
    ),
    Mart(
        "int_order_leaf",
        "scratch.intermediate.int_order_leaf",
        LEAF,
        ("exact_amount",),
        Oracle.exact_leaves,
        zero_rows_count=False,
    ),
    Mart(
        "order_variance",
        "cost.order_variance",
        LEAF,
        ("amount", "plant_id", "period_id", "account_role", "variance_side"),
        Oracle.leaves,
        zero_rows_count=False,
    ),
    Mart("order_cost", "cost.order_cost", ("order_id",), (*AMOUNTS, "good_qty"), Oracle.order_costs),
    Mart(
        "purchase_price_variance",
        """(select *, case when variance_kind = 'at receipt' or variance_kind = 'outside work'
                and receipt_id = purchase_document_id then 'receipt' else 'invoice' end as side
            from cost.purchase_price_variance)""",
        ("purchase_document_id", "purchase_line_no", "side"),
        ("variance_kind", "price_variance_amount", "exchange_difference_amount", "value_amount", "period_id",
         "account_role"),
        Oracle.price_variances,
    ),
    Mart(
        "cost_center_variance",
        "cost.cost_center_variance",
        ("plant_id", "cost_center_id", "period_id", "leaf_code"),
        ("amount",),
        Oracle.center_leaves,
        zero_rows_count=False,
    ),
    Mart(
        "budget_walk",
        "finance.budget_walk",
        ("plant_id", "cost_center_id", "account_id", "period_id", "budget_version_id"),
        tuple(f"{name}_amount" for name in WALK),
        Oracle.walk,
        zero_rows_count=False,
    ),
    Mart(
        "gl_reconciliation",
        "finance.gl_reconciliation",
        ("account_id", "period_id"),
        ("ledger_amount", "subledger_amount", "unexplained_amount", "unexplained_count"),
        Oracle.reconciled,
        zero_rows_count=False,
    ),
)  # fmt: skip
