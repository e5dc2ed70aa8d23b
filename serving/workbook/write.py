"""finance.xlsx of a published warehouse.

In: the build's warehouse file, read only. Out: one workbook. What the build lacks is said on its sheet and on the front
page; a home without finance data gets a workbook, not an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from serving.workbook import books, budget, front, periods, rows, variance
from serving.workbook.book import Book
from serving.workbook.front import Entry
from serving.workbook.sheet import Place

_HOLDS = {
    budget.WALK: "Static budget → flexed → actual by plant, cost center and account; period and year to date",
    budget.LINES: "The same, period by period: what the walk adds up",
    variance.TREE: "Why orders did not cost what they should have: leaf group, leaf, plant and item",
    variance.ORDERS: "The same, order by order: what the tree adds up",
    books.CENTERS: "Why cost centers cost other than what orders were charged",
    books.PURCHASES: "Price variance of every receipt, invoice and later charge",
    books.WIP: "Work in process of every order and period, and how it came about",
    books.RECONCILIATION: "Ledger against events by account and period, with what explains the difference",
    books.ITEMS: "Every difference with its reason, document, file and line",
    books.RESTATEMENT: "What closed periods say now against what they said when they were closed",
    periods.SHEET: "Periods and fiscal years; formulas look them up",
}
_COLORS = {
    front.SHEET: "#1F3A4D",
    budget.WALK: "#2E7D6B", budget.LINES: "#9CC7BD",
    variance.TREE: "#B4652A", variance.ORDERS: "#E0BC9F", books.CENTERS: "#E0BC9F", books.PURCHASES: "#E0BC9F",
    books.WIP: "#6B5CA5",
    books.RECONCILIATION: "#1B6CA8", books.ITEMS: "#A4C8E1",
    books.RESTATEMENT: "#8A8F94", periods.SHEET: "#D5D8DB",
}  # fmt: skip

DRILL_DOWN_ROWS = 200_000
"""Rows that a drill-down sheet holds at most: 100,000 orders have 600,000 and take 13 seconds of one core like this, 30
at Excel's own limit of a million, in a file that few computers open gladly."""
MEMORY_LIMIT = "800MB"
"""What the questions to the warehouse may take; what is more goes to disk. Sheets are written row by row."""


def write_workbook(
    connection: duckdb.DuckDBPyConnection, file: Path, manifest: Mapping[str, Any], *, row_limit: int = DRILL_DOWN_ROWS
) -> None:
    """Write the workbook of the connected warehouse to `file`; `manifest` says which build it is and what it knows.

    `row_limit` is the most rows of one sheet. The connection gets temporary tables; nothing else changes.
    """
    told = connection.execute("select current_setting('memory_limit')").fetchone()
    connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'; set enable_progress_bar = false")
    try:
        _write(connection, file, manifest, min(row_limit, rows.ROWS_A_SHEET))
    finally:
        connection.execute(f"set memory_limit = '{told[0] if told else MEMORY_LIMIT}'")


def _write(connection: duckdb.DuckDBPyConnection, file: Path, manifest: Mapping[str, Any], limit: int) -> None:
    build_id = str(manifest.get("build_id", ""))
    book = Book(file, f"Tieout, build {build_id}")
    book.properties("Cost and finance", f"Build {build_id}")
    book.add_sheets([front.SHEET, *_HOLDS], _COLORS)
    known, versions = periods.prepare_periods(connection), periods.prepare_versions(connection)
    entries: dict[str, Entry] = {}
    places: dict[str, Place] = {}

    def attempt(sheets: tuple[str, ...], write: Callable[[], Place | None]) -> None:
        try:
            place = write()
        except rows.MissingError as reason:
            for name in sheets:
                _say_missing(book, name, str(reason))
                entries[name] = Entry(name, _HOLDS[name], 0, str(reason))
            return
        if place is not None:
            places[sheets[-1]] = place
        for name in sheets:
            entries[name] = Entry(name, _HOLDS[name], book.rows_of.get(name, 0))

    period_place = periods.write_periods(book, connection)
    entries[periods.SHEET] = Entry(periods.SHEET, _HOLDS[periods.SHEET], period_place.rows)
    attempt(
        (budget.WALK, budget.LINES), lambda: budget.write_budget(book, connection, period_place, known, versions, limit)
    )
    attempt(
        (variance.TREE, variance.ORDERS),
        lambda: variance.write_variance(book, connection, period_place, known, limit),
    )
    attempt(
        (books.CENTERS,),
        lambda: books.write_plain(book, connection, books.CENTERS_TABLE, "cost.cost_center_variance", limit),
    )
    attempt(
        (books.PURCHASES,),
        lambda: books.write_plain(book, connection, books.PURCHASES_TABLE, "cost.purchase_price_variance", limit),
    )
    attempt((books.WIP,), lambda: books.write_wip(book, connection, limit))
    attempt((books.ITEMS,), lambda: books.write_items(book, connection, limit))
    attempt(
        (books.RECONCILIATION,),
        lambda: books.write_reconciliation(book, connection, limit, places.get(books.ITEMS)),
    )
    attempt(
        (books.RESTATEMENT,),
        lambda: books.write_plain(book, connection, books.RESTATEMENT_TABLE, "finance.restatement", limit),
    )
    front.write_front(book, "Cost and finance", _facts(connection, manifest), [entries[name] for name in _HOLDS])
    book.close()


def _say_missing(book: Book, name: str, reason: str) -> None:
    sheet = book.sheet(name)
    sheet.set_column(0, 0, 100)
    sheet.write_string(0, 0, name, book.formats["title"])
    sheet.write_string(1, 0, f"Not available: {reason}.", book.formats["missing"])
    sheet.write_url(2, 0, "internal:'Read me'!A1", book.formats["link"], "← Read me")


def _facts(connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> dict[str, str]:
    facts = {"Build": str(manifest.get("build_id", ""))}
    for name, label in (
        ("built_at", "Built at (UTC)"),
        ("known_at", "Last knowledge (UTC)"),
        ("as_of", "As known at (UTC)"),
    ):
        if manifest.get(name):
            facts[label] = str(manifest[name])[:19].replace("T", " ")
    if rows.has_table(connection, "core.dim_company"):
        found = connection.execute(
            "select company_id, coalesce(company_name, ''), coalesce(currency_code, '?') from core.dim_company "
            "order by all"
        ).fetchall()
        facts["Companies"] = "; ".join(
            f"{company} {name} ({currency})".replace("  ", " ") for company, name, currency in found
        )
    return facts
