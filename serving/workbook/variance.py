"""The variance tree of finished orders, and what each order brought to it: every figure of the tree is a sum of rows.

A factory with more rows than a sheet keeps the newest periods order by order; of the others, orders of one item and
period stand together in one row, so that the tree still adds up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb

from serving.workbook import rows
from serving.workbook.book import Book
from serving.workbook.leaves import GROUPS, LEAVES, LETTERS, group_name, leaf_name
from serving.workbook.periods import Choice, period_choice
from serving.workbook.sheet import FIRST_ROW, Check, Column, Kind, Number, Place, SheetWriter
from serving.workbook.table import TEXT_AMOUNTS, Table, write_table

TREE, ORDERS = "Variance tree", "Variance by order"
MART = "cost.order_variance"

ORDERS_TABLE = Table(
    sheet=ORDERS,
    title="Variance by order",
    about=(
        f"Why each finished order did not cost what its good output should have: one row per order and leaf ({MART}, "
        "which also tells leaves by item, operation and cost center).",
        "actual − standard: above 0 is unfavourable.",
    ),
    columns=(
        Column("company_id", "Company"),
        Column("plant_id", "Plant"),
        Column("period_id", "Period"),
        Column("order_id", "Order"),
        Column("order_type", "Order type"),
        Column("item_id", "Item"),
        Column("item_name", "Item name", Kind.WIDE),
        Column("leaf_group", "Group"),
        Column("leaf_code", "Leaf"),
        Column("amount", "Variance", Kind.VARIANCE, total=True),
        Column("currency_code", "Currency"),
        Column("account_role", "Lands on", note="The role of the account on which the books show the variance."),
        Column("sap_category", "SAP category"),
        Column("row_count", "Rows behind", Kind.COUNT, note="Rows of cost.order_variance: items or operations."),
        Column("variance_status", "Status", Kind.WIDE),
        Column("node_no", "Line", Kind.HELPER, note="The row's line on the sheet Variance tree."),
        Column("period_no", "Period no.", Kind.HELPER, note="The period's number on the sheet Periods."),
        Column("apart_no", "Kind", Kind.HELPER, note="Rows of one number have one currency."),
    ),
    order="node_no, period_no desc, abs(amount) desc, order_id",
    apart="apart_no",
    freeze_columns=4,
)

_TREE_COLUMNS = (
    Column("label", "Group, leaf, plant and item", Kind.WIDE, width=38, note="Open a leaf (+) for plants and items."),
    Column("company_id", "Company"),
    Column("plant_id", "Plant"),
    Column("item_id", "Item"),
    Column("item_name", "Item name", Kind.WIDE),
    Column("period_amount", "Period", Kind.VARIANCE, total=True, note="Variance of the period chosen."),
    Column("year_amount", "Year to date", Kind.VARIANCE, total=True, note="From the start of the fiscal year."),
    Column("amount", "All periods", Kind.VARIANCE, total=True),
    Column("order_count", "Orders", Kind.COUNT, note="Orders that have the leaf; every period."),
    Column("currency_code", "Currency"),
    Column("formula", "How the leaf is worked out", Kind.WIDE, width=78, note=LETTERS),
    Column("node_no", "Line", Kind.HELPER, note="The line's number on the sheet Variance by order."),
    Column("company_no", "Co.", Kind.HELPER, note="The company's number on the sheet Periods."),
    Column("from_no", "From", Kind.HELPER, note="Number of the first period of the fiscal year."),
)  # fmt: skip
_SUMS = ("period_amount", "year_amount", "amount")


@dataclass
class Node:
    """A line of the tree: a company, a group, a leaf, or a plant and item below it; `row` is counted from 1."""

    level: int
    values: dict[str, Any]
    row: int = 0
    last: int = 0
    children: list[Node] = field(default_factory=list)


def write_variance(
    book: Book, connection: duckdb.DuckDBPyConnection, periods: Place, known: list[str], row_limit: int
) -> Place:
    """Write the tree and the orders below it; return the orders' place. Raise MissingError where the build has none."""
    rows.require(connection, MART)
    merged = _prepare_orders(connection, row_limit)
    found = connection.execute("select max(period_id) from sheet_order_leaf").fetchone()
    choice = period_choice(periods, known, found[0] if found else None)
    _prepare_nodes(connection, choice.number)
    place = Place(
        ORDERS, SheetWriter(book, ORDERS, ORDERS_TABLE.columns).letters, rows.count(connection, "sheet_order_leaf"), {}
    )
    _write_tree(book, connection, place, periods, choice)
    notes = (
        [
            f"{merged:,} rows of older periods are too many for a sheet: their orders stand together, one row per "
            "item, period and leaf. Order by order: "
            f'tieout query "from {MART}" --format csv --output order_variance.csv'
        ]
        if merged
        else []
    )
    return write_table(book, connection, ORDERS_TABLE, "sheet_order_leaf", notes=notes)


def _prepare_orders(connection: duckdb.DuckDBPyConnection, row_limit: int) -> int:
    """Keep the rows of the orders' sheet as sheet_order_leaf; return how many rows of orders stand together."""
    connection.execute(
        "create or replace temp table sheet_leaf_order "
        "(leaf_code varchar, leaf_group varchar, leaf_no int, group_no int)"
    )
    groups = list(GROUPS)
    connection.executemany(
        "insert into sheet_leaf_order values (?, ?, ?, ?)",
        [(code, code.split(".")[0], number, groups.index(code.split(".")[0])) for number, code in enumerate(LEAVES)],
    )
    name = (
        "left join core.dim_item as items using (company_id, item_id)"
        if rows.has_table(connection, "core.dim_item")
        else "left join (select '' as company_id, '' as item_id, '' as item_name) as items using (company_id, item_id)"
    )
    rows.keep(
        connection,
        "sheet_all_order_leaf",
        f"""
        select leaves.company_id, plant_id, period_id, order_id, leaves.order_type, item_id,
            any_value(items.item_name) as item_name, leaf_group, leaf_code, sum(amount) as amount,
            leaves.currency_code, account_role, sap_category,
            count(*) as row_count, max(variance_status) as variance_status
        from {MART} as leaves {name}
        group by all
        """,
    )
    total = rows.count(connection, "sheet_all_order_leaf")
    merge, together = "false", ""
    if total > row_limit:
        kept = (
            "company_id, plant_id, period_id, item_id, item_name, leaf_group, leaf_code, currency_code, account_role, "
            "sap_category"
        )
        found = connection.execute(
            f"select count(*) from (select distinct {kept} from sheet_all_order_leaf)"
        ).fetchone()
        by_item = found is not None and found[0] <= row_limit // 2
        if not by_item:
            kept = kept.replace(", item_id, item_name", "")
            found = connection.execute(
                f"select count(*) from (select distinct {kept} from sheet_all_order_leaf)"
            ).fetchone()
        single = max(row_limit - (found[0] if found else 0), 0)
        merge = f"place > {single}"
        item = "item_id, item_name" if by_item else "null as item_id, '(several items)' as item_name"
        together = f"""
            union all by name
            select * exclude (orders), orders || ' orders' as order_id from (
                select company_id, plant_id, period_id, {item}, leaf_group, leaf_code, sum(amount) as amount,
                    currency_code, account_role, sap_category, sum(row_count)::bigint as row_count,
                    max(variance_status) as variance_status, count(distinct order_id) as orders,
                    count(*) as merged_count
                from ranked where {merge}
                group by all
            )
        """
    rows.keep(
        connection,
        "sheet_order_leaf",
        f"""
        with ranked as (
            select *, 0 as merged_count,
                row_number() over (order by period_id desc, abs(amount) desc, order_id, leaf_code) as place
            from sheet_all_order_leaf
        ),
        shown as (select * exclude (place) from ranked where not ({merge}) {together})
        select shown.*, sheet_period.period_no, sheet_period.company_no,
            dense_rank() over (order by shown.currency_code) as apart_no,
            coalesce(known.group_no, 99) as group_no, coalesce(known.leaf_no, 99) as leaf_no,
            dense_rank() over (
                order by shown.company_id, shown.currency_code, coalesce(known.group_no, 99), shown.leaf_group,
                    coalesce(known.leaf_no, 99), shown.leaf_code, shown.plant_id, shown.item_id
            ) as node_no
        from shown
        inner join sheet_period using (company_id, period_id)
        left join sheet_leaf_order as known on shown.leaf_code = known.leaf_code
        """,
    )
    found = connection.execute("select coalesce(sum(merged_count), 0)::bigint from sheet_order_leaf").fetchone()
    return int(found[0]) if found else 0


def _prepare_nodes(connection: duckdb.DuckDBPyConnection, chosen: int) -> None:
    rows.keep(
        connection,
        "sheet_node",
        f"""
        select leaves.company_id, leaves.currency_code, leaf_group, leaf_code, plant_id, item_id,
            any_value(item_name) as item_name, node_no, leaves.company_no, starts.year_start_no as from_no,
            coalesce(sum(amount) filter (leaves.period_no = {chosen}), 0) as period_amount,
            coalesce(sum(amount) filter (leaves.period_no between starts.year_start_no and {chosen}), 0) as year_amount,
            coalesce(sum(amount), 0) as amount, count(*) as line_rows
        from sheet_order_leaf as leaves
        inner join sheet_period as starts
            on leaves.company_id = starts.company_id and starts.period_no = {chosen}
        group by all
        order by node_no
        """,
    )


def _tree(connection: duckdb.DuckDBPyConnection) -> list[Node]:
    """Return the companies with their groups, leaves, plants and items, numbered in the order of the sheet."""
    result = connection.execute("from sheet_node order by node_no")
    names = [column[0] for column in result.description or []]
    companies: list[Node] = []
    for found in result.fetchall():
        values = dict(zip(names, found, strict=True))
        company = _under(companies, 0, values, ("company_id", "currency_code"))
        group = _under(company.children, 1, values, ("leaf_group",))
        leaf = _under(group.children, 2, values, ("leaf_code",))
        leaf.children.append(Node(3, values))
    row = FIRST_ROW + 1
    for company in companies:
        row = _number(company, row)
    return companies


def _under(nodes: list[Node], level: int, values: dict[str, Any], key: tuple[str, ...]) -> Node:
    wanted = {name: values[name] for name in key}
    if not nodes or any(nodes[-1].values[name] != value for name, value in wanted.items()):
        nodes.append(
            Node(level, {**wanted, "company_id": values["company_id"], "currency_code": values["currency_code"]})
        )
    return nodes[-1]


def _number(node: Node, row: int) -> int:
    node.row = row
    row += 1
    for child in node.children:
        row = _number(child, row)
    node.last = row - 1
    for name in _SUMS:
        if node.children:
            node.values[name] = sum(child.values[name] for child in node.children)
    return row


def _write_tree(
    book: Book,
    connection: duckdb.DuckDBPyConnection,
    orders: Place,
    periods: Place,
    choice: Choice,
) -> None:
    tree = _tree(connection)
    order_counts = _order_counts(connection)
    connection.execute("drop table sheet_all_order_leaf")
    plain = not rows.all_fit(connection, "sheet_order_leaf", ORDERS_TABLE.columns)
    lines = sum(company.last - company.row + 1 for company in tree)
    blocks = lines * orders.rows * len(_SUMS) > rows.CELLS_LOOKED_UP
    writer = SheetWriter(book, TREE, _TREE_COLUMNS)
    totals: dict[str, Number] = {name: sum(company.values[name] for company in tree) for name in _SUMS}
    one_currency = len({company.values["currency_code"] for company in tree}) <= 1
    place = writer.head(
        "Variance tree",
        [
            "Why finished orders did not cost what their good output should have, in the period in which they ended. "
            "Choose a period in the yellow cell; open a line with + to see plants and items.",
            "actual − standard: above 0 is unfavourable.",
            *(
                ("Formulas look up stretches of Variance by order: filter that sheet, but do not sort it.",)
                if blocks
                else ()
            ),
            *((TEXT_AMOUNTS,) if plain else ()),
        ],
        lines,
        totals if one_currency else {},
        checks=(
            Check(
                "the tree adds up to the orders",
                above="amount",
                formula=f"ROUND({_subtotal(writer.letters['amount'], FIRST_ROW + 1, FIRST_ROW + max(lines, 1))}"
                f"-SUM({orders.cells('amount')}),2)",
                value=lambda _: 0,
            ),
        ),
        total_formulas={
            name: f"={_subtotal(writer.letters[name], FIRST_ROW + 1, FIRST_ROW + max(lines, 1))}"
            if one_currency
            else "by company"
            for name in _SUMS
        },
        is_plain=plain,
        selectors=((choice, 4),),
    )
    writer.sheet.outline_settings(symbols_below=False, symbols_right=False)
    first_of = _first_rows(tree, orders) if blocks else {}
    for company in tree:
        _write_node(writer, company, _formulas(writer, orders, periods, choice, first_of), order_counts)
    writer.finish(place, autofilter=False, freeze_columns=1)


def _order_counts(connection: duckdb.DuckDBPyConnection) -> dict[tuple[Any, ...], int]:
    found = connection.execute(
        """
        select company_id, currency_code, leaf_group, leaf_code, count(distinct order_id)
        from sheet_all_order_leaf
        group by grouping sets (
            (company_id, currency_code), (company_id, currency_code, leaf_group),
            (company_id, currency_code, leaf_group, leaf_code)
        )
        """
    ).fetchall()
    return {tuple(row[:-1]): row[-1] for row in found}


def _subtotal(letter: str, first: int, last: int) -> str:
    return f"SUBTOTAL(9,${letter}${first}:${letter}${last})"


def _first_rows(tree: list[Node], orders: Place) -> dict[int, tuple[int, int]]:
    """Where the rows of each line stand among the orders, by the line's number: both are in the order of node_no."""
    stretches: dict[int, tuple[int, int]] = {}
    first = orders.first

    def visit(node: Node) -> None:
        nonlocal first
        if not node.children:
            stretches[node.row] = (first, first + node.values["line_rows"] - 1)
            first += node.values["line_rows"]
        for child in node.children:
            visit(child)

    for company in tree:
        visit(company)
    return stretches


def _formulas(
    writer: SheetWriter, orders: Place, periods: Place, choice: Choice, stretches: dict[int, tuple[int, int]]
) -> dict[str, Callable[[int], str]]:
    """What the cells of a line for a plant and item calculate."""
    own, chosen = writer.letters, choice.number_cell

    def summed(number: int, *criteria: str) -> str:
        first, last = stretches.get(number, (None, None))
        line = "" if stretches else f",{orders.cells('node_no')},${own['node_no']}{number}"
        at = orders.cells("period_no", first, last)
        return f"=SUMIFS({orders.cells('amount', first, last)}{line}{''.join(f',{at},{each}' for each in criteria)})"

    def all_periods(number: int) -> str:
        return summed(number) if not stretches else summed(number, '">=0"')

    return {
        "period_amount": lambda number: summed(number, chosen),
        "year_amount": lambda number: summed(number, f'">="&${own["from_no"]}{number}', f'"<="&{chosen}'),
        "amount": all_periods,
        "from_no": lambda number: (
            f"=SUMIFS({periods.cells('year_start_no')},{periods.cells('company_no')},${own['company_no']}{number},"
            f"{periods.cells('period_no')},{chosen})"
        ),
    }


def _write_node(
    writer: SheetWriter,
    node: Node,
    leaf_formulas: dict[str, Callable[[int], str]],
    order_counts: dict[tuple[Any, ...], int],
) -> None:
    values = dict(node.values)
    formulas: dict[str, Callable[[int], str]]
    if node.level == 3:
        values["label"] = "      " + " · ".join(str(values[name]) for name in ("plant_id", "item_id") if values[name])
        formulas = leaf_formulas
    else:
        key = (
            values["company_id"],
            values["currency_code"],
            values.get("leaf_group") or _group(values),
            values.get("leaf_code"),
        )
        values["label"], values["formula"] = _label(node)
        values["order_count"] = order_counts.get(key)
        formulas = {
            name: (lambda letter: lambda _: f"={_subtotal(letter, node.row + 1, node.last)}")(writer.letters[name])
            for name in _SUMS
        }
    options = {"level": node.level}
    if node.level == 3:
        options["hidden"] = True
    elif node.level == 2:
        options["collapsed"] = True
    writer.sheet.set_row(node.row - 1, None, None, options)
    names = [column.name for column in _TREE_COLUMNS]
    writer.write_row(
        [values.get(name) for name in names], [formulas.get(name) for name in names],
        "" if node.level == 3 else f"level {node.level}",
    )  # fmt: skip
    for child in node.children:
        _write_node(writer, child, leaf_formulas, order_counts)


def _group(values: dict[str, Any]) -> str | None:
    code = values.get("leaf_code")
    return code.split(".")[0] if code else None


def _label(node: Node) -> tuple[str, str | None]:
    values = node.values
    if node.level == 0:
        return f"{values['company_id']}, all leaves", None
    if node.level == 1:
        return f"  {group_name(values['leaf_group'])}", None
    code = values["leaf_code"]
    return f"    {code}  {leaf_name(code)}", LEAVES.get(code, ("", ""))[1]
