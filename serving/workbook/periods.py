"""The periods of the workbook: a number for each, so that formulas never compare text that looks like a date."""

from __future__ import annotations

import duckdb

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
    about=(
        "Which periods the workbook knows and where each company's fiscal year begins; formulas look periods up here.",
    ),
    columns=(
        Column("company_id", "Company"),
        Column("period_id", "Period"),
        Column("fiscal_year", "Fiscal year"),
        Column("company_no", "Company no.", Kind.HELPER, note="The company's number in formulas."),
        Column("period_no", "Period no.", Kind.HELPER, note="The period's number in formulas."),
        Column("year_start_no", "Year from", Kind.HELPER, note="Number of the first period of the fiscal year."),
    ),
    order="company_no, period_no",
)


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


def write_periods(book: Book, connection: duckdb.DuckDBPyConnection) -> Place:
    """Write the sheet and return where its rows stand."""
    return write_table(book, connection, TABLE, "sheet_period")


class PeriodChoice:
    """The cell in which a reader chooses a period, and the cell beside it with that period's number."""

    def __init__(self, periods: Place, known: list[str], chosen: str | None) -> None:
        self.periods = periods
        self.known = known
        self.chosen = chosen or (known[-1] if known else "")
        self.number_cell = ""

    @property
    def number(self) -> int:
        """The number of the period that is chosen when the file is opened."""
        return self.known.index(self.chosen) + 1 if self.chosen in self.known else 0

    def write(self, writer: SheetWriter, row: int, column: int) -> None:
        """Write label, choice and number into three cells of a row, counted from 0."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        book, sheet = writer.book, writer.sheet
        choice = xl_rowcol_to_cell(row, column + 1, True, True)
        self.number_cell = xl_rowcol_to_cell(row, column + 2, True, True)
        sheet.write_string(row, column, "Period →", book.formats["choose"])
        sheet.write_string(row, column + 1, self.chosen, book.formats["input"])
        # The last of the sheet's rows are one company's: every company has every period.
        last = self.periods.last
        first = last - len(self.known) + 1
        sheet.data_validation(
            choice,
            {
                "validate": "list",
                "source": f"={self.periods.cells('period_id', first, last)}",
                "error_title": "No such period",
                "error_message": "Choose a period of the list.",
            },
        )
        sheet.write_formula(
            self.number_cell,
            f"=INDEX({self.periods.cells('period_no', first, last)},"
            f"MATCH({choice},{self.periods.cells('period_id', first, last)},0))",
            book.formats["choice number"],
            self.number,
        )
