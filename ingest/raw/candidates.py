"""Where a batch's judged rows stand while they are compared: a temporary table, or Parquet once they are many.

Either way the view `candidate` shows them with row_no, key_hash and row_hash. Ten million sensor rows as a table take
2.5 GB and spill; as Parquet, one file a day, they take 60 MB, and where nothing is amiss those files are the raw
store's already.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.contracts.model import Contract
from ingest.raw.row_sql import key_hash_sql, row_hash_sql
from ingest.raw.store import EMPTY_DAY
from ingest.transports.relation import literal, quoted_name

# From here on rows are staged as Parquet. Below, a table is faster by some milliseconds a dataset.
MANY_BYTES = 48 << 20

PARQUET = "format parquet, compression zstd, compression_level 1, parquet_version v2"
REJECTED = "__HIVE_DEFAULT_PARTITION__"
"""The folder that DuckDB writes for rows without a day: the rejected ones."""
REASONS = "struct(code varchar, reason varchar)[]"
REASONS_JSON = '[{"code": "VARCHAR", "reason": "VARCHAR"}]'


@dataclass(frozen=True)
class Staged:
    """Where the rows are. `day_folder` holds event_date=…/ folders of rows accepted so far and one of rejected rows."""

    day_folder: Path | None = None

    def day_files(self) -> list[tuple[str, Path]]:
        """The staged files of accepted rows, with their UTC day."""
        return [(day, file) for day, file in self._files() if day != REJECTED]

    def rejected_files(self) -> list[tuple[str, Path]]:
        """The staged files of rejected rows."""
        return [(day, file) for day, file in self._files() if day == REJECTED]

    def _files(self) -> list[tuple[str, Path]]:
        if self.day_folder is None:
            return []
        return [
            (folder.name.removeprefix("event_date="), file)
            for folder in sorted(self.day_folder.iterdir())
            for file in sorted(folder.iterdir())
        ]

    def clear(self) -> None:
        """Delete what is left of the staged files."""
        if self.day_folder is not None:
            shutil.rmtree(self.day_folder, ignore_errors=True)


def stage(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    sql: str,
    absent: dict[str, str],
    byte_count: int,
    folder: Path,
    name: str,
    constants: Mapping[str, str] | None = None,
) -> Staged:
    """Run the judging statement `sql` and show its rows as the view `candidate`.

    `absent` and `constants` are as in Judged; of many rows, the former are not written and the latter cheaply.
    `folder` is the dataset's folder in the raw store, where files may be staged under temporary names.
    """
    # A stream has no known size, so DuckDB takes the delivered rows for the smaller side of every join and builds its
    # hash tables from them: 40 s instead of 2 s on 10 million rows. In our joins the right side is the small one.
    connection.execute("set disabled_optimizers = 'join_order,build_side_probe_side'")
    try:
        return _stage(connection, contract, sql, absent, byte_count, folder, name, constants or {})
    finally:
        connection.execute("reset disabled_optimizers")


def _stage(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    sql: str,
    absent: dict[str, str],
    byte_count: int,
    folder: Path,
    name: str,
    constants: Mapping[str, str],
) -> Staged:
    if byte_count < MANY_BYTES:
        connection.execute(f"create or replace temp table candidate_rows as {sql}")
        _show(connection, contract, "select rowid as row_no, * from candidate_rows")
        return Staged()
    staged = folder / f"{name}.tmp"
    shutil.rmtree(staged, ignore_errors=True)
    day = f"{quoted_name(contract.partition_by)}::date" if contract.partition_by else f"date '{EMPTY_DAY}'"
    staged.mkdir(parents=True)
    connection.execute(f"""copy (
        select * exclude ({_listed(["reasons", "row_json", *absent])}) {_as_dictionaries(constants)},
          case when reasons is not null then json_object('reasons', reasons, 'row_json', row_json)::varchar end
            as refusal,
          case when reasons is null then {day} end as event_date
        from ({sql})
      ) to {literal(staged)} ({PARQUET}, partition_by (event_date), overwrite_or_ignore)""")
    _show(connection, contract, _staged_rows(Staged(staged), absent))
    return Staged(staged)


FILE_OF_ROW = "row_no >> 40"
"""SQL: the place in `day_files` of the file that holds the row; for rows that are not rejected."""


def row_no_sql(file_index: str) -> str:
    """SQL: the number of a row in the staged file of that place."""
    return f"({file_index}::bigint << 40) + file_row_number"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(quoted_name(name) for name in names)


def _as_dictionaries(constants: Mapping[str, str]) -> str:
    """Write an enum of one value, which is text in Parquet: 0.03 s on 10 million rows, 0.23 s as text."""
    columns = [f"{literal(text)}::enum({literal(text)}) as {quoted_name(name)}" for name, text in constants.items()]
    return f"replace ({', '.join(columns)})" if columns else ""


def _staged_rows(staged: Staged, absent: dict[str, str]) -> str:
    """The rows as they were judged, each with a number: from 0 on of the accepted, negative of the rejected."""
    # Reasons and row in one text, null in accepted rows: as two columns they take 0.5 s more CPU.
    number = row_no_sql("file_index")
    constant = "".join(f", {value} as {quoted_name(name)}" for name, value in absent.items())
    kinds = (
        (staged.day_files(), number, f"null::{REASONS}", "null::json"),
        (
            staged.rejected_files(),
            f"-1 - ({number})",
            f"from_json(refusal -> 'reasons', {literal(REASONS_JSON)})",
            "refusal -> 'row_json'",
        ),
    )
    parts = []
    for files, row_no, reasons, row_json in kinds:
        listed = ", ".join(literal(file) for _, file in files)
        if listed:
            parts.append(f"""select {row_no} as row_no,
              * exclude (file_row_number, refusal), {reasons} as reasons, {row_json} as row_json{constant}
            from read_parquet([{listed}], file_row_number = true, hive_partitioning = false)""")
    return " union all by name ".join(parts)


def _show(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: str) -> None:
    connection.execute(f"""create or replace temp view candidate as
        select *, {key_hash_sql(contract)} as key_hash, {row_hash_sql(contract)} as row_hash from ({rows})""")
