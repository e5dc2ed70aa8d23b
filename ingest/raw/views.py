"""The raw store as views: a dataset each, the load ledger, delivered files, the open quarantine, people's decisions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from ingest.contracts.model import Contract, load_contracts
from ingest.contracts.raw_tables import ledger_table
from ingest.raw.ledger import (
    Part,
    committed_parts,
    one_reading,
    open_ledger,
    open_quarantine,
    quarantine_open_at,
)
from ingest.raw.row_sql import row_hash_sql, source_key_sql, stored_columns
from ingest.raw.store import PROVENANCE, parquet_scan, rows_sql, write_empty_files
from ingest.transports.relation import literal, quoted_name
from settings.home import Home
from settings.line_file import read_lines

DECISION_FILES: dict[str, Callable[[Home], Path]] = {
    "closing": lambda home: home.closings_file,
    "accepted_item": lambda home: home.accepted_items_file,
}
"""Where the home keeps what people decided, by the raw table that shows it."""

LOAD_COLUMNS, DELIVERED_FILE_COLUMNS, QUARANTINE_COLUMNS = (
    {column.name: column.type for column in ledger_table(name).columns}
    for name in ("load", "delivered_file", "quarantine")
)
CLOSED_FIGURE_COLUMNS = {column.name: column.type for column in ledger_table("closed_figure").columns}
DECISION_COLUMNS = {
    name: {column.name: column.type for column in ledger_table(name).columns} for name in DECISION_FILES
}


def create_raw_views(
    connection: duckdb.DuckDBPyConnection, home: Home, *, known_at: datetime | None = None, exports: Path | None = None
) -> None:
    """Create (or replace) schema `raw` in the connection's current database: what the ledger has committed, no more.

    One view a dataset with the contract's stored columns, source_key and provenance; `raw.load`, `raw.delivered_file`
    and `raw.quarantine` (open rows only); `raw.closing`, `raw.closed_figure` and `raw.accepted_item`, what people
    decided. Views hold absolute paths and must be made again after each ingest. `known_at` (UTC, naive) shows the
    quarantine as it was open then; every other row carries its own moment. `exports` (default: the raw store's own) is
    the folder of the files behind the views that are no rows of a delivery.
    """
    exports = exports or _ledger_folder(home)
    write_empty_files(connection, home)
    connection.execute("create schema if not exists raw")
    with open_ledger(home) as ledger, one_reading(ledger):
        export_ledger(connection, home, ledger, exports)
        for contract in load_contracts().values():
            parts = committed_parts(ledger, contract.dataset)
            connection.execute(f"create or replace view raw.{contract.dataset} as {dataset_sql(home, contract, parts)}")
        quarantined = open_quarantine(ledger) if known_at is None else quarantine_open_at(ledger, known_at)
        open_parts = [file for row in quarantined if (file := home.quarantine / row["path"]).is_file()]
    _export_decisions(connection, home, exports)
    for name, columns in {"load": LOAD_COLUMNS, "delivered_file": DELIVERED_FILE_COLUMNS, **DECISION_COLUMNS}.items():
        file = literal(_export_file(exports, name))
        connection.execute(f"create or replace view raw.{name} as select {', '.join(columns)} from {file}")
    connection.execute(f"create or replace view raw.quarantine as {_rows_of(QUARANTINE_COLUMNS, open_parts)}")
    # What a killed closing left has no line, and may be half a file.
    closing_ids = sorted({str(line["closing_id"]) for line in read_lines(home.closings_file)})
    frozen = [file for name in closing_ids if (file := home.closings / name / "figures.parquet").is_file()]
    connection.execute(f"create or replace view raw.closed_figure as {_rows_of(CLOSED_FIGURE_COLUMNS, frozen)}")


def dataset_sql(home: Home, contract: Contract, parts: list[Part]) -> str:
    """Return a SELECT over a dataset's committed files: stored columns, source_key and provenance, every version."""
    columns = ", ".join(quoted_name(name) for name in stored_columns(contract))
    computed = f"""{source_key_sql(contract)} as source_key, {", ".join(PROVENANCE)},
        {row_hash_sql(contract)} as row_hash"""
    if contract.partition_by:
        restated = {part.event_date for part in parts if part.restates is not False}
        simple = [part for part in parts if part.event_date not in restated]
        others = [part for part in parts if part.event_date in restated]
        columns, flag = f"{columns}, event_date", "{} as is_only_version"
    else:
        simple = [part for part in parts if part.restates is False]
        others = [part for part in parts if part.restates is not False]
        flag = "not {} as restates"
    return " union all ".join(
        f"""select {columns}, {computed}, {flag.format(str(is_simple).lower())}
      from ({rows_sql(home, contract, chosen)})"""
        for is_simple, chosen in ((True, simple), (False, others))
        if chosen or (is_simple and not others)
    )


def _rows_of(columns: Mapping[str, str], files: Sequence[Path]) -> str:
    """A SELECT of the columns from the files, or of none with the columns' types."""
    if not files:
        return f"select {', '.join(f'null::{kind} as {name}' for name, kind in columns.items())} limit 0"
    return f"select {', '.join(columns)} from {parquet_scan(files)}"


def _ledger_folder(home: Home) -> Path:
    return home.raw / "ledger"


def _export_file(exports: Path, name: str) -> Path:
    return exports / f"{name}.parquet"


def export_ledger(
    connection: duckdb.DuckDBPyConnection, home: Home, ledger: sqlite3.Connection, exports: Path | None = None
) -> None:
    """Write what the ledger says of batches and delivered files as Parquet, for views and for people."""
    exports = exports or _ledger_folder(home)
    batches = ledger.execute(f"select {', '.join(LOAD_COLUMNS)} from batch order by run_id, batch_id").fetchall()
    files = ledger.execute(
        "select delivery_seq, source as source_system, source_file, table_name, sha256, byte_count, recorded_at, "
        "kept_path, delivery, superseded_by from delivered_file order by delivery_seq"
    ).fetchall()
    _export(connection, _export_file(exports, "load"), LOAD_COLUMNS, [dict(row) for row in batches])
    _export(connection, _export_file(exports, "delivered_file"), DELIVERED_FILE_COLUMNS, [dict(row) for row in files])


def _export_decisions(connection: duckdb.DuckDBPyConnection, home: Home, exports: Path) -> None:
    """Write what people decided as Parquet, in the order in which they did; what a line does not say is null."""
    for name, columns in DECISION_COLUMNS.items():
        lines = enumerate(read_lines(DECISION_FILES[name](home)), start=1)
        _export(
            connection, _export_file(exports, name), columns, [{**line, "entry_no": number} for number, line in lines]
        )


def _export(
    connection: duckdb.DuckDBPyConnection, file: Path, columns: Mapping[str, str], rows: Sequence[Mapping[str, object]]
) -> None:
    values = ", ".join(
        f"unnest(${number}::varchar[])::{kind} as {column}"
        for number, (column, kind) in enumerate(columns.items(), start=1)
    )
    content = [[row.get(column) for row in rows] for column in columns]
    texts = [[None if value is None else str(value) for value in column] for column in content]
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".tmp")
    connection.execute(f"create or replace temp table exported as select {values}", texts)
    connection.execute(f"copy exported to {literal(unfinished)} (format parquet)")
    connection.execute("drop table exported")
    unfinished.rename(file)
