"""The workbook file: its sheets in order, its formats, and the list of checks for the front page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format

from serving.workbook.bulk import BulkWorksheet
from serving.workbook.sheet import Kind, Number

_FONT = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
_MONEY, _PIECES, _INK, _PALE, _GREY = "#,##0.00", "#,##0.######", "#1F3A4D", "#E8EEF2", "#7A868F"
_KINDS: dict[str, dict[str, Any]] = {
    Kind.TEXT: {"align": "left", "indent": 1},
    Kind.WIDE: {"align": "left", "indent": 1},
    Kind.HELPER: {"font_color": "#A0A8AE", "num_format": "0"},
    Kind.AMOUNT: {"num_format": _MONEY, "align": "right"},
    Kind.VARIANCE: {"num_format": _MONEY, "align": "right"},
    Kind.PRICE: {"num_format": "#,##0.0000", "align": "right"},
    Kind.QUANTITY: {"num_format": "#,##0.00####", "align": "right"},
    Kind.COUNT: {"num_format": "#,##0", "align": "right"},
    Kind.DATE: {"num_format": "yyyy-mm-dd", "align": "left", "indent": 1},
    Kind.MOMENT: {"num_format": "yyyy-mm-dd hh:mm", "align": "left", "indent": 1},
    Kind.DIFFERENCE: {"num_format": _MONEY, "align": "right"},
}
_STYLES: dict[str, dict[str, Any]] = {
    "level 0": {"bold": True, "bg_color": "#D5E0E7", "top": 1, "top_color": _INK},
    "level 1": {"bold": True, "bg_color": _PALE},
    "level 2": {"bg_color": "#F6F8FA"},
}
_OTHERS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "font_color": _INK},
    "about": {"font_color": _GREY, "text_wrap": True},
    "grey": {"font_color": _GREY},
    "link": {"font_color": "#1B6CA8", "underline": 1},
    "header": {
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": _INK,
        "text_wrap": True,
        "valign": "vcenter",
        "indent": 1,
    },
    "number header": {
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": _INK,
        "text_wrap": True,
        "valign": "vcenter",
        "align": "right",
    },
    "helper header": {"font_color": "#B8C4CC", "bg_color": _INK, "text_wrap": True, "valign": "vcenter"},
    "total label": {"bold": True, "bg_color": _PALE, "bottom": 1, "bottom_color": _INK},
    "total": {"bold": True, "bg_color": _PALE, "num_format": _MONEY, "align": "right", "bottom": 1},
    "total count": {"bold": True, "bg_color": _PALE, "num_format": "#,##0", "align": "right", "bottom": 1},
    "total text": {"bold": True, "bg_color": _PALE, "align": "right", "bottom": 1},
    "section": {"bold": True, "font_size": 12, "font_color": _INK, "bottom": 1, "bottom_color": _INK},
    "section part": {"font_color": _GREY, "bottom": 1, "bottom_color": _INK, "valign": "bottom"},
    "wrapped": {"text_wrap": True},
    "wrapped grey": {"text_wrap": True, "font_color": _GREY},
    "bold": {"bold": True},
    "input": {
        "bold": True,
        "bg_color": "#FFF4CC",
        "border": 1,
        "border_color": "#C9B458",
        "align": "center",
        "num_format": "@",
    },
    "choose": {"align": "right", "font_color": _GREY},
    "choice number": {"font_color": "#A0A8AE", "align": "left"},
    "missing": {"font_color": "#9C5700", "text_wrap": True},
    "good": {"font_color": "#1E7B4F"},
    "bad": {"font_color": "#B3261E"},
    "good difference": {"font_color": "#1E7B4F", "bg_color": "#E3F3EA"},
    "bad difference": {"font_color": "#FFFFFF", "bg_color": "#B3261E", "bold": True},
}


class Book:
    """An open workbook.

    `checks` gathers (sheet, label, cell, value) of every check written, `rows_of` how many rows every sheet has.
    """

    def __init__(self, file: Path, footer: str) -> None:
        self.footer = footer
        self.checks: list[tuple[str, str, str, Number]] = []
        self.rows_of: dict[str, int] = {}
        self._book = xlsxwriter.Workbook(
            str(file),
            {
                "constant_memory": True,
                "tmpdir": str(file.parent),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_format_properties": _FONT,
            },
        )
        self.formats: dict[str, Format] = {
            name: self._book.add_format({**_FONT, **look}) for name, look in {**_KINDS, **_OTHERS}.items()
        }
        self._styled: dict[tuple[str, str], Format] = {}
        self._sheets: dict[str, BulkWorksheet] = {}

    def add_sheets(self, names: list[str], colors: dict[str, str]) -> None:
        """Make the sheets in the order in which their tabs stand."""
        for name in names:
            self._sheets[name] = self._book.add_worksheet(name, worksheet_class=BulkWorksheet)
            if name in colors:
                self._sheets[name].set_tab_color(colors[name])

    def sheet(self, name: str) -> BulkWorksheet:
        """The sheet of this name."""
        return self._sheets[name]

    def styled(self, style: str, kind: str) -> Format:
        """The format of a kind of column in a row of a style."""
        key = (style, str(kind))
        if key not in self._styled:
            self._styled[key] = self._book.add_format({**_FONT, **_KINDS[kind], **_STYLES[style]})
        return self._styled[key]

    def name(self, name: str, cell: str) -> None:
        """Give a cell a name that formulas can use."""
        self._book.define_name(name, f"={cell}")

    def mark_variance(self, sheet: BulkWorksheet, cells: str) -> None:
        """Show unfavourable amounts red, favourable ones green."""
        for criterion, look in ((">", "bad"), ("<", "good")):
            sheet.conditional_format(
                cells, {"type": "cell", "criteria": criterion, "value": 0, "format": self.formats[look]}
            )

    def mark_difference(self, sheet: BulkWorksheet, cells: str) -> None:
        """Show 0.00 green and anything else white on red."""
        first = cells.split(":")[0].split("!")[-1]
        for formula, look in (
            (f"=AND(ISNUMBER({first}),{first}<>0)", "bad difference"),
            (f"=AND(ISNUMBER({first}),{first}=0)", "good difference"),
        ):
            sheet.conditional_format(cells, {"type": "formula", "criteria": formula, "format": self.formats[look]})

    def properties(self, title: str, comments: str) -> None:
        """Say in the file's properties what it is."""
        self._book.set_properties({"title": title, "comments": comments, "author": "Tieout"})

    def close(self) -> None:
        """Write the file."""
        self._book.close()
