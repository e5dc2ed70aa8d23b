"""A query's result as a table for people, or as CSV, JSON or Parquet for programs. Decimals keep every digit."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from serving.json_text import json_text
from serving.query import QueryError, QueryResult

if TYPE_CHECKING:
    from rich.table import Table

ROWS_SHOWN = 50
_NO_VALUE = "—"
_NUMBERS = {"DECIMAL", "FLOAT", "DOUBLE"} | {
    f"{sign}{size}" for sign in ("", "U") for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
}


class Format(StrEnum):
    """How a result is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def write_result(
    result: QueryResult, form: Format, target: Path | IO[str] = sys.stdout, *, rows_shown: int = ROWS_SHOWN
) -> None:
    """Write the rows of `result` to a file or an open text stream; raise QueryError when that cannot be done.

    `rows_shown` cuts the table only, with a note; the other formats hold every row. A value that is not there is — in
    a table, empty in CSV, null in JSON. Parquet sent to a stream goes to its bytes, and is refused on a terminal.
    """
    if isinstance(target, Path):
        try:
            with target.open("w", encoding="utf-8", newline="") as stream:
                write_result(result, form, stream, rows_shown=rows_shown)
        except OSError as error:
            raise QueryError(f"{target}: cannot be written ({error.strerror})") from error
        return
    match form:
        case Format.TABLE:
            _write_table(result, target, rows_shown)
        case Format.CSV:
            _write_csv(result, target)
        case Format.JSON:
            _write_json(result, target)
        case Format.PARQUET:
            _write_parquet(result, target)


def _text(value: Any, absent: str = "") -> str:
    """The value as people and spreadsheets read it."""
    match value:
        case None:
            return absent
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.isoformat(sep=" ")
        case list() | tuple() | dict():
            return json_text(value)
        case bytes():
            return value.hex()
        case _:
            return str(value)


def _write_csv(result: QueryResult, stream: IO[str]) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows([_text(value) for value in row] for row in result.rows())


def _write_json(result: QueryResult, stream: IO[str]) -> None:
    before = "[\n"
    for row in result.rows():
        stream.write(before + json_text(dict(zip(result.columns, row, strict=True))))
        before = ",\n"
    stream.write("[]\n" if before == "[\n" else "\n]\n")


def _write_parquet(result: QueryResult, stream: IO[str]) -> None:
    if stream.isatty():
        raise QueryError("Parquet is not for a terminal; send it to a file")
    # Imported here because a fifth of a second is long for a command that prints five rows.
    import pyarrow
    from pyarrow import parquet

    reader = result.record_batches()
    fields = zip(reader.schema, result.columns, strict=True)
    schema = pyarrow.schema([field.with_name(name) for field, name in fields])
    try:
        with parquet.ParquetWriter(stream.buffer, schema, compression="zstd") as writer:  # type: ignore[attr-defined]
            for batch in reader:
                writer.write_batch(pyarrow.RecordBatch.from_arrays(batch.columns, schema=schema))
    except pyarrow.ArrowException as error:
        raise QueryError(f"Parquet cannot hold this result ({error}); cast the column to text") from error


def _write_table(result: QueryResult, stream: IO[str], rows_shown: int) -> None:
    from rich.console import Console

    rows = result.rows()
    shown = [[_text(value, _NO_VALUE) for value in row] for row in islice(rows, rows_shown)]
    cut = next(rows, None) is not None
    right = [kind.split("(")[0] in _NUMBERS for kind in result.types]
    console = Console(file=stream, highlight=False, markup=False)
    table = _table(result.columns, right, shown)
    width = console.measure(table, options=console.options.update(width=100_000)).maximum
    if not stream.isatty():
        console.width = max(width, console.width)
    if width <= console.width:
        console.print(table)
    else:
        for records in _as_wide_as(console.width, result.columns, shown):
            console.print(_records(result.columns, right, records))
    if cut:
        console.print(f"the first {rows_shown} rows; there are more, and --format csv writes them all", soft_wrap=True)


def _table(columns: tuple[str, ...], right: list[bool], rows: Iterable[list[str]]) -> Table:
    """A line a row."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name, numeric in zip(columns, right, strict=True):
        table.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _as_wide_as(width: int, columns: tuple[str, ...], rows: list[list[str]]) -> Iterator[list[list[str]]]:
    """Cut the rows into groups that fit side by side on the terminal, at least one row each."""
    gap = 2
    names = max(len(name) for name in columns)
    group: list[list[str]] = []
    used = names
    for row in rows:
        needed = gap + max(len(value) for value in row)
        if group and used + needed > width:
            yield group
            group, used = [], names
        group.append(row)
        used += needed
    if group:
        yield group


def _records(columns: tuple[str, ...], right: list[bool], rows: list[list[str]]) -> Table:
    """A line a column: for results wider than the terminal, where a line a row would be unreadable."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    for _ in rows:
        table.add_column(overflow="fold")
    for number, name in enumerate(columns):
        justify = "right" if right[number] else "left"
        table.add_row(name, *(Text(row[number], justify=justify) for row in rows))  # type: ignore[arg-type]
    table.add_row()
    return table
