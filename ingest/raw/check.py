"""A dry run of one source: what its files hold, how they would be mapped, what would be rejected. Changes nothing."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from ingest.contracts.model import Contract, load_contracts
from ingest.mapping import match_files
from ingest.mapping.folder import SourceTable
from ingest.raw.acceptance_sql import DeliveredRows, Judged, judge
from ingest.raw.candidates import stage
from ingest.raw.deliveries import delivery_of, list_files, source_path
from ingest.raw.ledger import Part, bring_up_to_date, ledger_file
from ingest.raw.places import KnownKeys, Places
from ingest.raw.row_sql import stored_columns
from ingest.raw.session import load_folders, open_connection
from ingest.raw.store import PROVENANCE, RawStore
from ingest.raw.tables import (
    ReadyFile,
    delivered_dataset,
    delivered_types,
    examine_all,
    mapped_dataset,
    missing_required,
)
from ingest.raw.taking import name_files
from ingest.raw.versions import find_versions
from ingest.transports.relation import literal, quoted_name
from settings.configuration import Configuration, Source
from settings.errors import ConfigurationError
from settings.home import Home

EXAMPLES = 3
_DRY_RUN = "dry run"


@dataclass(frozen=True)
class Reject:
    """One reason code, how many rows have it, and some of them as (file, line, reasons)."""

    code: str
    rows: int
    examples: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class DatasetCheck:
    """What one dataset would receive."""

    dataset: str
    files: int
    delivered_rows: int
    accepted_rows: int
    rejected_rows: int
    mapped: tuple[str, ...]
    unmapped: tuple[str, ...]
    rejects: tuple[Reject, ...]


@dataclass(frozen=True)
class TableCheck:
    """A delivered table: its files and their columns."""

    table: str
    files: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class SourceCheck:
    """The whole dry run. `problems` are what would stop an ingest; `str()` of it is what a user reads."""

    source: str
    system: str
    path: Path
    tables: tuple[TableCheck, ...] = ()
    datasets: tuple[DatasetCheck, ...] = ()
    unread: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.source} ({self.system}) in {self.path}"]
        lines += [f"  cannot be used  {problem}" for problem in self.problems]
        for table in self.tables:
            lines.append(f"  table {table.table}: {len(table.files)} files, columns {', '.join(table.columns)}")
        for name in self.unread:
            lines.append(f"  belongs to no table: {name}")
        lines += [f"  note: {warning}" for warning in self.warnings]
        for found in self.datasets:
            lines.append(
                f"  dataset {found.dataset}: {found.delivered_rows} rows from {found.files} files, "
                f"{found.accepted_rows} good, {found.rejected_rows} rejected"
            )
            if found.unmapped:
                lines.append(f"    not delivered: {', '.join(found.unmapped)}")
            for reject in found.rejects:
                lines.append(f"    {reject.code}: {reject.rows} rows")
                lines += [f"      {file} line {line}: {why}" for file, line, why in reject.examples]
        return "\n".join(lines)


@dataclass
class _DryStore(RawStore):
    """The raw store as it is, plus the rows that the dry run has found good so far."""

    home: Home
    ledger: sqlite3.Connection
    checked: set[str] = field(default_factory=set)
    written: list[Part] = field(default_factory=list)

    def scan(self, contract: Contract, event_dates: Iterable[date] | None = None) -> str | None:
        """Return the FROM item over stored rows and those found good."""
        stored = super().scan(contract, event_dates)
        if contract.dataset not in self.checked:
            return stored
        own = f"checked_{contract.dataset}"
        return f"(from {stored} union all by name from {own})" if stored else own


def check_source(home: Home, configuration: Configuration, name: str) -> SourceCheck:
    """Read, map and judge everything that lies in the source's folder, and change nothing.

    Raises ConfigurationError if there is no such source or its folder cannot be used. Files that cannot be read are
    listed as problems; the rest is checked all the same.
    """
    source = next((source for source in configuration.sources if source.name == name), None)
    if source is None:
        known = ", ".join(source.name for source in configuration.sources)
        raise ConfigurationError(f"{home.configuration_file}: there is no source {name!r}; it lists {known}")
    only = configuration.model_copy(update={"sources": (source,)})
    with tempfile.TemporaryDirectory(prefix="tieout-check-") as scratch, _ledger(home) as ledger:
        return _check(home, only, source, Path(scratch), ledger)


def _ledger(home: Home) -> sqlite3.Connection:
    """The home's ledger copied into memory, or an empty one where nothing was ever ingested."""
    file = ledger_file(home)
    ledger = sqlite3.connect(":memory:")
    ledger.row_factory = sqlite3.Row
    if file.is_file():
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as stored:
            stored.backup(ledger)
    bring_up_to_date(ledger)
    return ledger


def _check(
    home: Home, configuration: Configuration, source: Source, scratch: Path, ledger: sqlite3.Connection
) -> SourceCheck:
    folder = load_folders(home, configuration)[source.name]
    root = source_path(home, source)
    if not root.is_dir():
        problem = f"{root}: not found; create it, mount it, or name another path in tieout.yml"
        return SourceCheck(source.name, folder.system, root, problems=(problem,))
    problems: list[str] = []
    warnings: list[str] = []
    matched, unread = match_files(folder, list_files(root, problems))
    names = sorted(matched, key=lambda file: (delivery_of(file, _DRY_RUN), file))
    asked = [
        (root / file, file, root / file, matched[file][1], number, delivery_of(file, _DRY_RUN))
        for number, file in enumerate(names, start=1)
    ]
    ready = examine_all(asked, scratch, problems)
    by_table: dict[str, list[ReadyFile]] = {}
    forms: dict[str, SourceTable] = {}
    for file in ready.values():
        table, form = matched[file.examined.name]
        if folder.identity:
            missing = missing_required(load_contracts()[table], file.examined.columns, bool(source.plant_id))
            if missing and form.format != "jsonl":
                problems.append(f"{root / file.examined.name}: lacks the column {', '.join(missing)}; deliver it")
                continue
        if forms.setdefault(table, form) == form:
            by_table.setdefault(table, []).append(file)
        else:
            warnings.append(f"{file.examined.name}: in another format than the files before it, not checked here")
    datasets = []
    with open_connection(scratch) as connection:
        store = _DryStore(home, ledger)
        places, known = Places(connection, store, configuration), KnownKeys(connection, store)
        for contract in load_contracts().values():
            mapping = folder.mappings.get(contract.dataset)
            tables = mapping.driving if mapping else (contract.dataset,) if folder.identity else ()
            files = [file for table in tables for file in by_table.get(table, [])]
            if not files:
                continue
            if mapping:
                form = folder.tables[mapping.driving[0]]
                sql, columns = mapped_dataset(connection, contract, folder, mapping, by_table)
            else:
                form = forms[contract.dataset]
                sql, columns = delivered_dataset(connection, contract, files, form)
            listed = tuple((file.examined.name, file.delivery_seq, file.delivery) for file in files)
            name_files(connection, listed)
            types = delivered_types(connection, sql)
            rows = DeliveredRows(sql, frozenset(columns), listed, form.decimal, types)
            judged = judge(contract, rows, source, places, known, salt="")
            datasets.append(_judge(connection, contract, judged, columns, len(files), scratch))
            store.checked.add(contract.dataset)
            known.forget(contract.dataset)
            if contract.dataset in ("company", "plant", "work_unit"):
                places.refresh()
    tables_seen = tuple(
        TableCheck(
            table,
            tuple(file.examined.name for file in files),
            tuple(dict.fromkeys(column for file in files for column in file.examined.columns)),
        )
        for table, files in by_table.items()
    )
    return SourceCheck(
        source.name, folder.system, root, tables_seen, tuple(datasets), tuple(unread), tuple(problems), tuple(warnings)
    )


def _judge(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    judged: Judged,
    columns: set[str],
    files: int,
    scratch: Path,
) -> DatasetCheck:
    """Judge the rows, keep the good ones for the datasets that refer to them, and count the rest by reason."""
    moment = datetime.now(UTC).replace(tzinfo=None)
    stamped = f"""select *, {literal(_DRY_RUN)} as source_system, {literal(_DRY_RUN)} as batch_id,
      timestamp '{moment.isoformat(" ")}' as recorded_at from ({judged.sql})"""
    connection.execute(f"set variable clock_changes = {judged.clock_changes}")
    staged = stage(connection, contract, stamped, judged.absent, 0, scratch, contract.dataset)
    find_versions(connection, contract, None, latest_only=False, replayed=False, corrected=False)
    stored = ", ".join([*(quoted_name(name) for name in stored_columns(contract)), *PROVENANCE])
    connection.execute(f"""create or replace temp table checked_{contract.dataset} as select {stored} from candidate
        where reasons is null and row_no not in (select row_no from verdict)""")
    staged.clear()
    connection.execute("""create or replace temp table rejected as
        select source_file, source_line,
          coalesce(reasons, [{'code': v.kind, 'reason': v.reason}]) as because
        from candidate c left join verdict v using (row_no)
        where c.reasons is not null or v.kind in ('duplicate', 'key_conflict')""")
    found = connection.execute(f"""
        select code, count(*) as row_count, arg_min(row(source_file, source_line, reason), (source_file, source_line),
          {EXAMPLES})
        from (select distinct source_file, source_line, one.code as code, one.reason as reason
          from (select source_file, source_line, unnest(because) as one from rejected))
        group by code order by row_count desc, code""").fetchall()
    counts = connection.execute(
        f"""select (select count(*) from candidate), (select count(*) from checked_{contract.dataset}), count(*)
        from rejected"""
    ).fetchone() or (0, 0, 0)
    names = [column.name for column in contract.columns if column.privacy != "drop"]
    return DatasetCheck(
        contract.dataset,
        files,
        counts[0],
        counts[1],
        counts[2],
        tuple(name for name in names if name in columns),
        tuple(name for name in names if name not in columns),
        tuple(Reject(code, rows, tuple((f, n, r) for f, n, r in examples)) for code, rows, examples in found),
    )
