"""One sheet: title, what it holds, totals above a frozen header, and the rows, written one by one as they are read.

Rows leave memory as they are written (xlsxwriter's constant_memory), so a sheet must be filled from top to bottom, and
whatever stands above the rows must be known before them: totals are asked of the warehouse first, written as formulas,
and carry the warehouse's figure as their value for readers that do not calculate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from xlsxwriter.utility import xl_col_to_name

from serving.workbook.meanings import column_meanings
from serving.workbook.values import cell_value, exact_text, fits

if TYPE_CHECKING:
    from xlsxwriter.format import Format

    from serving.workbook.book import Book
    from serving.workbook.bulk import BulkWorksheet

TITLE_ROW, ABOUT_ROW, LINK_ROW, CHECK_ROW, TOTAL_ROW, HEADER_ROW, FIRST_ROW = range(7)
"""Rows of every sheet, counted from 0 as xlsxwriter does."""

Number = Decimal | int


class Kind(StrEnum):
    """How a column is shown."""

    TEXT = "text"
    WIDE = "wide text"
    HELPER = "helper"  # a number that formulas look up; grey and narrow
    AMOUNT = "amount"
    VARIANCE = "variance"  # an amount of which above 0 is unfavourable
    PRICE = "price"
    QUANTITY = "quantity"
    COUNT = "count"
    DATE = "date"
    MOMENT = "moment"
    DIFFERENCE = "difference"  # an amount that must be 0.00

    @property
    def is_money(self) -> bool:
        """Whether the column can be added up to money."""
        return self in (Kind.AMOUNT, Kind.VARIANCE, Kind.DIFFERENCE)

    @property
    def header(self) -> str:
        """The name of the heading's format."""
        if self is Kind.HELPER:
            return "helper header"
        return "header" if self in (Kind.TEXT, Kind.WIDE, Kind.DATE, Kind.MOMENT) else "number header"


_WIDTHS = {
    Kind.TEXT: 9,
    Kind.WIDE: 24,
    Kind.HELPER: 6,
    Kind.AMOUNT: 14,
    Kind.VARIANCE: 14,
    Kind.PRICE: 13,
    Kind.QUANTITY: 14,
    Kind.COUNT: 9,
    Kind.DATE: 11,
    Kind.MOMENT: 17,
    Kind.DIFFERENCE: 12,
}
_WIDEST = 56


@dataclass(frozen=True)
class Column:
    """A column: the name it has in the rows, its heading, and how it is shown.

    `formula` is what the cell calculates from cells of its own row, named in braces ("={actual_amount}-{static}");
    the row's value is written beside it. `note` explains the heading; without one, the documented meaning does.
    """

    name: str
    title: str
    kind: Kind = Kind.TEXT
    total: bool = False
    formula: str | None = None
    note: str | None = None
    width: float | None = None


@dataclass(frozen=True)
class Check:
    """A difference that must be 0.00, above the column that it belongs to.

    `formula` names sums of columns in braces, or their cells ({amount_cells}); `value` works it out of the totals.
    It is also listed on the front page.
    """

    label: str
    above: str
    formula: str
    value: Callable[[Mapping[str, Number]], Number]


class Selector(Protocol):
    """A cell in which a reader chooses."""

    def write(self, writer: SheetWriter, row: int, column: int) -> None:
        """Write it into a row, from a column on; both counted from 0."""


@dataclass
class Place:
    """Where the rows of a sheet stand, for formulas that refer to them."""

    sheet: str
    letters: Mapping[str, str]
    rows: int
    totals: Mapping[str, Number]
    is_plain: bool = False
    """Whether the sheet holds figures only: an amount in it is one that Excel would round, or it is too long."""

    @property
    def first(self) -> int:
        """The first row, counted from 1."""
        return FIRST_ROW + 1

    @property
    def last(self) -> int:
        """The last row, counted from 1; the first where there is none."""
        return FIRST_ROW + max(self.rows, 1)

    def here(self, name: str, first: int | None = None, last: int | None = None) -> str:
        """The cells of a column, for a formula on the same sheet."""
        letter = self.letters[name]
        return f"${letter}${first or self.first}:${letter}${last or self.last}"

    def cells(self, name: str, first: int | None = None, last: int | None = None) -> str:
        """The cells of a column, for a formula on any sheet."""
        return f"{quoted(self.sheet)}!{self.here(name, first, last)}"

    def total(self, name: str) -> str:
        """The cell of a column's total."""
        return f"{quoted(self.sheet)}!${self.letters[name]}${TOTAL_ROW + 1}"


def quoted(sheet: str) -> str:
    """A sheet's name as formulas and links write it."""
    return "'" + sheet.replace("'", "''") + "'"


class SheetWriter:
    """Writes one sheet from top to bottom."""

    def __init__(self, book: Book, name: str, columns: Sequence[Column]) -> None:
        self.book = book
        self.name = name
        self.columns = columns
        self.letters = {column.name: xl_col_to_name(index) for index, column in enumerate(columns)}
        self.sheet: BulkWorksheet = book.sheet(name)
        self._longest = [0] * len(columns)
        self._formats = [self._cell_format(column) for column in columns]
        self._row = FIRST_ROW
        self._is_plain = False

    def head(
        self,
        title: str,
        about: Sequence[str],
        rows: int,
        totals: Mapping[str, Number],
        *,
        apart: str | None = None,
        total_formulas: Mapping[str, str] | None = None,
        checks: Sequence[Check] = (),
        is_plain: bool = False,
        selectors: Sequence[tuple[Selector, int]] = (),
    ) -> Place:
        """Write everything above the rows and return where they will stand.

        `apart` names the helper column that numbers what must not be added up (currencies, versions of a budget): with
        rows of two numbers shown, totals ask for a filter. `total_formulas`, or words, replace SUBTOTAL;
        `selectors` stand with the columns, counted from 0, at which they begin.
        """
        place = Place(self.name, self.letters, rows, totals, is_plain)
        self._is_plain = is_plain
        self.book.rows_of[self.name] = rows
        sheet, formats = self.sheet, self.book.formats
        sheet.set_row(TITLE_ROW, 24)
        sheet.write_string(TITLE_ROW, 0, title, formats["title"])
        self._about(" ".join(about))
        sheet.write_url(LINK_ROW, 0, "internal:'Read me'!A1", formats["link"], "← Read me")
        for selector, column_no in selectors:
            selector.write(self, LINK_ROW, column_no)
        for check in checks:
            self._check(check, place)
        self._totals(place, apart, total_formulas or {})
        sheet.set_row(HEADER_ROW, 33)
        for index, column in enumerate(self.columns):
            sheet.write_string(HEADER_ROW, index, column.title, formats[column.kind.header])
            meaning = column.note or column_meanings().get(column.name)
            if meaning:
                sheet.write_comment(
                    HEADER_ROW, index, meaning, {"x_scale": 2.2, "y_scale": 0.4 + 0.22 * (len(meaning) // 45 + 1)}
                )
        return place

    def _about(self, text: str) -> None:
        """Write what the sheet holds over the width of what is printed."""
        printed = [column for column in self.columns if column.kind is not Kind.HELPER]
        characters = sum(column.width or max(_WIDTHS[column.kind], _heading(column)) for column in printed)
        self.sheet.set_row(ABOUT_ROW, 13.5 * (1 + int(len(text) / characters)))
        self.sheet.merge_range(ABOUT_ROW, 0, ABOUT_ROW, len(printed) - 1, text, self.book.formats["about"])

    def _check(self, check: Check, place: Place) -> None:
        value = check.value(place.totals) if place.rows else 0
        formula = "=" + check.formula.format_map(
            {name: f"SUM({place.here(name)})" for name in place.letters}
            | {f"{name}_cells": place.here(name) for name in place.letters}
        )
        self.sheet.write_string(CHECK_ROW, 0, "Check: must be 0.00", self.book.formats["grey"])
        cell = f"{self.letters[check.above]}{CHECK_ROW + 1}"
        if not place.is_plain:
            self.sheet.write_formula(cell, formula, self.book.formats["difference"], _cached(value))
        else:
            self.sheet.write(cell, cell_value(value), self.book.formats["difference"])
        self.book.mark_difference(self.sheet, f"{cell}:{cell}")
        self.book.checks.append(
            (self.name, check.label, f"{quoted(self.name)}!${self.letters[check.above]}${CHECK_ROW + 1}", value)
        )

    def _totals(self, place: Place, apart: str | None, total_formulas: Mapping[str, str]) -> None:
        formats = self.book.formats
        mixed = apart is not None
        label = "Total of the rows shown" + (", of one currency and version at a time" if mixed else "")
        if not any(column.total for column in self.columns):
            return
        self.sheet.write_string(TOTAL_ROW, 0, label, formats["total label"])
        for index, column in enumerate(self.columns):
            if not column.total:
                if index:
                    self.sheet.write_blank(TOTAL_ROW, index, None, formats["total label"])
                continue
            value = place.totals.get(column.name, 0)
            style = formats["total count" if column.kind is Kind.COUNT else "total"]
            sum_shown = f"SUBTOTAL(109,{place.here(column.name)})"
            if not fits(value):
                self.sheet.write_string(TOTAL_ROW, index, exact_text(value), formats["total text"])
            elif place.is_plain:
                self.sheet.write_number(TOTAL_ROW, index, value, style)
            elif not total_formulas.get(column.name, "=").startswith("="):
                self.sheet.write_string(TOTAL_ROW, index, total_formulas[column.name], formats["total text"])
            elif column.name in total_formulas:
                self.sheet.write_formula(TOTAL_ROW, index, total_formulas[column.name], style, _cached(value))
            elif mixed:
                number = place.here(apart or "")
                condition = f"SUBTOTAL(104,{number})=SUBTOTAL(105,{number})"
                self.sheet.write_formula(
                    TOTAL_ROW, index, f'=IF({condition},{sum_shown},"filter one")', style, "filter one"
                )
            else:
                self.sheet.write_formula(TOTAL_ROW, index, f"={sum_shown}", style, _cached(value))

    def write_rows(
        self, rows: Iterable[Sequence[Any]], formulas: Mapping[str, Callable[[int], str]] | None = None
    ) -> None:
        """Write rows whose values are in the order of the columns.

        `formulas` give, for a column and the number of a row counted from 1, what the cell calculates.
        """
        made = dict(formulas or {})
        for column in self.columns:
            if column.formula:
                made[column.name] = _own_row(column.formula, self.letters)
        by_index = [None if self._is_plain else made.get(column.name) for column in self.columns]
        self._longest = self.sheet.write_bulk(self._row, rows, self._formats, by_index, list(self.letters.values()))

    def write_row(self, row: Sequence[Any], formulas: Sequence[Callable[[int], str] | None], style: str = "") -> int:
        """Write one row and return its number, counted from 1; `style` names a family of the book's formats."""
        number = self._row
        for index, value in enumerate(row):
            form = self.book.styled(style, self.columns[index].kind) if style else self._formats[index]
            self._write_cell(number, index, value, formulas[index] if formulas else None, form)
        self._row += 1
        return number + 1

    def _write_cell(
        self, number: int, index: int, value: Any, formula: Callable[[int], str] | None, form: Format
    ) -> None:
        written = cell_value(value)
        if formula is not None and not self._is_plain and not isinstance(written, str):
            self.sheet.write_formula(number, index, formula(number + 1), form, _cached(written))
        elif written is None:
            if form is not self._formats[index]:
                self.sheet.write_blank(number, index, None, form)
            return
        elif isinstance(written, str):
            self.sheet.write_string(number, index, written, form)
        elif isinstance(written, int | Decimal):
            self.sheet.write_number(number, index, written, form)
        else:
            self.sheet.write_datetime(number, index, written, form)
        length = len(written) if isinstance(written, str) else 0
        if length > self._longest[index]:
            self._longest[index] = length

    def finish(
        self, place: Place, *, autofilter: bool = True, freeze_columns: int = 0, landscape_pages: int = 1
    ) -> None:
        """Set widths, filter, frozen panes and how the sheet prints."""
        sheet = self.sheet
        for index, column in enumerate(self.columns):
            width = column.width or min(max(_WIDTHS[column.kind], self._longest[index] + 2, _heading(column)), _WIDEST)
            sheet.set_column(index, index, width)
        if place.rows and autofilter:
            sheet.autofilter(HEADER_ROW, 0, FIRST_ROW + place.rows - 1, len(self.columns) - 1)
        if not place.rows:
            sheet.write_string(FIRST_ROW, 0, "No rows in this build.", self.book.formats["grey"])
        sheet.freeze_panes(FIRST_ROW, freeze_columns)
        for column in self.columns:
            cells = f"{self.letters[column.name]}{place.first}:{self.letters[column.name]}{place.last}"
            if column.kind is Kind.VARIANCE:
                self.book.mark_variance(sheet, cells)
            elif column.kind is Kind.DIFFERENCE:
                self.book.mark_difference(sheet, cells)
        sheet.repeat_rows(TOTAL_ROW, HEADER_ROW)
        printed = [index for index, column in enumerate(self.columns) if column.kind is not Kind.HELPER]
        sheet.print_area(0, 0, FIRST_ROW + max(place.rows, 1) - 1, max(printed))
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(landscape_pages, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.set_footer("&L&8&A&C&8" + self.book.footer.replace("&", "&&") + "&R&8&P / &N")
        sheet.hide_gridlines(2)

    def _cell_format(self, column: Column) -> Format:
        return self.book.formats[str(column.kind)]


def _heading(column: Column) -> float:
    """The width that the heading needs on two lines, with its filter button."""
    words = column.title.split()
    return max([len(column.title) / 2 + 3, *(len(word) + 3 for word in words)])


def _own_row(formula: str, letters: Mapping[str, str]) -> Callable[[int], str]:
    return lambda number: formula.format_map({name: f"${letter}{number}" for name, letter in letters.items()})


def _cached(value: Number | str | None) -> Any:
    """What readers without calculation see: the digits themselves, not a float's."""
    return "" if value is None else value
