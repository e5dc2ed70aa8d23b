"""Budget walk: what was planned, what the plan allows for the output that was made, and what was posted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import duckdb

from serving.workbook import rows
from serving.workbook.book import Book
from serving.workbook.periods import NO_VERSION, Choice, period_choice, version_choice
from serving.workbook.sheet import Check, Column, Kind, Number, Place, SheetWriter
from serving.workbook.table import TEXT_AMOUNTS, Table, is_mixed, write_table

WALK, LINES = "Budget walk", "Budget lines"
MART = "finance.budget_walk"

_KEYS = (
    Column("company_id", "Company"),
    Column("plant_id", "Plant"),
    Column("cost_center_id", "Cost center"),
    Column("account_id", "Account"),
    Column("account_name", "Account name", Kind.WIDE),
    Column("account_type", "Type"),
    Column("currency_code", "Currency"),
)
_STEPS = (
    ("static_amount", "Static budget", Kind.AMOUNT),
    ("activity_variance_amount", "Activity", Kind.VARIANCE),
    ("flexed_amount", "Flexed budget", Kind.AMOUNT),
    ("efficiency_variance_amount", "Efficiency", Kind.VARIANCE),
    ("rate_variance_amount", "Rate", Kind.VARIANCE),
    ("spending_variance_amount", "Spending", Kind.VARIANCE),
    ("undivided_variance_amount", "Not divided", Kind.VARIANCE),
    ("actual_amount", "Actual", Kind.AMOUNT),
)
_AMOUNTS = tuple(name for name, _, _ in _STEPS)
_VARIANCES = tuple(name for name, _, kind in _STEPS if kind is Kind.VARIANCE)
_YEAR = ("static_amount", "flexed_amount", "actual_amount")
_TO_DATE = "From the start of the fiscal year to the period chosen; periods into which something is posted."
_EXPLAINED = ("static_amount", *_VARIANCES)


_KNOWN = '">-1E+300"'
"""The criterion of SUMIFS for a cell with a number in it: an amount that is known."""


def _walk_check(difference: Number) -> Check:
    """The steps lead from the static budget to what was posted, wherever something can be posted yet."""
    steps = "-".join(f"SUMIFS({{{name}_cells}},{{actual_amount_cells}},{_KNOWN})" for name in _EXPLAINED)
    return Check(
        "static budget + variances = actual",
        above="actual_amount",
        formula=f"ROUND(SUM({{actual_amount_cells}})-{steps},2)",
        value=lambda _: difference,
    )


def _difference(connection: duckdb.DuckDBPyConnection, relation: str) -> Number:
    found = connection.execute(
        f"select coalesce(sum(actual_amount - {' - '.join(f'coalesce({name}, 0)' for name in _EXPLAINED)}), 0) "
        f"from {relation} where actual_amount is not null"
    ).fetchone()
    return found[0] if found else 0


LINES_TABLE = Table(
    sheet=LINES,
    title="Budget lines",
    about=(
        f"The budget walk period by period: one row per plant, cost center, account, version and period ({MART}).",
        "Debit positive: a positive variance is unfavourable for cost and for income alike.",
    ),
    columns=(
        *_KEYS,
        Column("version", "Version"),
        Column("behaviour", "Behaviour"),
        Column("period_id", "Period"),
        Column("fiscal_year", "Fiscal year"),
        *(Column(name, title, kind, total=True) for name, title, kind in _STEPS),
        Column("volume_variance_amount", "Volume variance (beside the walk)", Kind.VARIANCE, total=True),
        Column("full_year_static_amount", "Budget of the full year", Kind.AMOUNT),
        Column("full_year_outlook_amount", "Outlook of the full year", Kind.AMOUNT),
        Column("walk_status", "Status", Kind.WIDE),
        Column("line_no", "Line", Kind.HELPER, note="The row's line on the sheet Budget walk."),
        Column("period_no", "Period no.", Kind.HELPER, note="The period's number on the sheet Periods."),
        Column("version_no", "Version no.", Kind.HELPER, note="The version's number on the sheet Periods."),
        Column("apart_no", "Kind", Kind.HELPER, note="Rows of one number have one currency and one version."),
    ),
    order="line_no, version_no, period_no",
    apart="apart_no",
    freeze_columns=4,
)

_WALK_COLUMNS = (
    *_KEYS,
    *(Column(name, title, kind, total=True) for name, title, kind in _STEPS),
    Column(
        "total_variance_amount", "Actual − static", Kind.VARIANCE, total=True,
        formula='=IF(AND(ISNUMBER({actual_amount}),ISNUMBER({static_amount})),{actual_amount}-{static_amount},"")',
        note="The whole way from the static budget to what was posted.",
    ),
    *(
        Column(f"year_{name}", f"{title}, year to date", Kind.AMOUNT, total=True, note=_TO_DATE)
        for name, title, _ in _STEPS if name in _YEAR
    ),
    Column(
        "year_total_variance_amount", "Actual − static, year to date", Kind.VARIANCE, total=True,
        formula="={year_actual_amount}-{year_static_amount}",
        note=_TO_DATE,
    ),
    Column("line_no", "Line", Kind.HELPER, note="The line's number on the sheet Budget lines."),
    Column("apart_no", "Kind", Kind.HELPER, note="Rows of one number have one currency."),
    Column("company_no", "Co.", Kind.HELPER, note="The company's number on the sheet Periods."),
    Column("from_no", "From", Kind.HELPER, note="Number of the first period of the fiscal year."),
)  # fmt: skip


def write_budget(
    book: Book,
    connection: duckdb.DuckDBPyConnection,
    periods: Place,
    known: list[str],
    versions: list[str],
    row_limit: int,
) -> None:
    """Write both sheets of the budget walk; raise MissingError where the build has no budget walk."""
    rows.require(connection, MART)
    keys = ", ".join(column.name for column in _KEYS)
    rows.keep(
        connection,
        "sheet_budget_line",
        f"""
        select walk.*, sheet_period.period_no, sheet_period.company_no, sheet_period.year_start_no,
            dense_rank() over (order by {", ".join(f"walk.{column.name}" for column in _KEYS)}) as line_no,
            sheet_version.version, sheet_version.version_no,
            dense_rank() over (order by walk.currency_code, sheet_version.version_no) as apart_no
        from {MART} as walk
        inner join sheet_period using (company_id, period_id)
        inner join sheet_version on coalesce(walk.budget_version_id, '{NO_VERSION}') = sheet_version.version
        """,
    )
    shown = rows.count(connection, "sheet_budget_line")
    if shown > row_limit:
        raise rows.MissingError(
            f'{shown:,} lines are more than a sheet holds: tieout query "from {MART}" --format csv gives them all'
        )
    # The last month that is over; a running one has most of its cost still to come.
    found = connection.execute(
        "select coalesce(max(period_id) filter (is_period_over), max(period_id)) from sheet_budget_line "
        "where actual_amount <> 0"
    ).fetchone()
    choice = period_choice(periods, known, found[0] if found else None)
    version = version_choice(periods, versions)
    year = ", ".join(
        f"coalesce(sum({name}) filter (version_no = {version.number} and actual_amount is not null "
        f"and period_no between from_no and {choice.number}), 0) as year_{name}"
        for name in _YEAR
    )
    period = ", ".join(
        f"sum({name}) filter (version_no = {version.number} and period_no = {choice.number}) as {name}"
        for name in _AMOUNTS
    )
    rows.keep(
        connection,
        "sheet_budget_walk",
        f"""
        with lines as (
            select lines.*, starts.year_start_no as from_no
            from sheet_budget_line as lines
            inner join sheet_period as starts
                on lines.company_id = starts.company_id and starts.period_no = {choice.number}
        ),
        summed as (
            select {keys}, line_no, company_no, from_no, count(*) as line_rows, {period}, {year},
                dense_rank() over (order by currency_code) as apart_no
            from lines
            group by {keys}, line_no, company_no, from_no
        )
        select *, actual_amount - static_amount as total_variance_amount,
            year_actual_amount - year_static_amount as year_total_variance_amount
        from summed
        """,
    )
    # The walk stands before its lines, and its formulas name their cells: the lines' place is known before they are.
    lines = Place(LINES, SheetWriter(book, LINES, LINES_TABLE.columns).letters, shown, {})
    _write_walk(book, connection, lines, periods, choice, version)
    checks = (_walk_check(_difference(connection, "sheet_budget_line")),)
    write_table(book, connection, replace(LINES_TABLE, checks=checks), "sheet_budget_line")


def _write_walk(
    book: Book,
    connection: duckdb.DuckDBPyConnection,
    lines: Place,
    periods: Place,
    choice: Choice,
    version: Choice,
) -> None:
    walk_rows = rows.count(connection, "sheet_budget_walk")
    plain = not rows.all_fit(connection, "sheet_budget_line", LINES_TABLE.columns)
    blocks = walk_rows * lines.rows * (len(_AMOUNTS) + len(_YEAR)) > rows.CELLS_LOOKED_UP
    writer = SheetWriter(book, WALK, _WALK_COLUMNS)
    place = writer.head(
        "Budget walk",
        [
            "Static budget → flexed to the output made → actual, by plant, cost center and account. Choose period and "
            "version in the yellow cells; year to date runs from the start of the fiscal year.",
            "Debit positive: a positive variance is unfavourable for cost and for income alike.",
            "Empty is not 0: Budget lines says why it is not known.",
            *(
                ("Formulas look up stretches of Budget lines: filter that sheet, but do not sort it.",)
                if blocks
                else ()
            ),
            *((TEXT_AMOUNTS,) if plain else ()),
        ],
        walk_rows,
        rows.totals(connection, "sheet_budget_walk", _WALK_COLUMNS),
        apart="apart_no" if is_mixed(connection, "sheet_budget_walk", "apart_no") else None,
        checks=(_walk_check(_difference(connection, "sheet_budget_walk")),),
        is_plain=plain,
        selectors=((choice, 3), (version, 8)),
    )
    stretches = _stretches(connection, lines) if blocks else {}
    own, chosen, until = writer.letters, choice.number_cell, f'"<="&{choice.number_cell}'

    def lookup(number: int, name: str, *criteria: str) -> str:
        """The arguments of SUMIFS for an amount of the row's lines, and of COUNTIFS for how many of them are known."""
        first, last = stretches.get(number, (None, None))
        line = "" if blocks else f",{lines.cells('line_no')},${own['line_no']}{number}"
        at = lines.cells("period_no", first, last)
        of_version = f",{lines.cells('version_no', first, last)},{version.number_cell}"
        over = "".join(f",{at},{criterion}" for criterion in criteria)
        return f"{lines.cells(name, first, last)}{line}{of_version}{over}"

    def known(number: int, name: str) -> str:
        first, last = stretches.get(number, (None, None))
        return f"{lines.cells(name, first, last)},{_KNOWN}"

    def period_sum(name: str) -> Callable[[int], str]:
        def formula(number: int) -> str:
            summed = lookup(number, name, chosen)
            others = summed.split(",", 1)[1]
            return f'=IF(COUNTIFS({others},{known(number, name)})=0,"",SUMIFS({summed}))'

        return formula

    def year_sum(name: str) -> Callable[[int], str]:
        def formula(number: int) -> str:
            from_start = f'">="&${own["from_no"]}{number}'
            return f"=SUMIFS({lookup(number, name, from_start, until)},{known(number, 'actual_amount')})"

        return formula

    formulas = {name: period_sum(name) for name in _AMOUNTS}
    formulas |= {f"year_{name}": year_sum(name) for name in _YEAR}
    formulas["from_no"] = lambda number: (
        f"=SUMIFS({periods.cells('year_start_no')},{periods.cells('company_no')},${own['company_no']}{number},"
        f"{periods.cells('period_no')},{chosen})"
    )
    names = rows.shown(_WALK_COLUMNS, "sheet_budget_walk", connection)
    writer.write_rows(rows.read(connection, f"select {names} from sheet_budget_walk order by line_no"), formulas)
    writer.finish(place, freeze_columns=4)


def _stretches(connection: duckdb.DuckDBPyConnection, lines: Place) -> dict[int, tuple[int | None, int | None]]:
    """Where the lines of each row of the walk stand, by the row's number: both sheets are in the order of line_no."""
    counted = connection.execute("select line_rows from sheet_budget_walk order by line_no").fetchall()
    stretches: dict[int, tuple[int | None, int | None]] = {}
    first = lines.first
    for index, (line_rows,) in enumerate(counted):
        stretches[lines.first + index] = (first, first + line_rows - 1)
        first += line_rows
    return stretches
