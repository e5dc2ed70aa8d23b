"""Read one sheet of an Excel workbook (xlsx, xlsb) as text, row by row as the sheet numbers them."""

from __future__ import annotations

from pathlib import Path

import fastexcel
import pyarrow as pa


def read_sheet(
    path: Path, sheet: str | int, header: bool, columns: tuple[str, ...]
) -> tuple[tuple[str, ...], pa.Table]:
    """Return the column names and a table of text columns plus `source_line`, the row number in the sheet.

    Whole numbers have no decimal point, dates are ISO 8601. Wholly blank rows are left out. Raises ValueError with
    what is wrong and what to do.
    """
    try:
        workbook = fastexcel.read_excel(str(path))
    except fastexcel.FastExcelError as error:
        what = str(error).splitlines()[0]
        if "password" in what.lower() or _is_encrypted(path):
            raise ValueError("is protected by a password; save it without one and deliver it again") from error
        raise ValueError(f"is no readable workbook ({what}); save it again as xlsx and deliver it again") from error
    try:
        loaded = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
        cells = pa.table(loaded.to_arrow())
    except fastexcel.SheetNotFoundError as error:
        raise ValueError(
            f"has no sheet {sheet!r} (it has {', '.join(workbook.sheet_names)}); name one of these in source.yml"
        ) from error
    except fastexcel.FastExcelError as error:
        raise ValueError(f"its sheet {sheet!r} cannot be read ({str(error).splitlines()[0]}); save it again") from error
    lines = range(1, cells.num_rows + 1)
    rows = [(line, row) for line, row in zip(lines, _rows(cells), strict=True) if any(row)]
    if header:
        if not rows:
            raise ValueError(f"its sheet {sheet!r} is blank; deliver it again, with a header at least")
        names = [(name or "").strip() for name in rows[0][1]]
        rows = rows[1:]
    else:
        names = list(columns)
    names = names + [""] * (cells.num_columns - len(names))
    used = [position for position, name in enumerate(names[: cells.num_columns]) if name]
    taken = [names[position] for position in used]
    twice = next((name for name in taken if [n.lower() for n in taken].count(name.lower()) > 1), None)
    if twice:
        raise ValueError(f"its header names the column {twice!r} twice; rename one")
    content = {names[position]: pa.array([row[position] for _, row in rows], pa.string()) for position in used}
    content["source_line"] = pa.array([line for line, _ in rows], pa.int64())
    return tuple(taken), pa.table(content)


def _rows(cells: pa.Table) -> list[tuple[str | None, ...]]:
    if cells.num_columns == 0:
        return []
    return list(zip(*(column.to_pylist() for column in cells.columns), strict=True))


def _is_encrypted(path: Path) -> bool:
    """Say whether an xlsx is wrapped in the container that Office uses for encrypted packages."""
    with path.open("rb") as stream:
        head = stream.read(1 << 20)
    return head.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in head
