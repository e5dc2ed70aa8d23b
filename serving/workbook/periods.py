"""The periods of the workbook: a number for each, so that formulas never compare text that looks like a date."""

from __future__ import annotations

import duckdb
from xlsxwriter.utility import xl_rowcol_to_cell

from serving.workbook import rows
from serving.workbook.book import Book
from serving.workbook.sheet import Column, Kind, Place, SheetWriter
from serving.workbook.table import Table, write_table

SHEET = "Periods"
_TABLES = (
    "finance.budget_walk",
    "cost.order_variance",
    "cost.wip_order_period",
    "finance.gl_reconciliation",
)

TABLE = Table(
    sheet=SHEET,
    title="Periods",
    about=("Periods, fiscal years and versions of the budget by number: formulas look them up here.",),
    columns=(
        Column("company_id", "Company"),
        Column("period_id", "Period"),
        Column("fiscal_year", "Fiscal year"),
        Column("company_no", "Company no.", Kind.HELPER, note="The company's number in formulas."),
        Column("period_no", "Period no.", Kind.HELPER, note="The period's number in formulas."),
        Column("year_start_no", "Year from", Kind.HELPER, note="Number of the first period of the fiscal year."),
        Column("version", "Version of the budget"),
        Column("version_no", "Version no.", Kind.HELPER, note="The version's number in formulas."),
    ),
    order="row_no",
)
NO_VERSION = "no budget"
"""How a walk without any budget is called: actuals alone."""


def prepare_periods(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Number the periods of the build into the temporary table sheet_period, and return them in order."""
    known = [
        table
        for table in _TABLES
        if rows.has_table(connection, table) and rows.has_columns(connection, table, ("company_id", "period_id"))
    ]
    seen = " union ".join(f"select company_id, period_id from {table} where period_id is not null" for table in known)
    years = (
        "select company_id, period_id, max(fiscal_year)::varchar as fiscal_year from finance.budget_walk group by all"
        if "finance.budget_walk" in known
        else "select null::varchar as company_id, null::varchar as period_id, null::varchar as fiscal_year limit 0"
    )
    rows.keep(
        connection,
        "sheet_period",
        f"""
        with seen as ({seen or "select null::varchar as company_id, null::varchar as period_id limit 0"}),
        years as ({years}),
        numbered as (
            select companies.company_id, periods.period_id,
                coalesce(years.fiscal_year, left(periods.period_id, 4)) as fiscal_year,
                dense_rank() over (order by companies.company_id) as company_no,
                dense_rank() over (order by periods.period_id) as period_no
            from (select distinct company_id from seen) as companies
            cross join (select distinct period_id from seen) as periods
            left join years using (company_id, period_id)
        )
        select *, min(period_no) over (partition by company_id, fiscal_year) as year_start_no from numbered
        """,
    )
    found = connection.execute("select distinct period_id from sheet_period order by all").fetchall()
    return [period for (period,) in found]


def prepare_versions(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Number the budget's versions into the temporary table sheet_version, and return them; first what is planned."""
    source = (
        "select coalesce(budget_version_id, '" + NO_VERSION + "') as version, bool_and(is_forecast) as is_forecast "
        "from finance.budget_walk group by all"
        if rows.has_table(connection, "finance.budget_walk")
        else "select null::varchar as version, null::boolean as is_forecast limit 0"
    )
    rows.keep(
        connection,
        "sheet_version",
        f"select version, row_number() over (order by is_forecast, version) as version_no from ({source})",
    )
    found = connection.execute("select version from sheet_version order by version_no").fetchall()
    return [version for (version,) in found]


def write_periods(book: Book, connection: duckdb.DuckDBPyConnection) -> Place:
    """Write the sheet and return where its rows stand: periods by company, versions beside them."""
    rows.keep(
        connection,
        "sheet_choice",
        """
        select periods.*, versions.*, coalesce(periods.place, versions.version_no) as row_no
        from (select *, row_number() over (order by company_no, period_no) as place from sheet_period) as periods
        full join sheet_version as versions on periods.place = versions.version_no
        """,
    )
    return write_table(book, connection, TABLE, "sheet_choice")


class Choice:
    """A cell in which a reader chooses from a list, and the cell beside it with the number of what is chosen."""

    def __init__(self, label: str, place: Place, names: str, numbers: str, known: list[str], chosen: str, first: int):
        self.label = label
        self.place = place
        self.names = names
        self.numbers = numbers
        self.known = known
        self.chosen = chosen
        self.first = first
        self.number_cell = ""

    @property
    def number(self) -> int:
        """The number of what is chosen when the file is opened."""
        return self.known.index(self.chosen) + 1 if self.chosen in self.known else 0

    def write(self, writer: SheetWriter, row: int, column: int) -> None:
        """Write label, choice and number into three cells of a row, counted from 0."""
        book, sheet = writer.book, writer.sheet
        choice = xl_rowcol_to_cell(row, column + 1, True, True)
        self.number_cell = xl_rowcol_to_cell(row, column + 2, True, True)
        last = self.first + max(len(self.known), 1) - 1
        names = self.place.cells(self.names, self.first, last)
        numbers = self.place.cells(self.numbers, self.first, last)
        sheet.write_string(row, column, f"{self.label} →", book.formats["choose"])
        sheet.write_string(row, column + 1, self.chosen, book.formats["input"])
        sheet.data_validation(
            choice,
            {
                "validate": "list",
                "source": f"={names}",
                "error_title": f"No such {self.label.lower()}",
                "error_message": "Choose one of the list.",
            },
        )
        sheet.write_formula(
            self.number_cell,
            f"=INDEX({numbers},MATCH({choice},{names},0))",
            book.formats["choice number"],
            self.number,
        )


def period_choice(place: Place, known: list[str], chosen: str | None) -> Choice:
    """The choice of a period; the last one if none is named."""
    # Every company has every period: those of the first company stand at the top.
    return Choice("Period", place, "period_id", "period_no", known, chosen or (known[-1] if known else ""), place.first)


def version_choice(place: Place, known: list[str]) -> Choice:
    """The choice of a version of the budget; the planned one when the file is opened."""
    return Choice("Version", place, "version", "version_no", known, known[0] if known else "", place.first)
