"""The raw store as views: one per dataset, the load ledger, delivered files, and the open quarantine."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb

from ingest.contracts.model import Contract, load_contracts
from ingest.contracts.raw_tables import ledger_table
from ingest.raw.ledger import Part, committed_parts, open_ledger, open_quarantine
from ingest.raw.row_sql import row_hash_sql, source_key_sql, stored_columns
from ingest.raw.store import PROVENANCE, parquet_scan, rows_sql, write_empty_files
from ingest.transports.relation import literal, quoted_name
from settings.home import Home

LOAD_COLUMNS, DELIVERED_FILE_COLUMNS, QUARANTINE_COLUMNS = (
    {column.name: column.type for column in ledger_table(name).columns}
    for name in ("load", "delivered_file", "quarantine")
)


def create_raw_views(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Create (or replace) schema `raw` in the connection's current database: what the ledger has committed, no more.

    One view a dataset with the contract's stored columns, source_key and provenance; `raw.load`, `raw.delivered_file`
    and `raw.quarantine` (open rows only). Views hold absolute paths and must be made again after each ingest.
    """
    write_empty_files(connection, home)
    connection.execute("create schema if not exists raw")
    with open_ledger(home) as ledger:
        export_ledger(connection, home, ledger)
        for contract in load_contracts().values():
            parts = committed_parts(ledger, contract.dataset)
            connection.execute(f"create or replace view raw.{contract.dataset} as {dataset_sql(home, contract, parts)}")
        for name, columns in (("load", LOAD_COLUMNS), ("delivered_file", DELIVERED_FILE_COLUMNS)):
            listed = ", ".join(columns)
            connection.execute(
                f"create or replace view raw.{name} as select {listed} from {literal(_export_file(home, name))}"
            )
        open_parts = [home.quarantine / row["path"] for row in open_quarantine(ledger)]
        connection.execute(f"create or replace view raw.quarantine as {_quarantine(open_parts)}")


def dataset_sql(home: Home, contract: Contract, parts: list[Part]) -> str:
    """Return a SELECT over a dataset's committed files: stored columns, source_key and provenance, every version."""
    columns = ", ".join(quoted_name(name) for name in stored_columns(contract))
    computed = f"""{source_key_sql(contract)} as source_key, {", ".join(PROVENANCE)},
        {row_hash_sql(contract)} as row_hash"""
    if not contract.partition_by:
        return f"select {columns}, {computed} from ({rows_sql(home, contract, parts)})"
    restated = {part.event_date for part in parts if part.restates is not False}
    simple = [part for part in parts if part.event_date not in restated]
    others = [part for part in parts if part.event_date in restated]
    return " union all ".join(
        f"""select {columns}, event_date, {computed}, {str(only).lower()} as is_only_version
      from ({rows_sql(home, contract, chosen)})"""
        for only, chosen in ((True, simple), (False, others))
        if chosen or (only and not others)
    )


def _quarantine(parts: list[Path]) -> str:
    empty = ", ".join(f"null::{kind} as {name}" for name, kind in QUARANTINE_COLUMNS.items())
    if not parts:
        return f"select {empty} limit 0"
    return f"select {', '.join(QUARANTINE_COLUMNS)} from {parquet_scan(parts)}"


def _export_file(home: Home, name: str) -> Path:
    return home.raw / "ledger" / f"{name}.parquet"


def export_ledger(connection: duckdb.DuckDBPyConnection, home: Home, ledger: sqlite3.Connection) -> None:
    """Write what the ledger says of batches and delivered files as Parquet, for views and for people."""
    (home.raw / "ledger").mkdir(parents=True, exist_ok=True)
    batches = ledger.execute(f"select {', '.join(LOAD_COLUMNS)} from batch order by run_id, batch_id").fetchall()
    files = ledger.execute(
        "select delivery_seq, source as source_system, source_file, table_name, sha256, byte_count, recorded_at, "
        "kept_path, delivery, superseded_by from delivered_file order by delivery_seq"
    ).fetchall()
    for name, columns, rows in (("load", LOAD_COLUMNS, batches), ("delivered_file", DELIVERED_FILE_COLUMNS, files)):
        values = ", ".join(
            f"unnest(${number}::varchar[])::{kind} as {column}"
            for number, (column, kind) in enumerate(columns.items(), start=1)
        )
        content = [[row[column] for row in rows] for column in columns]
        texts = [[None if value is None else str(value) for value in column] for column in content]
        file = _export_file(home, name)
        unfinished = file.with_suffix(".tmp")
        connection.execute(f"create or replace temp table exported as select {values}", texts)
        connection.execute(f"copy exported to {literal(unfinished)} (format parquet)")
        connection.execute("drop table exported")
        unfinished.rename(file)
