"""The load ledger: which files were delivered, which batches they became, which Parquet files those wrote.

One SQLite file, raw/ledger.sqlite. A run writes all its entries in one transaction at its end: before that commit
nothing it wrote is visible to any reader.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from settings.home import Home

SCHEMA = """
create table if not exists run (
    run_id integer primary key, recorded_at text not null
);
create table if not exists delivered_file (
    delivery_seq integer primary key, source text not null, source_file text not null, table_name text not null,
    sha256 text not null, byte_count integer not null, delivery text not null, recorded_at text not null,
    kept_path text not null, run_id integer not null, supersedes integer, superseded_by integer
);
create index if not exists delivered_file_name on delivered_file (source, source_file);
create table if not exists sighting (
    source text not null, source_file text not null, byte_count integer not null, mtime_ns integer not null,
    sha256 text not null, primary key (source, source_file)
);
create table if not exists batch (
    batch_id text primary key, run_id integer not null, source_system text not null, dataset text not null,
    recorded_at text not null, delivered_rows integer not null, accepted_rows integer not null,
    unchanged_rows integer not null, rejected_rows integer not null, deleted_rows integer not null,
    healed_rows integer not null, first_event_date text, last_event_date text, file_count integer not null,
    everything integer not null, built_by text
);
create table if not exists batch_date (batch_id text not null, date text not null, primary key (batch_id, date));
create table if not exists batch_file (
    batch_id text not null, delivery_seq integer not null, primary key (batch_id, delivery_seq)
);
create table if not exists part (
    path text primary key, batch_id text not null, dataset text not null, event_date text
);
create index if not exists part_dataset on part (dataset, event_date);
create table if not exists quarantine_part (
    path text primary key, batch_id text not null, dataset text not null, row_count integer not null,
    closed_by_run integer
);
create table if not exists unit_day (
    dataset text not null, company_id text not null, work_unit_id text not null, event_date text not null,
    primary key (dataset, company_id, work_unit_id, event_date)
);
"""


def ledger_file(home: Home) -> Path:
    """The SQLite file."""
    return home.raw / "ledger.sqlite"


@contextmanager
def open_ledger(home: Home) -> Iterator[sqlite3.Connection]:
    """Open the ledger, creating it if need be. Rows are `sqlite3.Row`; nothing is committed unless the caller does."""
    home.raw.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(ledger_file(home), isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("pragma synchronous = full")
        if not connection.execute("select 1 from sqlite_master where name = 'unit_day'").fetchone():
            connection.executescript(SCHEMA)
        yield connection
    finally:
        connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is written inside, or none of it."""
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def insert(connection: sqlite3.Connection, table: str, rows: Iterable[dict[str, object]]) -> None:
    """Insert rows of equal keys into `table`."""
    for row in rows:
        marks = ", ".join("?" for _ in row)
        connection.execute(f"insert or replace into {table} ({', '.join(row)}) values ({marks})", list(row.values()))


def part_paths(connection: sqlite3.Connection, dataset: str, event_dates: Iterable[date] | None = None) -> list[str]:
    """Return the committed Parquet files of a dataset, relative to raw/, of the given UTC days or all."""
    rows = connection.execute("select path, event_date from part where dataset = ? order by path", [dataset])
    wanted = None if event_dates is None else {day.isoformat() for day in event_dates}
    return [row["path"] for row in rows if wanted is None or row["event_date"] in wanted]


def open_quarantine(connection: sqlite3.Connection, dataset: str | None = None) -> list[sqlite3.Row]:
    """Return the quarantine files that hold open rows (path relative to quarantine/, batch_id, dataset, row_count)."""
    return connection.execute(
        "select * from quarantine_part where closed_by_run is null and (? is null or dataset = ?) order by path",
        [dataset, dataset],
    ).fetchall()
