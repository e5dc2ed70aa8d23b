"""The sheets beside walk and tree: purchases, work in process, the ledger tied out, and what changed after closing."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from serving.workbook import rows
from serving.workbook.book import Book
from serving.workbook.sheet import Check, Column, Kind, Number, Place, SheetWriter
from serving.workbook.table import Table, write_table

PURCHASES, WIP, RECONCILIATION, ITEMS, RESTATEMENT = (
    "Purchase price", "WIP", "Reconciliation", "Reconciling items", "Restatement",
)  # fmt: skip
CENTERS = "Cost center variance"

_APART = Column("apart_no", "Kind", Kind.HELPER, note="Rows of one number have one currency.")

CENTERS_TABLE = Table(
    sheet=CENTERS,
    title="Cost center variance",
    about=(
        "Why what a cost center cost differs from what orders were charged for it (cost.cost_center_variance).",
        "Leaves of scope cost_center add up to the under-absorption in the ledger; scope order stands in the orders as "
        "well, scope subtotal repeats others: filter one scope before adding up.",
    ),
    columns=(
        Column("company_id", "Company"),
        Column("plant_id", "Plant"),
        Column("cost_center_id", "Cost center"),
        Column("period_id", "Period"),
        Column("leaf_group", "Group"),
        Column("leaf_code", "Leaf"),
        Column("leaf_scope", "Scope"),
        Column("amount", "Variance", Kind.VARIANCE),
        Column("on_orders_amount", "Of which on orders", Kind.VARIANCE),
        Column("currency_code", "Currency"),
        Column("account_role", "Lands on"),
        Column("variance_status", "Status", Kind.WIDE),
    ),
    order="company_id, plant_id, cost_center_id, period_id, leaf_scope, leaf_code",
    freeze_columns=4,
)

PURCHASES_TABLE = Table(
    sheet=PURCHASES,
    title="Purchase price",
    about=(
        "What bought goods cost above standard, when they came in and when they were invoiced "
        "(cost.purchase_price_variance). It belongs to the buyer and to the period of the posting, not to an order.",
        "actual − standard: above 0 is unfavourable.",
    ),
    columns=(
        Column("company_id", "Company"),
        Column("plant_id", "Plant"),
        Column("period_id", "Period"),
        Column("posting_date", "Posted", Kind.DATE),
        Column("variance_kind", "When"),
        Column("purchase_document_id", "Document"),
        Column("purchase_line_no", "Line"),
        Column("supplier_id", "Supplier"),
        Column("item_id", "Item"),
        Column("order_id", "Order"),
        Column("base_qty", "Quantity", Kind.QUANTITY),
        Column("standard_price_amount", "Standard price", Kind.PRICE),
        Column("actual_price_amount", "Actual price", Kind.PRICE),
        Column("value_amount", "Value", Kind.AMOUNT, total=True),
        Column("receipt_value_amount", "Of the receipt", Kind.AMOUNT, total=True),
        Column("standard_value_amount", "At standard", Kind.AMOUNT, total=True),
        Column("price_variance_amount", "Price variance", Kind.VARIANCE, total=True),
        Column("exchange_difference_amount", "Exchange difference", Kind.VARIANCE, total=True),
        Column("currency_code", "Currency"),
        Column("purchase_status", "Status", Kind.WIDE),
        _APART,
    ),
    order="company_id, period_id desc, posting_date desc, purchase_document_id, purchase_line_no",
    apart="apart_no",
    freeze_columns=3,
)

WIP_TABLE = Table(
    sheet=WIP,
    title="Work in process",
    about=(
        "Work in process of each order: opening + charged − credited − settled = closing (cost.wip_order_period). An "
        "order that has ended is empty.",
        "Rows without any amount are left out.",
    ),
    columns=(
        Column("company_id", "Company"),
        Column("plant_id", "Plant"),
        Column("period_id", "Period"),
        Column("order_id", "Order"),
        Column("item_id", "Item"),
        Column("completed_date", "Ended", Kind.DATE),
        Column("opening_amount", "Opening", Kind.AMOUNT, total=True),
        Column("debit_amount", "Charged", Kind.AMOUNT, total=True),
        Column("credit_amount", "Credited", Kind.AMOUNT, total=True),
        Column("settled_amount", "Settled to variance", Kind.AMOUNT, total=True),
        Column("closing_amount", "Closing", Kind.AMOUNT, total=True),
        Column(
            "difference", "Difference", Kind.DIFFERENCE, total=True,
            formula="=ROUND({opening_amount}+{debit_amount}-{credit_amount}-{settled_amount}-{closing_amount},2)",
            note="Opening + charged − credited − settled − closing: must be 0.00.",
        ),
        Column("currency_code", "Currency"),
        Column("wip_status", "Status", Kind.WIDE),
        _APART,
    ),
    order="company_id, period_id desc, plant_id, order_id",
    checks=(
        Check(
            "opening + charged − credited − settled = closing", above="difference",
            formula="ROUND({opening_amount}+{debit_amount}-{credit_amount}-{settled_amount}-{closing_amount},2)",
            value=lambda totals: totals["difference"],
        ),
    ),
    apart="apart_no",
    freeze_columns=4,
)  # fmt: skip

ITEMS_TABLE = Table(
    sheet=ITEMS,
    title="Reconciling items",
    about=(
        "Every difference between the ledger and the events, with its reason, its document, file and line "
        "(finance.reconciling_item). amount = ledger − events.",
    ),
    columns=(
        Column("company_id", "Company"),
        Column("account_id", "Account"),
        Column("account_role", "Role"),
        Column("period_id", "Period"),
        Column("reconciling_kind", "Reason"),
        Column("is_explained", "Explained"),
        Column("reconciling_amount", "Ledger − events", Kind.AMOUNT, total=True),
        Column("currency_code", "Currency"),
        Column("named_document", "Document"),
        Column("posting_date", "Posted", Kind.DATE),
        Column("order_id", "Order"),
        Column("explanation", "Explanation", Kind.WIDE),
        Column("source_file", "File", Kind.WIDE),
        Column("source_line", "Line", Kind.COUNT),
        Column("event_source_file", "File of the event", Kind.WIDE),
        Column("event_source_line", "Line of the event", Kind.COUNT),
        Column(
            "account_period_no", "Row", Kind.HELPER, note="The row's account and period on the sheet Reconciliation."
        ),
        Column("apart_no", "Kind", Kind.HELPER, note="Rows of one number have one currency."),
    ),
    order="company_id, account_id, period_id desc, is_explained, abs(reconciling_amount) desc, named_document",
    apart="apart_no",
    freeze_columns=4,
)

RESTATEMENT_TABLE = Table(
    sheet=RESTATEMENT,
    title="Restatement",
    about=(
        "What closed periods said when they were closed, what they say now, and why (finance.restatement). The closed "
        "figures stay: this is what came later.",
        "Different measures do not add up; filter one.",
    ),
    columns=(
        Column("company_id", "Company"),
        Column("plant_id", "Plant"),
        Column("period_id", "Period"),
        Column("closing_id", "Closing"),
        Column("mart", "Table"),
        Column("figure", "Figure", Kind.WIDE),
        Column("measure", "Measure"),
        Column("cause", "Cause", Kind.WIDE),
        Column("as_closed_amount", "As closed", Kind.AMOUNT),
        Column("as_now_amount", "As now", Kind.AMOUNT),
        Column("difference_amount", "Difference", Kind.AMOUNT, formula="=ROUND({as_now_amount}-{as_closed_amount},2)"),
        Column("currency_code", "Currency"),
        Column("document_count", "Documents", Kind.COUNT),
        Column("first_recorded_at", "First recorded", Kind.MOMENT),
        Column("last_recorded_at", "Last recorded", Kind.MOMENT),
    ),
    order="company_id, period_id desc, mart, measure, figure, cause",
    freeze_columns=4,
)


def write_plain(book: Book, connection: duckdb.DuckDBPyConnection, table: Table, mart: str, row_limit: int) -> Place:
    """Write a sheet with the rows of a mart as they are, the newest where they are too many."""
    rows.require(connection, mart, may_be_empty=mart == "finance.restatement")
    rows.keep(connection, "sheet_rows", f"select *, {_apart(table)} from {mart}")
    return _capped(book, connection, table, mart, row_limit)


def write_wip(book: Book, connection: duckdb.DuckDBPyConnection, row_limit: int) -> Place:
    """Write work in process: rows that have an amount."""
    rows.require(connection, "cost.wip_order_period")
    rows.keep(
        connection,
        "sheet_rows",
        """
        select *, opening_amount + debit_amount - credit_amount - settled_amount - closing_amount as difference,
            dense_rank() over (order by currency_code) as apart_no
        from cost.wip_order_period
        where opening_amount <> 0 or debit_amount <> 0 or credit_amount <> 0 or settled_amount <> 0
            or closing_amount <> 0
        """,
    )
    return _capped(book, connection, WIP_TABLE, "cost.wip_order_period", row_limit)


def _apart(table: Table) -> str:
    return "dense_rank() over (order by currency_code) as apart_no" if table.apart else "1 as apart_no"


def _capped(book: Book, connection: duckdb.DuckDBPyConnection, table: Table, mart: str, row_limit: int) -> Place:
    """Write the rows of sheet_rows; of too many, whole periods from the newest on."""
    total, notes = rows.count(connection, "sheet_rows"), []
    if total > row_limit:
        rows.keep(
            connection,
            "sheet_rows_shown",
            f"select * from sheet_rows order by period_id desc, {table.order} limit {row_limit}",
        )
        notes = [
            f"The newest {row_limit:,} of {total:,} rows; the totals are theirs. All of them: "
            f'tieout query "from {mart}" --format csv --output {mart}.csv'
        ]
    return write_table(book, connection, table, "sheet_rows_shown" if notes else "sheet_rows", notes=notes)


def write_items(book: Book, connection: duckdb.DuckDBPyConnection, row_limit: int) -> Place:
    """Write the reconciling items, numbered by the account and period that they belong to."""
    rows.require(connection, "finance.gl_reconciliation")
    rows.require(connection, "finance.reconciling_item", may_be_empty=True)
    rows.keep(connection, "sheet_account_period", _ACCOUNT_PERIOD)
    rows.keep(
        connection,
        "sheet_rows",
        """
        select items.*, keys.account_period_no, dense_rank() over (order by currency_code) as apart_no
        from finance.reconciling_item as items
        left join sheet_account_period as keys using (company_id, account_id, period_id)
        """,
    )
    return _capped(book, connection, ITEMS_TABLE, "finance.reconciling_item", row_limit)


_ACCOUNT_PERIOD = """
    select company_id, account_id, period_id,
        dense_rank() over (order by company_id, account_id, period_id desc) as account_period_no
    from finance.gl_reconciliation
"""


def write_reconciliation(
    book: Book, connection: duckdb.DuckDBPyConnection, row_limit: int, items: Place | None
) -> Place:
    """Write ledger against events by account and period; what explains the difference is summed from the items."""
    mart = "finance.gl_reconciliation"
    rows.require(connection, mart)
    rows.keep(connection, "sheet_account_period", _ACCOUNT_PERIOD)
    # Where no event feeds an account there is nothing to compare: the row stays, without a difference.
    rows.keep(
        connection,
        "sheet_reconciliation",
        f"""
        select *, dense_rank() over (order by currency_code) as apart_no,
            case when subledger_amount is not null
                then ledger_amount - subledger_amount - explained_amount - unexplained_amount end as difference
        from {mart} inner join sheet_account_period using (company_id, account_id, period_id)
        order by period_id desc limit {row_limit}
        """,
    )
    kinds = _kinds(connection)
    found = connection.execute("select coalesce(sum(abs(unexplained_amount)), 0) from sheet_reconciliation").fetchone()
    table = _reconciliation_table([column for _, column in kinds], found[0] if found else 0)
    shown = rows.count(connection, "sheet_reconciliation")
    # Items cut off at the sheet's end, or too many to look up: the figures stand without formulas.
    complete = items is not None and items.rows == rows.count(connection, "finance.reconciling_item")
    few = items is not None and shown * items.rows * (len(kinds) + 3) <= rows.CELLS_LOOKED_UP
    formulas: dict[str, Callable[[int], str]] = {}
    if items is not None and complete and few and items.rows and not items.is_plain:
        formulas = _item_sums(SheetWriter(book, RECONCILIATION, table.columns).letters, items, kinds)
    return write_table(book, connection, table, "sheet_reconciliation", formulas=formulas)


def _kinds(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """The kinds of reconciling item that occur, each with its column of the mart."""
    columns = {name for (name,) in connection.execute(
        "select column_name from duckdb_columns() where schema_name = 'finance' and table_name = 'gl_reconciliation'"
    ).fetchall()}  # fmt: skip
    if not rows.has_table(connection, "finance.reconciling_item"):
        return []
    found = connection.execute(
        "select distinct reconciling_kind from finance.reconciling_item where is_explained order by all"
    ).fetchall()
    names = {
        kind: next((name for name in (f"{kind}_amount", f"ledger_{kind}_amount") if name in columns), None)
        for (kind,) in found
    }
    return [(kind, name) for kind, name in names.items() if name]


def _reconciliation_table(kinds: list[str], unexplained: Number) -> Table:
    return Table(
        sheet=RECONCILIATION,
        title="Reconciliation",
        about=(
            "The ledger against the events, account by account and period by period (finance.gl_reconciliation): "
            "ledger = events + explained + unexplained. Reasons and documents stand on Reconciling items.",
            "Debit positive. An account that no event feeds has no events' side: it is shown, not compared.",
        ),
        columns=(
            Column("company_id", "Company"),
            Column("account_id", "Account"),
            Column("account_name", "Account name", Kind.WIDE),
            Column("account_role", "Role"),
            Column("period_id", "Period"),
            Column("ledger_amount", "Ledger", Kind.AMOUNT, total=True),
            Column("subledger_amount", "Events", Kind.AMOUNT, total=True),
            *(Column(name, _words(name), Kind.AMOUNT, total=True) for name in kinds),
            Column("explained_amount", "Explained", Kind.AMOUNT, total=True),
            Column("unexplained_amount", "Unexplained", Kind.DIFFERENCE, total=True),
            Column(
                "difference", "Difference", Kind.DIFFERENCE, total=True,
                formula='=IF(ISNUMBER({subledger_amount}),ROUND({ledger_amount}-{subledger_amount}-{explained_amount}'
                "-{unexplained_amount},2),\"\")",
                note="Ledger − events − explained − unexplained: must be 0.00.",
            ),
            Column("item_count", "Items", Kind.COUNT, total=True),
            Column("opening_ledger_amount", "Ledger, opening balance", Kind.AMOUNT),
            Column("closing_ledger_amount", "Ledger, closing balance", Kind.AMOUNT),
            Column("closing_subledger_amount", "Events, closing balance", Kind.AMOUNT),
            Column("currency_code", "Currency"),
            Column("reconciliation_status", "Status"),
            Column("account_period_no", "Row", Kind.HELPER, note="Account and period on Reconciling items."),
            _APART,
        ),
        order="account_period_no",
        checks=(
            Check(
                "ledger = events + explained + unexplained", above="difference",
                formula="ROUND({difference},2)",
                value=lambda totals: totals["difference"],
            ),
            Check(
                "nothing is unexplained (amounts added up without their signs)", above="unexplained_amount",
                formula="ROUND(SUMPRODUCT(ABS({unexplained_amount_cells})),2)",
                value=lambda _: unexplained,
            ),
        ),
        apart="apart_no",
        freeze_columns=5,
    )  # fmt: skip


def _words(column: str) -> str:
    return column.removesuffix("_amount").replace("_", " ").capitalize()


def _item_sums(letters: dict[str, str], items: Place, kinds: list[tuple[str, str]]) -> dict[str, Callable[[int], str]]:
    """For each amount of a row: the sum of its items, by reason or by whether they are explained."""
    amounts, keys = items.cells("reconciling_amount"), items.cells("account_period_no")
    own = letters["account_period_no"]

    def summed(criterion_cells: str, criterion: str) -> Callable[[int], str]:
        return lambda number: f'=SUMIFS({amounts},{keys},${own}{number},{criterion_cells},"{criterion}")'

    formulas = {column: _and_explained(summed(items.cells("reconciling_kind"), kind), items) for kind, column in kinds}
    formulas["explained_amount"] = summed(items.cells("is_explained"), "yes")
    formulas["unexplained_amount"] = summed(items.cells("is_explained"), "no")
    formulas["item_count"] = lambda number: f"=COUNTIFS({keys},${own}{number})"
    return formulas


def _and_explained(formula: Callable[[int], str], items: Place) -> Callable[[int], str]:
    return lambda number: formula(number)[:-1] + f',{items.cells("is_explained")},"yes")'
