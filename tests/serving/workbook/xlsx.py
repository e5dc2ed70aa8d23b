"""Reads a workbook's cells as they stand in the file: what each calculates, and the value written beside it."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True)
class Cell:
    """A cell: its formula without the equals sign, and its value as text; None where it has none."""

    formula: str | None
    value: str | None
    kind: str

    @property
    def number(self) -> Decimal | None:
        """The value as a number; None for text and for nothing."""
        return Decimal(self.value) if self.value not in (None, "") and self.kind in ("n", "") else None


def read_cells(file: Path) -> dict[str, dict[str, Cell]]:
    """Return sheet name → cell reference → cell."""
    with zipfile.ZipFile(file) as archive:
        strings = _shared_strings(archive)
        targets = {
            relation.attrib["Id"]: relation.attrib["Target"]
            for relation in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        }
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        sheets = {}
        for sheet in book.iter(f"{_MAIN}sheet"):
            target = targets[sheet.attrib[_RELATION]].removeprefix("/xl/")
            root = ElementTree.fromstring(archive.read(f"xl/{target}"))
            sheets[sheet.attrib["name"]] = dict(_cells(root, strings))
        return sheets


def _shared_strings(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    root = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
    return ["".join(text.text or "" for text in item.iter(f"{_MAIN}t")) for item in root.iter(f"{_MAIN}si")]


def _cells(root: ElementTree.Element, strings: list[str]):
    for cell in root.iter(f"{_MAIN}c"):
        kind = cell.attrib.get("t", "")
        formula, value = cell.find(f"{_MAIN}f"), cell.find(f"{_MAIN}v")
        text = value.text if value is not None else None
        if kind == "s" and text is not None:
            text = strings[int(text)]
        elif kind == "inlineStr":
            text = "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))
        yield cell.attrib["r"], Cell(formula.text if formula is not None else None, text, "" if kind == "n" else kind)


def column(cells: dict[str, Cell], letter: str, first: int = 7) -> list[str | None]:
    """The values of a column from a row on."""
    rows = [int(found[1]) for found in (re.fullmatch(rf"{letter}(\d+)", ref) for ref in cells) if found]
    return [
        cells[f"{letter}{row}"].value if f"{letter}{row}" in cells else None
        for row in range(first, max(rows, default=0) + 1)
    ]


def letter_of(cells: dict[str, Cell], title: str, row: int = 6) -> str:
    """The column with this heading."""
    found = [ref for ref, cell in cells.items() if cell.value == title and re.fullmatch(rf"[A-Z]+{row}", ref)]
    assert len(found) == 1, (title, found)
    return found[0].removesuffix(str(row))
