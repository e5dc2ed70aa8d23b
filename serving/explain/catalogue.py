"""Which figures can be explained, and what each is made of: one entry a column of a mart."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from serving.explain import relations
from serving.explain.leaves import LEAF_FORMULAS
from serving.explain.model import Combination, Figure, Mart, Ratio, Sum, Term

MARTS = {
    mart.name: mart
    for mart in (
        Mart("cost.order_cost", ("company_id", "order_id"), ("order_id", "item_id", "plant_id", "order_status")),
        Mart(
            "cost.order_variance",
            ("company_id", "order_id", "order_variance_id"),
            ("order_id", "leaf_code", "cost_component", "component_item_id", "operation_no", "item_id", "period_id"),
        ),
        Mart(
            "cost.wip_order_period",
            ("company_id", "order_id", "period_id"),
            ("order_id", "period_id", "item_id", "plant_id"),
        ),
        Mart(
            "cost.unit_cost_item_period",
            ("company_id", "plant_id", "item_id", "period_id"),
            ("plant_id", "item_id", "period_id"),
        ),
        Mart(
            "cost.purchase_price_variance",
            ("purchase_line_id",),
            ("purchase_document_id", "purchase_line_no", "variance_kind", "item_id", "supplier_id", "period_id"),
        ),
        Mart("finance.gl_reconciliation", ("company_id", "account_id", "period_id"), ("account_id", "period_id")),
        Mart(
            "finance.budget_walk",
            ("budget_walk_id",),
            ("plant_id", "cost_center_id", "account_id", "period_id", "budget_version_id"),
        ),
        Mart(
            "efficiency.oee_machine_shift",
            ("company_id", "work_unit_id", "production_date", "shift_id"),
            ("plant_id", "work_unit_id", "production_date", "shift_id"),
        ),
        Mart(
            "yield.yield_order_operation",
            ("company_id", "order_id", "operation_no", "production_date"),
            ("plant_id", "order_id", "operation_no", "production_date", "item_id"),
        ),
        Mart(
            "yield.yield_item_day",
            ("company_id", "plant_id", "item_id", "production_date"),
            ("plant_id", "item_id", "production_date"),
        ),
    )
}


def _order_cost() -> Iterator[Figure]:
    mart = "cost.order_cost"
    for group, components in relations.GROUPS.items():
        yield Figure(
            mart,
            f"actual_{group}_amount",
            Sum(relations.actual_cost(components)),
            {
                "material": "what was issued, less what came back and less by-products, at what the books took it at",
                "labour": "hours × the actual rate of the month where it is known, else the planned rate",
                "machine": "machine and set-up hours × the actual rate where it is known, else the planned rate",
                "overhead": "machine hours × the planned overhead rates, variable and fixed",
                "subcontract": "what work done outside was charged at",
            }[group],
            status="actual_status",
        )
        yield Figure(
            mart,
            f"standard_{group}_amount",
            Sum(relations.standard_cost(components)),
            f"each line of the good output × the {group} part of the standard cost of its day; "
            "{good_qty} pieces put out in all",
            status="standard_status",
        )
        yield Figure(
            mart,
            f"variance_{group}_amount",
            Combination((Term(1, mart, f"actual_{group}_amount"), Term(-1, mart, f"standard_{group}_amount"))),
            f"actual {{actual_{group}_amount}} − standard {{standard_{group}_amount}}",
            status="actual_status",
        )
    for kind in ("standard", "actual", "variance"):
        yield Figure(
            mart,
            f"{kind}_amount",
            Combination(tuple(Term(1, mart, f"{kind}_{group}_amount") for group in relations.GROUPS)),
            " + ".join(f"{group} {{{kind}_{group}_amount}}" for group in relations.GROUPS),
            status="standard_status" if kind == "standard" else "actual_status",
        )
    for kind in ("standard", "actual"):
        yield Figure(
            mart,
            f"{kind}_unit_cost_amount",
            Ratio(f"{kind}_amount", "good_qty"),
            f"{kind} cost {{{kind}_amount}} ÷ {{good_qty}} good pieces",
            status=f"{kind}_status",
        )
    yield Figure(
        mart,
        "credit_amount",
        Sum(relations.postings("p.company_id, p.order_id", "p.booked_amount", "p.cost_component = 'output'", sign=-1)),
        "what the books took the output at",
    )
    yield Figure(
        mart,
        "production_variance_amount",
        Sum(relations.postings("p.company_id, p.order_id", "p.booked_amount", "true")),
        "charged {part.charged} − credited {credit_amount}",
    )
    yield Figure(mart, "good_qty", Sum(relations.output_qty()), "the pieces that were put out", "quantity")
    for column in ("scrap_qty", "rework_qty"):
        yield Figure(mart, column, Sum(relations.confirmed_qty(column)), "the pieces confirmed as such", "quantity")


def _order_variance() -> Iterator[Figure]:
    yield Figure(
        "cost.order_variance",
        "amount",
        Sum(relations.variance_leaf()),
        "{leaf}",
        rounding="cents",
        status="variance_status",
    )


def _work_in_process() -> Iterator[Figure]:
    mart = "cost.wip_order_period"
    keys = "p.company_id, p.order_id, p.period_id"
    yield Figure(
        mart,
        "debit_amount",
        Sum(relations.postings(keys, "p.booked_amount", "p.cost_component <> 'output'")),
        "everything that the order was charged with in the period",
        status="wip_status",
    )
    yield Figure(
        mart,
        "credit_amount",
        Sum(relations.postings(keys, "p.booked_amount", "p.cost_component = 'output'", sign=-1)),
        "what the books took the output of the period at",
        status="wip_status",
    )
    yield Figure(
        mart,
        "opening_amount",
        Sum(relations.work_in_process(opening=True)),
        "everything booked on the order before the period, less what was settled",
        not_over=("period_id",),
        status="wip_status",
    )
    yield Figure(
        mart,
        "closing_amount",
        Sum(relations.work_in_process(opening=False)),
        "opening {opening_amount} + charged {debit_amount} − credited {credit_amount} − settled {settled_amount}",
        not_over=("period_id",),
        status="wip_status",
    )
    yield Figure(
        mart,
        "settled_amount",
        Sum(relations.settled()),
        "opening {opening_amount} + charged {debit_amount} − credited {credit_amount} − closing {closing_amount}",
        status="wip_status",
    )


_ENDED_IN_PERIOD = """
    select u.company_id as of_company_id, u.plant_id as of_plant_id, u.item_id as of_item_id,
        u.period_id as of_period_id, o.company_id, o.order_id
    from cost.unit_cost_item_period as u
    inner join cost.order_cost as o on o.company_id = u.company_id and o.plant_id = u.plant_id
        and o.item_id = u.item_id and o.order_type = 'standard'
    inner join (
        select company_id, order_id, min(period_id) filter (is_settled) as period_id
        from cost.wip_order_period group by all
    ) as w on w.company_id = o.company_id and w.order_id = o.order_id and w.period_id = u.period_id
"""


def _unit_cost() -> Iterator[Figure]:
    mart, orders = "cost.unit_cost_item_period", "cost.order_cost"
    for column in ("actual_amount", "standard_amount", "good_qty"):
        yield Figure(
            mart,
            column,
            Combination((Term(1, orders, column, _ENDED_IN_PERIOD),)),
            "the sum over the {order_count} orders that ended in the period",
            "quantity" if column == "good_qty" else "money",
            status="unit_cost_status",
        )
    yield Figure(
        mart,
        "variance_amount",
        Combination((Term(1, mart, "actual_amount"), Term(-1, mart, "standard_amount"))),
        "actual {actual_amount} − standard {standard_amount}",
        status="unit_cost_status",
    )
    for kind in ("actual", "standard"):
        yield Figure(
            mart,
            f"{kind}_unit_cost_amount",
            Ratio(f"{kind}_amount", "good_qty"),
            f"{kind} cost {{{kind}_amount}} ÷ {{good_qty}} good pieces of {{order_count}} orders",
            status="unit_cost_status",
        )


_KINDS_OF_ITEM = (
    "cut_off",
    "not_yet_posted",
    "not_extracted",
    "quarantined",
    "reversed",
    "rounding",
    "revaluation",
    "exchange",
    "unmapped_account",
    "no_subledger",
    "opening_balance",
    "accepted",
)


def _reconciliation() -> Iterator[Figure]:
    mart = "finance.gl_reconciliation"
    keys = "p.company_id, p.account_id, p.period_id"
    through = """finance.gl_reconciliation as w inner join core.fct_ledger_posting as p
        on p.company_id = w.company_id and p.account_id = w.account_id and p.period_id {} w.period_id"""
    own = "p.is_company_currency"
    balance_keys = "w.company_id, w.account_id, w.period_id"
    yield Figure(
        mart,
        "ledger_amount",
        Sum(relations.ledger_lines(keys, own)),
        "the lines of the general ledger on the account in the period, debit positive",
        status="reconciliation_status",
    )
    for column, compared in (("opening_ledger_amount", "<"), ("closing_ledger_amount", "<=")):
        yield Figure(
            mart,
            column,
            Sum(relations.ledger_lines(balance_keys, own, through.format(compared))),
            "all lines on the account " + ("before the period" if compared == "<" else "up to the end of the period"),
            not_over=("period_id",),
            status="reconciliation_status",
        )
    for kind in _KINDS_OF_ITEM:
        yield Figure(
            mart,
            f"{'ledger_' if kind == 'revaluation' else ''}{kind}_amount",
            Sum(relations.reconciling_items(f"p.reconciling_kind = '{kind}'")),
            f"the differences between ledger and events of the kind {kind.replace('_', ' ')}",
            status="reconciliation_status",
        )
    yield Figure(
        mart,
        "explained_amount",
        Sum(relations.reconciling_items("p.is_explained")),
        "the differences between ledger and events that have a reason",
        status="reconciliation_status",
    )
    yield Figure(
        mart,
        "unexplained_amount",
        Sum(relations.reconciling_items("not p.is_explained")),
        "ledger {ledger_amount} − subledger {subledger_amount} − explained {explained_amount}",
        status="reconciliation_status",
    )
    yield Figure(
        mart,
        "subledger_amount",
        Combination(
            (
                Term(1, mart, "ledger_amount"),
                Term(-1, mart, "explained_amount"),
                Term(-1, mart, "unexplained_amount"),
            )
        ),
        "ledger {ledger_amount} − explained {explained_amount} − unexplained {unexplained_amount}",
        status="reconciliation_status",
    )


def _purchases() -> Iterator[Figure]:
    mart = "cost.purchase_price_variance"
    yield Figure(
        mart,
        "price_variance_amount",
        Sum(relations.purchase_variance()),
        "value {value_amount} − standard {standard_value_amount} − value of what it settles {receipt_value_amount}"
        " − exchange difference {exchange_difference_amount}",
        status="purchase_status",
    )
    for column, formula in (
        ("value_amount", "{transaction_amount} {transaction_currency_code} × {exchange_rate}"),
        (
            "exchange_difference_amount",
            "what the invoice settles, in {transaction_currency_code}, × (rate at the invoice − rate at the receipt)",
        ),
    ):
        yield Figure(mart, column, Sum(relations.purchase_line(column)), formula, status="purchase_status")


def _budget_walk() -> Iterator[Figure]:
    mart, budget = "finance.budget_walk", relations.budget_line
    status, versions = "walk_status", ("budget_version_id",)
    yield Figure(
        mart,
        "actual_amount",
        Sum(relations.budgeted_lines()),
        "the lines of the general ledger on the account and cost center in the period, debit positive",
        not_over=versions,
        status=status,
    )
    yield Figure(
        mart, "static_amount", Sum(budget("static_amount")), "the budget as delivered", not_over=versions, status=status
    )
    yield Figure(
        mart,
        "flexed_amount",
        Combination((Term(1, mart, "static_amount"), Term(1, mart, "activity_variance_amount"))),
        "the budget {static_amount} × what the output should have taken {standard_driver_qty} ÷ planned"
        " {planned_driver_qty} {driver_kind}",
        not_over=versions,
        status=status,
    )
    yield Figure(
        mart,
        "activity_variance_amount",
        Sum(budget("flexed_amount", "static_amount")),
        "flexed {flexed_amount} − static {static_amount}",
        not_over=versions,
        status=status,
    )


def _yields() -> Iterator[Figure]:
    mart = "yield.yield_order_operation"
    keys = "p.company_id, p.order_id, coalesce(p.operation_no, -1) as operation_no, p.production_date"
    named = "(select * from core.fct_confirmation where order_id is not null)"
    for column in ("good_qty", "scrap_qty", "rework_qty", "first_pass_good_qty"):
        yield Figure(
            mart, column, Sum(relations.confirmed_qty(column, keys, named)), "the pieces confirmed as such", "quantity"
        )
    yield Figure(
        mart,
        "input_qty",
        Combination(tuple(Term(1, mart, column) for column in ("good_qty", "scrap_qty", "rework_qty"))),
        "good {good_qty} + scrap {scrap_qty} + rework {rework_qty}",
        "quantity",
    )
    yield Figure(mart, "scrap_ratio", Ratio("scrap_qty", "input_qty", 9), "scrap {scrap_qty} ÷ {input_qty} in", "ratio")
    mart, keys = "yield.yield_item_day", "p.company_id, p.plant_id, p.item_id, p.production_date"
    for column in ("scrap_qty", "rework_qty"):
        yield Figure(
            mart, column, Sum(relations.confirmed_qty(column, keys, named)), "the pieces confirmed as such", "quantity"
        )


def _machine_times() -> Iterator[Figure]:
    mart = "efficiency.oee_machine_shift"
    for column, element in (("setup", "setup"), ("delay", "delay"), ("down", "down"), ("unknown", "unknown")):
        yield Figure(
            mart,
            f"{column}_seconds",
            Sum(relations.time_lost(element)),
            "the intervals of the machine's states within its planned busy time",
            "seconds",
        )


@lru_cache
def figures() -> dict[str, Figure]:
    """Return every figure that can be explained, by `schema.table.column`."""
    parts = (
        _order_cost(),
        _order_variance(),
        _work_in_process(),
        _unit_cost(),
        _purchases(),
        _reconciliation(),
        _budget_walk(),
        _yields(),
        _machine_times(),
    )
    return {figure.name: figure for part in parts for figure in part}


def formula_of(figure: Figure, row: dict[str, object]) -> str:
    """Return the figure's formula in words; that of a variance leaf goes by its leaf."""
    if figure.formula != "{leaf}":
        return figure.formula
    return LEAF_FORMULAS.get(str(row.get("leaf_code")), "the sum of the parts below")
