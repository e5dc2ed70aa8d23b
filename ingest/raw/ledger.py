"""The load ledger: which files were delivered, which batches they became, which Parquet files those wrote.

One SQLite file, raw/ledger.sqlite. A run writes all its entries in one transaction at its end: before that commit
nothing it wrote is visible to any reader.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path

from settings.home import Home

VERSION = 1
"""Raised with every change to the tables, so that an older home is brought up to date."""

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
    path text primary key, batch_id text not null, dataset text not null, event_date text, columns text,
    restates integer
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
        if connection.execute("pragma user_version").fetchone()[0] < VERSION:
            bring_up_to_date(connection)
        yield connection
    finally:
        connection.close()


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Create what is missing. A file of an older home has no `columns` and no `restates`: what it holds is unknown."""
    connection.executescript(SCHEMA)
    present = {row["name"] for row in connection.execute("pragma table_info(part)")}
    for name, kind in (("columns", "text"), ("restates", "integer")):
        if name not in present:
            connection.execute(f"alter table part add column {name} {kind}")
    connection.execute(f"pragma user_version = {VERSION}")


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


@contextmanager
def one_reading(connection: sqlite3.Connection) -> Iterator[None]:
    """Let every question inside be answered from one state of the ledger, whatever is committed meanwhile."""
    connection.execute("begin")
    try:
        yield
    finally:
        connection.execute("rollback")


def insert(connection: sqlite3.Connection, table: str, rows: Iterable[dict[str, object]]) -> None:
    """Insert rows of equal keys into `table`."""
    for row in rows:
        marks = ", ".join("?" for _ in row)
        connection.execute(f"insert or replace into {table} ({', '.join(row)}) values ({marks})", list(row.values()))


@dataclass(frozen=True)
class Part:
    """One Parquet file of the raw store. `path` is relative to raw/; `event_date` the UTC day of all its rows, if any.

    `columns` lists the stored columns that the file holds, with their types; null where that is not known.
    `restates` says whether a row of the file is a deletion or a further version of a key (of that day, if any); null
    likewise.
    """

    path: str
    batch_id: str
    dataset: str
    event_date: str | None
    columns: str | None
    restates: bool | None


def committed_parts(
    connection: sqlite3.Connection, dataset: str, event_dates: Iterable[date] | None = None
) -> list[Part]:
    """Return the committed Parquet files of a dataset, of the given UTC days or all, in the order of their paths."""
    names = ", ".join(column.name for column in fields(Part))
    asked = f"select {names} from part where dataset = ?"
    if event_dates is None:
        rows = connection.execute(f"{asked} order by path", [dataset]).fetchall()
    else:
        days = json.dumps([day.isoformat() for day in event_dates])
        rows = connection.execute(
            f"{asked} and event_date in (select value from json_each(?)) order by path", [dataset, days]
        ).fetchall()
    return [
        Part(
            path=row["path"],
            batch_id=row["batch_id"],
            dataset=row["dataset"],
            event_date=row["event_date"],
            columns=row["columns"],
            restates=None if row["restates"] is None else bool(row["restates"]),
        )
        for row in rows
    ]


def open_quarantine(connection: sqlite3.Connection, dataset: str | None = None) -> list[sqlite3.Row]:
    """Return the quarantine files that hold open rows (path relative to quarantine/, batch_id, dataset, row_count)."""
    return connection.execute(
        "select * from quarantine_part where closed_by_run is null and (? is null or dataset = ?) order by path",
        [dataset, dataset],
    ).fetchall()


def quarantine_open_at(connection: sqlite3.Connection, known_at: datetime) -> list[sqlite3.Row]:
    """Return the quarantine files whose rows were open at a moment (UTC, naive); as `open_quarantine` does for now.

    The name of a quarantine file begins with the run that wrote it.
    """
    moment = known_at.isoformat(" ")
    return connection.execute(
        """
        select quarantine_part.* from quarantine_part
        inner join run as opened on opened.run_id = cast(substr(path, 1, instr(path, '-') - 1) as integer)
        left join run as closed on closed.run_id = quarantine_part.closed_by_run
        where opened.recorded_at <= ? and (closed_by_run is null or closed.recorded_at > ?)
        order by path
        """,
        [moment, moment],
    ).fetchall()
