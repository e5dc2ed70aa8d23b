"""The immutable raw store on disk: column lists, file names, typed empty files, and the sweep after a killed run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import duckdb

from ingest.contracts.model import Contract, load_contracts
from ingest.raw.ledger import Part, committed_parts
from ingest.raw.row_sql import stored_columns
from ingest.transports.relation import literal, quoted_name
from settings.home import Home

PROVENANCE = {
    "source_system": "VARCHAR",
    "source_file": "VARCHAR",
    "source_line": "BIGINT",
    "batch_id": "VARCHAR",
    "delivery_seq": "BIGINT",
    "recorded_at": "TIMESTAMP",
    "changed_at": "TIMESTAMP",
    "is_deleted": "BOOLEAN",
}
"""What ingest stores with every row beside company_id; source_key and row_hash are computed by the views."""

EMPTY_FILE = "empty.parquet"
EMPTY_DAY = "1970-01-01"


def dataset_folder(home: Home, contract: Contract) -> Path:
    """Where a dataset's Parquet files lie."""
    return home.raw / contract.dataset


def empty_file(home: Home, contract: Contract) -> Path:
    """The typed file without rows that keeps every glob and every view valid."""
    folder = dataset_folder(home, contract)
    return folder / f"event_date={EMPTY_DAY}" / EMPTY_FILE if contract.partition_by else folder / EMPTY_FILE


def write_empty_files(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write each dataset's empty typed file where it is missing or its columns are not today's."""
    stamp = home.raw / "columns.txt"
    today = "\n".join(f"{name} {_signature(contract)}" for name, contract in sorted(load_contracts().items()))
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == today:
        return
    for contract in load_contracts().values():
        file = empty_file(home, contract)
        file.parent.mkdir(parents=True, exist_ok=True)
        columns = {**stored_columns(contract), **PROVENANCE}
        values = ", ".join(f"null::{kind} as {quoted_name(name)}" for name, kind in columns.items())
        connection.execute(f"copy (select {values} limit 0) to {literal(file)} (format parquet)")
    stamp.write_text(today, encoding="utf-8")


def _signature(contract: Contract) -> str:
    return ",".join(f"{name}:{kind}" for name, kind in stored_columns(contract).items())


class RawStore:
    """The Parquet files a run may read: those committed, and those it has written itself so far."""

    def __init__(self, home: Home, ledger: sqlite3.Connection) -> None:
        self.home = home
        self.ledger = ledger
        self.written: list[Part] = []

    def scan(self, contract: Contract, event_dates: Iterable[date] | None = None) -> str | None:
        """Return the FROM item over a dataset's rows, of the given UTC days or all; None if there are none."""
        days = None if event_dates is None else {day.isoformat() for day in event_dates}
        parts = committed_parts(self.ledger, contract.dataset, event_dates)
        parts += [
            part
            for part in self.written
            if part.dataset == contract.dataset and (days is None or part.event_date in days)
        ]
        return f"({rows_sql(self.home, contract, parts)})" if parts else None


def column_list(contract: Contract, absent: Iterable[str] = ()) -> str:
    """Return what the ledger notes as a file's columns: {name: DuckDB type} as JSON, those left out that it lacks."""
    left_out = set(absent)
    stored = {**stored_columns(contract), **PROVENANCE}
    return json.dumps({name: kind for name, kind in stored.items() if name not in left_out}, sort_keys=True)


def rows_sql(home: Home, contract: Contract, parts: Iterable[Part]) -> str:
    """Return a SELECT over files of one dataset: its stored columns, provenance, and event_date where kept by day.

    Files of like columns are read together, since DuckDB then opens the first alone before it plans: opening all,
    as `union_by_name` does, takes 0.25 ms a file and query. What a file lacks is null.
    """
    alike: dict[str | None, list[Path]] = {}
    for part in parts:
        alike.setdefault(part.columns, []).append(home.raw / part.path)
    if not alike:
        alike[column_list(contract)] = [empty_file(home, contract)]
    return " union all ".join(_alike_sql(home, contract, columns, files) for columns, files in alike.items())


def _alike_sql(home: Home, contract: Contract, columns: str | None, files: Sequence[Path]) -> str:
    wanted = {**stored_columns(contract), **PROVENANCE}
    held = wanted if columns is None else json.loads(columns)
    by_day = contract.partition_by is not None
    listed = [quoted_name(name) if held.get(name) == kind else _cast(name, kind, held) for name, kind in wanted.items()]
    if by_day:
        listed.append("event_date")
    if columns is None:
        scan = parquet_scan([empty_file(home, contract), *files], by_day=by_day)
    else:
        scan = parquet_scan(files, by_day=by_day, alike=True)
    return f"select {', '.join(listed)} from {scan}"


def _cast(name: str, kind: str, held: dict[str, str]) -> str:
    value = f"{quoted_name(name)}::{kind}" if name in held else f"null::{kind}"
    return f"{value} as {quoted_name(name)}"


def parquet_scan(files: Iterable[Path], *, by_day: bool = False, alike: bool = False) -> str:
    """Return `read_parquet(...)` over files of one dataset; columns that an older file lacks read as null.

    `alike` says that all have the columns of the first. `by_day` adds the folder's event_date as a column: a filter on
    it then opens the files of those days only.
    """
    listed = ", ".join(literal(file) for file in files)
    days = "hive_partitioning = true, hive_types = {event_date: date}" if by_day else "hive_partitioning = false"
    return f"read_parquet([{listed}], union_by_name = {str(not alike).lower()}, {days})"


def sweep(home: Home, ledger: sqlite3.Connection) -> int:
    """Delete what a killed run left: Parquet and kept files that no ledger entry names. Returns how many."""
    kept = {row["path"] for row in ledger.execute("select path from part")}
    orphans = [
        file
        for file in home.raw.glob("*/**/*.parquet*")
        if file.name != EMPTY_FILE
        and file.parent != home.raw / "ledger"
        and str(file.relative_to(home.raw)) not in kept
    ]
    # What is no longer open stays: the figures as known at a past moment count it.
    quarantined = {row["path"] for row in ledger.execute("select path from quarantine_part")}
    orphans += [file for file in home.quarantine.glob("*.parquet*") if file.name not in quarantined]
    delivered = {row["kept_path"] for row in ledger.execute("select kept_path from delivered_file")}
    if home.delivered.is_dir():
        orphans += [
            file
            for file in home.delivered.glob("*/*")
            if file.is_file() and str(file.relative_to(home.root)) not in delivered
        ]
    for file in orphans:
        file.unlink()
    return len(orphans)
