"""Turn examined files into the text of a DuckDB query over their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from ingest.transports.blocks import Record, record_batch, schema, unquoted_batches
from ingest.transports.examine import ExaminedFile
from ingest.transports.form import TableForm
from ingest.transports.quoted import records

SHAPE_COLUMNS = ("source_file", "source_line", "shape_problem", "delivered_line")
"""Columns that every relation has beside the delivered ones: where a row stands, what is wrong with its shape (null
if nothing), and then the line as delivered."""

UNDECLARED = "undeclared "
"""How shape_problem begins where a line can be read, and says something that the source declares nowhere."""

SMALL_FILE_BYTES = 4 << 20
_STREAMED_ROWS = 200_000
_RECORD_ROWS = 50_000
_LINES = pa.schema([("line", pa.string_view()), ("source_line", pa.int64()), ("file_no", pa.int32())])


def relation(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    files: Sequence[ExaminedFile],
    form: TableForm,
    wanted: Iterable[str] = (),
) -> str:
    """Return a SELECT over the rows of `files`: their columns as text (Parquet: as they are) and SHAPE_COLUMNS.

    Text arrives as a stream that can be read once; materialise the query if it is needed twice. Registers objects
    under names that begin with `name`. `wanted` are JSON keys to read beyond those found in the first lines.
    source_line is the physical line of a text file (header = line 1), the row number of a sheet, and the row's
    position in a Parquet file, from 1. A record over several lines carries the number of its first. A number in JSON
    keeps 15 to 17 digits; one with more must be delivered as a string.
    """
    if form.format == "parquet":
        parts = _parquet(files)
    elif form.format == "excel":
        parts = [_sheet(connection, f"{name}_{number}", file, form) for number, file in enumerate(files)]
    elif form.format == "lines":
        parts = [_lines(connection, name, files)]
    elif form.format == "jsonl":
        columns = tuple(dict.fromkeys([*(column for file in files for column in file.columns), *wanted]))
        parts = [_json(connection, name, files, columns, form)]
    else:
        parts = _csv(connection, name, files, form)
    return "\nunion all by name\n".join(parts)


def _csv(connection: duckdb.DuckDBPyConnection, name: str, files: Sequence[ExaminedFile], form: TableForm) -> list[str]:
    alike: dict[tuple[tuple[str, ...], bool], list[ExaminedFile]] = defaultdict(list)
    for file in files:
        alike[file.columns, file.quoted].append(file)
    parts = []
    for number, ((columns, quoted), group) in enumerate(alike.items()):
        stream = f"{name}_{number}"
        batches = _quoted_batches(group, form) if quoted else _unquoted_batches(group, form)
        connection.register(stream, pa.RecordBatchReader.from_batches(schema(len(columns)), batches))
        values = ",\n    ".join(
            f"{_not_null_text(f'field_{position}', form)} as {quoted_name(column)}"
            for position, column in enumerate(columns)
        )
        parts.append(f"""select
    {values},
    {_file_name(group)} as source_file, source_line, shape_problem, delivered_line
  from {quoted_name(stream)}""")
    return parts


def _json(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    files: Sequence[ExaminedFile],
    columns: tuple[str, ...],
    form: TableForm,
) -> str:
    connection.register(name, pa.RecordBatchReader.from_batches(_LINES, _line_batches(files)))
    texts = {column: f"json_extract_string(content, {literal(_json_path(column))})" for column in columns}
    values = ",\n    ".join(f"{_not_null_text(text, form)} as {quoted_name(name)}" for name, text in texts.items())
    return f"""select
    {values},
    {_file_name(files)} as source_file, source_line,
    case when content is null then 'the line is no whole JSON object' end as shape_problem,
    case when content is null then line end as delivered_line
  from (
    select case when json_valid(line) and json_type(line) = 'OBJECT' then line::json end as content, *
    from {quoted_name(name)} where trim(line) <> ''
  )"""


def _lines(connection: duckdb.DuckDBPyConnection, name: str, files: Sequence[ExaminedFile]) -> str:
    """Whole lines, for a mapping that splits them by itself."""
    connection.register(name, pa.RecordBatchReader.from_batches(_LINES, _line_batches(files)))
    return f"""select line::varchar as line, {_file_name(files)} as source_file, source_line,
    null::varchar as shape_problem, null::varchar as delivered_line
  from {quoted_name(name)} where trim(line) <> ''"""


def _json_path(column: str) -> str:
    return '$."' + column.replace('"', '\\"') + '"'


def _parquet(files: Sequence[ExaminedFile]) -> list[str]:
    alike: dict[tuple[str, ...], list[ExaminedFile]] = defaultdict(list)
    for file in files:
        alike[file.columns].append(file)
    parts = []
    for group in alike.values():
        paths = ", ".join(literal(file.path) for file in group)
        names = ", ".join(f"{literal(file.path)}: {literal(file.name)}" for file in group)
        found = literal(group[0].name) if len(group) == 1 else f'map {{{names}}}["filename"]'
        parts.append(f"""select * exclude (file_row_number, "filename"), {found} as source_file,
    file_row_number + 1 as source_line, null::varchar as shape_problem, null::varchar as delivered_line
  from read_parquet([{paths}], file_row_number = true, filename = true, hive_partitioning = false)""")
    return parts


def _sheet(connection: duckdb.DuckDBPyConnection, name: str, file: ExaminedFile, form: TableForm) -> str:
    connection.register(name, file.rows)
    values = ", ".join(f"{_not_null_text(quoted_name(c), form)} as {quoted_name(c)}" for c in file.columns)
    return f"""select {values}, {literal(file.name)} as source_file, source_line,
    null::varchar as shape_problem, null::varchar as delivered_line from {quoted_name(name)}"""


def _not_null_text(expression: str, form: TableForm) -> str:
    if not form.null_values:
        return expression
    texts = ", ".join(literal(text) for text in form.null_values)
    return f"case when trim({expression}) not in ({texts}) then {expression} end"


def _file_name(files: Sequence[ExaminedFile]) -> str:
    if len(files) == 1:
        return literal(files[0].name)
    return f"[{', '.join(literal(file.name) for file in files)}][file_no + 1]"


def _line_batches(files: Sequence[ExaminedFile]) -> Iterator[pa.RecordBatch]:
    for file_no, file in enumerate(files):
        if file.byte_count <= SMALL_FILE_BYTES:
            yield _small_file(file, file_no)
        else:
            yield from _large_file(file, file_no)


def _small_file(file: ExaminedFile, file_no: int) -> pa.RecordBatch:
    text = file.path.read_bytes().decode("utf-8")
    lines = (text.replace("\r\n", "\n") if "\r" in text else text).split("\n")[file.first_line - 1 :]
    numbers = range(file.first_line, file.first_line + len(lines))
    file_nos = pa.array([file_no] * len(lines), pa.int32())
    return pa.record_batch([pa.array(lines, pa.string_view()), pa.array(numbers, pa.int64()), file_nos], schema=_LINES)


def _large_file(file: ExaminedFile, file_no: int) -> Iterator[pa.RecordBatch]:
    lines = (
        pl.scan_lines(file.path, name="line", row_index_name="source_line", row_index_offset=1)
        .filter(pl.col("source_line") >= file.first_line)
        .select("line", pl.col("source_line").cast(pl.Int64), pl.lit(file_no, pl.Int32).alias("file_no"))
    )
    for frame in lines.collect_batches(chunk_size=_STREAMED_ROWS, maintain_order=True, engine="streaming"):
        for batch in frame.to_arrow(compat_level=pl.CompatLevel.newest()).to_batches():
            yield batch.cast(_LINES)


def _unquoted_batches(files: Sequence[ExaminedFile], form: TableForm) -> Iterator[pa.RecordBatch]:
    for file_no, file in enumerate(files):
        yield from unquoted_batches(file.path, file.first_line, len(file.columns), form.delimiter, file_no)


def _quoted_batches(files: Sequence[ExaminedFile], form: TableForm) -> Iterator[pa.RecordBatch]:
    for file_no, file in enumerate(files):
        waiting: list[Record] = []
        for record in records(file.path, file.first_line, form.delimiter, form.quote):
            waiting.append(record)
            if len(waiting) == _RECORD_ROWS:
                yield record_batch(waiting, len(file.columns), file_no)
                waiting = []
        if waiting:
            yield record_batch(waiting, len(file.columns), file_no)


def quoted_name(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """Return `text` as a SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def names_offset(text: str) -> str:
    """SQL: does a time state its offset from UTC (a sign after the date, as in +02:00)?"""
    return f"(contains(substr({text}, 12), '+') or contains(substr({text}, 12), '-'))"
