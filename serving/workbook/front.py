"""Read me: what the workbook holds, how to read it, which checks it makes, and what the build lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.workbook.book import Book
from serving.workbook.leaves import GROUPS, LEAVES, LETTERS, group_name
from serving.workbook.sheet import quoted

SHEET = "Read me"

HOW_TO_READ = (
    "Variance = actual − standard, in the company's currency. Above 0 is unfavourable (it cost more), below 0 "
    "favourable. Nothing is flipped: what a sale brings is below 0 in the budget walk, as it is posted.",
    "Amounts are exact: every booking is rounded to cents once, half away from zero, and leaves are rounded so that "
    "they add up to the order. Totals are formulas; they follow the filter and agree with the warehouse to the cent.",
    "An empty cell is not 0: it is a figure that is not known, and the row's status says why.",
    "Text that a spreadsheet would take for a formula (it begins with =, +, -, @ or a tab) has a ' put before it. "
    "Amounts of more than 15 digits, which Excel would round, are shown as text.",
    "No worker's name and no pay rate is in this file. The same tables stand beside it in warehouse.duckdb and "
    "parquet/.",
)


@dataclass(frozen=True)
class Entry:
    """A sheet as the front page lists it; `missing` says why it holds nothing."""

    sheet: str
    holds: str
    rows: int
    missing: str | None = None


def write_front(book: Book, title: str, facts: Mapping[str, Any], entries: Sequence[Entry]) -> None:
    """Write the front page, after all other sheets, whose checks it repeats."""
    sheet, formats = book.sheet(SHEET), book.formats
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 2, 76)
    sheet.set_column(3, 3, 14)
    sheet.hide_gridlines(2)
    row = 0
    sheet.set_row(row, 24)
    sheet.write_string(row, 0, title, formats["title"])
    row += 1
    for name, value in facts.items():
        sheet.write_string(row, 0, name, formats["grey"])
        sheet.write_string(row, 1, str(value))
        row += 1
    row = _section(book, row + 1, "Sheets", "", "What they hold", "Rows")
    for entry in entries:
        sheet.write_url(row, 0, f"internal:{quoted(entry.sheet)}!A1", formats["link"], entry.sheet)
        if entry.missing:
            sheet.set_row(row, _height(entry.missing, 76))
            sheet.write_string(row, 1, "not available", formats["missing"])
            sheet.write_string(row, 2, entry.missing, formats["missing"])
        else:
            sheet.write_string(row, 2, entry.holds, formats["wrapped"])
            sheet.write_number(row, 3, entry.rows, formats["count"])
        row += 1
    row = _section(book, row + 1, "Checks", "", "What must be equal", "Difference")
    if not book.checks:
        sheet.write_string(row, 0, "none: nothing to check in this build", formats["grey"])
        row += 1
    for name, label, cell, value in book.checks:
        sheet.write_url(row, 0, f"internal:{quoted(name)}!A1", formats["link"], name)
        sheet.write_string(row, 2, label)
        sheet.write_formula(row, 3, f"={cell}", formats["difference"], value)
        book.mark_difference(sheet, f"D{row + 1}:D{row + 1}")
        row += 1
    row = _section(book, row + 1, "How to read it", "", "", "")
    for text in HOW_TO_READ:
        sheet.set_row(row, _height(text, 145))
        sheet.merge_range(row, 0, row, 3, text, formats["wrapped"])
        row += 1
    row = _section(book, row + 1, "Leaves", "What it is", "How it is worked out", "")
    sheet.merge_range(
        row, 0, row, 3,
        LETTERS,
        formats["wrapped grey"],
    )  # fmt: skip
    sheet.set_row(row, 28)
    row += 1
    for group in GROUPS:
        for code, (name, formula) in LEAVES.items():
            if code.split(".")[0] == group:
                sheet.write_string(row, 0, code, formats["bold"])
                sheet.write_string(row, 1, name if name != group_name(group) else group_name(group))
                sheet.write_string(row, 2, formula, formats["wrapped"])
                row += 1
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&8&A&C&8" + book.footer.replace("&", "&&") + "&R&8&P / &N")
    sheet.activate()


def _section(book: Book, row: int, *titles: str) -> int:
    for column, title in enumerate(titles):
        book.sheet(SHEET).write_string(row, column, title, book.formats["section" if column == 0 else "section part"])
    return row + 1


def _height(text: str, characters: int) -> float:
    return 14.5 * -(-len(text) // characters)
