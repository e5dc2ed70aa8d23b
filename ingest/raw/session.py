"""What one run shares: its connection, the ledger, the store, and what it has found and written so far."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.mapping import SourceFolder, load_source_folder
from ingest.raw.batch import Taken
from ingest.raw.deliveries import DeliveredFile
from ingest.raw.ledger import open_ledger
from ingest.raw.places import KnownKeys, Places
from ingest.raw.pseudonym import read_salt
from ingest.raw.store import RawStore, sweep, write_empty_files
from ingest.raw.tables import ReadyFile
from ingest.transports.relation import literal
from settings.configuration import Configuration, Source
from settings.errors import ConfigurationError
from settings.home import Home

# DuckDB's share of the 1.5 GB an ingest may take; the reader's chunks and Python need the rest.
MEMORY_LIMIT = "900MB"


@dataclass
class Run:
    """Everything one run shares: connection, ledger, what it has found and written so far."""

    home: Home
    configuration: Configuration
    connection: duckdb.DuckDBPyConnection
    ledger: sqlite3.Connection
    store: RawStore
    places: Places
    known: KnownKeys
    scratch: Path
    recorded_at: datetime
    run_id: int
    salt: str
    folders: dict[str, SourceFolder]
    new_files: list[DeliveredFile] = field(default_factory=list)
    ready: dict[int, ReadyFile] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    batch_files: list[tuple[str, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    closed_quarantine: list[str] = field(default_factory=list)
    carried_quarantine: list[dict[str, object]] = field(default_factory=list)

    def source(self, name: str) -> Source:
        """Return the configured source of that name."""
        return next(source for source in self.configuration.sources if source.name == name)

    def begin_again(self) -> None:
        """Forget what was found and written, once it is committed: what follows is another run of the same moment."""
        self.run_id += 1
        self.store.written.clear()
        for found in (self.new_files, self.taken, self.batch_files, self.warnings):
            found.clear()
        for quarantine in (self.closed_quarantine, self.carried_quarantine):
            quarantine.clear()

    def batch_id(self, source: str, dataset: str, note: str = "") -> str:
        """Name a batch: run, source and dataset."""
        return f"{self.run_id:06d}-{source}-{dataset}{note}"


def load_folders(home: Home, configuration: Configuration) -> dict[str, SourceFolder]:
    """Return every source's folder by the source's name."""
    for source in configuration.sources:
        if source.database_env:
            raise ConfigurationError(
                f"{home.configuration_file}: sources: {source.name}: database_env: reading from a database is not "
                "available yet; deliver files and name their path"
            )
    return {source.name: load_source_folder(home, source) for source in configuration.sources}


@contextmanager
def open_connection(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB that is held to the memory limit, to UTC and to what it ships with."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute(f"set temp_directory = {literal(scratch / 'spill')}")
        connection.execute("set preserve_insertion_order = false")
        # Rows that wait to be written by day. DuckDB's default of 524,288 a thread takes 980 MB where this takes 760
        # (10 million sensor rows), and a twentieth less time.
        connection.execute("set partitioned_write_flush_threshold = 122880")
        connection.execute("set autoinstall_known_extensions = false")
        connection.execute("set autoload_known_extensions = false")
        yield connection


@contextmanager
def open_run(home: Home, configuration: Configuration, recorded_at: datetime | None) -> Iterator[Run]:
    """Open everything that a run needs and clear what a killed one left behind."""
    moment = recorded_at or datetime.now(UTC)
    moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    folders = load_folders(home, configuration)
    scratch = home.build / "ingest"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        with open_ledger(home) as ledger, open_connection(scratch) as connection:
            sweep(home, ledger)
            write_empty_files(connection, home)
            store = RawStore(home, ledger)
            last_run = ledger.execute("select coalesce(max(run_id), 0) from run").fetchone()[0]
            yield Run(
                home=home,
                configuration=configuration,
                connection=connection,
                ledger=ledger,
                store=store,
                places=Places(connection, store, configuration),
                known=KnownKeys(connection, store),
                scratch=scratch,
                recorded_at=moment,
                run_id=last_run + 1,
                salt=read_salt(home),
                folders=folders,
            )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
