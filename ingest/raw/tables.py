"""The delivered tables of one source as DuckDB relations, and the dataset that a mapping makes of them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

from ingest.contracts.model import Contract
from ingest.mapping import Mapping, SourceFolder
from ingest.mapping.folder import SourceTable
from ingest.transports import SHAPE_COLUMNS, ExaminedFile, UnreadableFileError, examine, relation
from ingest.transports.form import Format
from ingest.transports.relation import quoted_name
from settings.errors import ConfigurationError

EXTRA_COLUMNS = ("company_id", "changed_at", "is_deleted")
"""Columns that may be delivered with every dataset."""


TEXT_BYTES_OF_A_VALUE = 12
"""What a value of a sensor file takes in a CSV."""


@dataclass(frozen=True)
class ReadyFile:
    """A kept file, examined, with its place in the order of deliveries."""

    examined: ExaminedFile
    delivery_seq: int
    delivery: str
    format: Format

    @cached_property
    def text_bytes(self) -> int:
        """About how large the file is as text: Parquet takes a tenth of that and less."""
        if self.format != "parquet":
            return self.examined.byte_count
        shape = pq.read_metadata(self.examined.path)
        return int(shape.num_rows) * int(shape.num_columns) * TEXT_BYTES_OF_A_VALUE


def examine_all(
    files: Sequence[tuple[Path, str, Path, SourceTable, int, str]], scratch: Path, problems: list[str]
) -> dict[int, ReadyFile]:
    """Examine (where to read, name, where it was delivered, table, delivery_seq, delivery) and collect problems."""
    ready = {}
    for path, name, delivered, table, delivery_seq, delivery in files:
        try:
            found = examine(path, name, table.form, scratch)
            ready[delivery_seq] = ReadyFile(found, delivery_seq, delivery, table.format)
        except UnreadableFileError as error:
            problems.append(f"{delivered}: {error}")
    return ready


def delivered_dataset(
    connection: duckdb.DuckDBPyConnection, contract: Contract, files: Sequence[ReadyFile], table: SourceTable
) -> tuple[str, set[str]]:
    """Return the SELECT over files that hold a dataset as it is, and the contract's columns among theirs."""
    by_form: dict[str, list[ExaminedFile]] = {}
    for file in files:
        by_form.setdefault(file.examined.path.suffix, []).append(file.examined)
    known = {column.name for column in contract.columns} | set(EXTRA_COLUMNS)
    found = {column.lower() for file in files for column in file.examined.columns} & known
    if table.format == "jsonl":
        found = known
    sql = relation(connection, f"delivered_{contract.dataset}", [f.examined for f in files], table.form, sorted(known))
    return sql, found


def mapped_dataset(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    folder: SourceFolder,
    mapping: Mapping,
    files: Lookup[str, Sequence[ReadyFile]],
) -> tuple[str, set[str]]:
    """Materialise the mapping's tables and return its SELECT with the shape columns, and the columns it yields.

    `files` holds, per table, the files to read. Raises ConfigurationError naming the mapping's file and the column.
    """
    for name in (*mapping.driving, *mapping.joined):
        table = folder.tables[name]
        if files.get(name):
            sql = relation(connection, f"stream_{name}", [file.examined for file in files[name]], table.form)
        else:
            used = [column for column in _columns_used(mapping, name) if column.lower() != "source_line"]
            columns = dict.fromkeys([*used, "source_file", "shape_problem", "delivered_line"])
            texts = ", ".join(f"null::varchar as {quoted_name(column)}" for column in columns)
            sql = f"select {texts}, null::bigint as source_line limit 0"
        # Parquet is read where it lies, so that what a SELECT asks for is all that is read; it has no misshapen rows.
        # A text that is needed once goes by as a stream: 4 million readings take 0.9 s of CPU, as a table 1.9 s.
        is_view = (table.format == "parquet" or name in mapping.streamed) and bool(files.get(name))
        for kind in ("view", "table"):
            if connection.execute(
                "select 1 from duckdb_tables() where table_name = $1 and temporary and $2 = 'table' "
                "union all select 1 from duckdb_views() where view_name = $1 and temporary and $2 = 'view'",
                [name, kind],
            ).fetchone():
                connection.execute(f"drop {kind} temp.{quoted_name(name)}")
        connection.execute(f"create temp {'view' if is_view else 'table'} {quoted_name(name)} as {sql}")
    try:
        described = connection.execute(f"describe {mapping.sql}").fetchall()
    except duckdb.Error as error:
        raise ConfigurationError(f"{mapping.file}: {_first_line(error)}; mend the SELECT") from error
    yielded = [str(row[0]).lower() for row in described]
    _check_columns(contract, mapping, yielded)
    if mapping.tells_misfits:
        return mapping.sql, set(yielded) - set(SHAPE_COLUMNS)
    # Rows whose shape is wrong never pass through the SELECT: they have no columns it could look at.
    misshapen = " union all by name ".join(
        f"select source_file, source_line, shape_problem, delivered_line from {quoted_name(name)} "
        "where shape_problem is not null"
        for name in mapping.driving
    )
    connection.execute(f"create or replace temp table misshapen as {misshapen}")
    for name in mapping.driving:
        if folder.tables[name].format != "parquet":
            connection.execute(f"delete from {quoted_name(name)} where shape_problem is not null")
    return (
        f"""select *, null::varchar as shape_problem, null::varchar as delivered_line from ({mapping.sql})
        union all by name select * from misshapen""",
        set(yielded) - {"source_file", "source_line"},
    )


def _check_columns(contract: Contract, mapping: Mapping, yielded: list[str]) -> None:
    for place in ("source_file", "source_line"):
        if place not in yielded:
            raise ConfigurationError(
                f"{mapping.file}: yields no {place}; select it from {mapping.driving[0]}, so that rows can be "
                "found again"
            )
    known = {column.name for column in contract.columns} | set(EXTRA_COLUMNS)
    for name in yielded:
        if name not in known | {"source_file", "source_line"} | set(SHAPE_COLUMNS):
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(sorted(known))}"
            raise ConfigurationError(f"{mapping.file}: the dataset {contract.dataset} has no column {name!r}{hint}")
    required = [c.name for c in contract.columns if c.required and c.name not in ("company_id", "plant_id")]
    missing = [name for name in required if name not in yielded]
    if missing:
        raise ConfigurationError(
            f"{mapping.file}: yields no {', '.join(missing)}, which {contract.dataset} must have; select it"
        )


def _columns_used(mapping: Mapping, table: str) -> list[str]:
    """The columns that a SELECT takes from a table that was never delivered, so that it still can be run."""
    query = sqlglot.parse_one(mapping.sql, dialect="duckdb")
    aliases = {t.alias_or_name.lower() for t in query.find_all(exp.Table) if t.name.lower() == table}
    return [c.name for c in query.find_all(exp.Column) if not c.table or c.table.lower() in aliases]


def delivered_types(connection: duckdb.DuckDBPyConnection, delivered: str) -> dict[str, str]:
    """Return the DuckDB type of each column of the SELECT by the column's name in lower case."""
    rows = connection.execute(f"describe {delivered}").fetchall()
    return {str(row[0]).lower(): str(row[1]) for row in rows}


def _first_line(error: duckdb.Error) -> str:
    return " ".join(line.strip() for line in str(error).splitlines() if line.strip() and "^" not in line)[:300]


def missing_required(contract: Contract, columns: Sequence[str], plant_known: bool) -> list[str]:
    """Return the required columns that a delivered file lacks and nothing else can supply."""
    supplied = {"company_id"} | ({"plant_id"} if plant_known else set())
    have = {column.lower() for column in columns}
    return [c.name for c in contract.columns if c.required and c.name not in have and c.name not in supplied]
