"""One ingest run: find what is new, refuse what cannot be read, take in dataset by dataset, commit once."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.contracts.model import Contract, load_contracts
from ingest.mapping import SourceFolder, load_source_folder
from ingest.mapping.folder import SourceTable
from ingest.mapping.match import match_files
from ingest.raw.acceptance_sql import DeliveredRows, judge
from ingest.raw.affected import widen
from ingest.raw.batch import Taken, take
from ingest.raw.configured import configured_rows
from ingest.raw.deliveries import DeliveredFile, find_new_files, keep, kept_name
from ingest.raw.identity import Batch
from ingest.raw.ledger import insert, open_ledger, transaction
from ingest.raw.places import KnownKeys, Places
from ingest.raw.pseudonym import read_salt
from ingest.raw.report import AffectedDates, BatchReport, IngestReport
from ingest.raw.store import RawStore, sweep, write_empty_files
from ingest.raw.tables import ReadyFile, delivered_dataset, examine_all, mapped_dataset, missing_required
from ingest.raw.views import export_ledger
from settings.configuration import Configuration, Source
from settings.errors import ConfigurationError, DeliveryError
from settings.home import Home

# DuckDB's share of the 1.5 GB an ingest may take; the reader's chunks and Python need the rest.
MEMORY_LIMIT = "900MB"

Progress = Callable[[str, int, int], None]


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

    def source(self, name: str) -> Source:
        """Return the configured source of that name."""
        return next(source for source in self.configuration.sources if source.name == name)

    def batch_id(self, source: str, dataset: str, note: str = "") -> str:
        """Name a batch: run, source and dataset."""
        return f"{self.run_id:06d}-{source}-{dataset}{note}"


def ingest(
    home: Home,
    configuration: Configuration,
    *,
    recorded_at: datetime | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Take in everything that the sources delivered since the last run.

    `recorded_at` (default: now) becomes the moment at which the rows were known; an aware time, or a naive one in UTC.
    `progress` is called with (what, done, of). Raises DeliveryError with one line per unusable file, and then nothing
    was accepted; ConfigurationError for a source folder that cannot be used. The caller holds the home.
    """
    report = progress or (lambda what, done, of: None)
    with open_run(home, configuration, recorded_at) as run:
        report("looking for new files", 0, 1)
        sightings = find_and_keep(run, report)
        take_datasets(run, report)
        report("committing", 0, 1)
        commit(run, sightings)
        report("committing", 1, 1)
        return run_report(run)


@contextmanager
def open_run(home: Home, configuration: Configuration, recorded_at: datetime | None) -> Iterator[Run]:
    """Open everything that a run needs and clear what a killed one left behind."""
    moment = recorded_at or datetime.now(UTC)
    moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    folders = {}
    for source in configuration.sources:
        if source.database_env:
            raise ConfigurationError(
                f"{home.configuration_file}: sources: {source.name}: database_env: reading from a database is not "
                "available yet; deliver files and name their path"
            )
        folders[source.name] = load_source_folder(home, source)
    scratch = home.build / "ingest"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        with open_ledger(home) as ledger, duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
            connection.execute(f"set temp_directory = '{str(scratch / 'spill').replace(chr(39), chr(39) * 2)}'")
            connection.execute("set preserve_insertion_order = false")
            connection.execute("set autoinstall_known_extensions = false")
            connection.execute("set autoload_known_extensions = false")
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


def find_and_keep(run: Run, report: Progress) -> list[dict[str, object]]:
    """Find new files, keep them, and look at every one; raise DeliveryError if any is unusable."""
    problems: list[str] = []
    found: list[DeliveredFile] = []
    sightings: list[dict[str, object]] = []
    name = f"run-{run.run_id:06d}"
    for source in run.configuration.sources:
        delivery = find_new_files(run.home, source, run.folders[source.name], run.ledger, name, problems)
        found += delivery.files
        sightings += delivery.sightings
        run.warnings += delivery.warnings
    last = run.ledger.execute("select coalesce(max(delivery_seq), 0) from delivered_file").fetchone()[0]
    found.sort(key=lambda file: (file.delivery, file.source, file.name))
    for delivery_seq, file in enumerate(found, start=last + 1):
        run.new_files.append(replace(file, delivery_seq=delivery_seq, kept_path=kept_name(file, delivery_seq)))
    to_examine = []
    for done, file in enumerate(run.new_files):
        report("reading deliveries", done, len(run.new_files))
        kept = keep(run.home, file)
        to_examine.append((kept, file.name, file.path, file.form, file.delivery_seq, file.delivery))
    run.ready = examine_all(to_examine, run.scratch, problems)
    for file in run.new_files:
        if file.delivery_seq in run.ready and run.folders[file.source].identity:
            problems += _lacking(run, file)
    if problems:
        for file in run.new_files:
            (run.home.root / file.kept_path).unlink(missing_ok=True)
        raise DeliveryError(problems)
    return sightings


def _lacking(run: Run, file: DeliveredFile) -> list[str]:
    """What a file that holds a dataset as it is lacks; columns it has beyond the contract become a warning."""
    contract = load_contracts()[file.table]
    columns = run.ready[file.delivery_seq].examined.columns
    if file.form.format == "jsonl":
        return []
    plant_known = bool(run.source(file.source).plant_id)
    missing = missing_required(contract, columns, plant_known)
    if missing:
        hint = " (or name the source's plant_id in tieout.yml)" if "plant_id" in missing else ""
        return [f"{file.path}: lacks the column {', '.join(missing)}; deliver it{hint}"]
    known = {column.name for column in contract.columns} | {"company_id", "changed_at", "is_deleted"}
    extra = [column for column in columns if column.lower() not in known]
    if extra:
        run.warnings.append(f"{file.path}: {contract.dataset} has no column {', '.join(extra)}; not read")
    return []


def take_datasets(run: Run, report: Progress) -> None:
    """Take in every dataset that has news, those first to which others refer."""
    contracts = list(load_contracts().values())
    for done, contract in enumerate(contracts):
        report(f"taking in {contract.dataset}", done, len(contracts))
        before = len(run.taken)
        take_configured(run, contract)
        for source in run.configuration.sources:
            take_dataset(run, contract, source)
        if len(run.taken) > before and contract.dataset in ("company", "plant", "work_unit"):
            run.places.refresh()


def take_configured(run: Run, contract: Contract) -> None:
    """Companies and plants of tieout.yml enter the raw store as if they were delivered."""
    rows = configured_rows(run.configuration, run.store, contract)
    if rows is None:
        return
    columns = frozenset(column.name for column in contract.columns)
    delivered = DeliveredRows(rows, columns, (("tieout.yml", 0, "tieout.yml"),))
    source = Source(name="tieout_yml", path=".")
    judged = judge(contract, delivered, source, run.places, run.known, run.salt)
    batch = Batch(run.batch_id("tieout.yml", contract.dataset), "tieout.yml", contract, run.recorded_at)
    taken = take(run.connection, run.home, run.store, batch, judged, 0)
    if taken.parts or taken.quarantine:
        finish(run, taken, ())


def take_dataset(run: Run, contract: Contract, source: Source) -> None:
    """Take in what one source newly delivered of one dataset, if anything."""
    folder = run.folders[source.name]
    new = [file for file in run.new_files if file.source == source.name]
    if folder.identity:
        files = [file for file in new if file.table == contract.dataset]
        by_form: dict[str, list[DeliveredFile]] = {}
        for file in files:
            by_form.setdefault(file.form.format, []).append(file)
        for number, alike in enumerate(by_form.values()):
            ready = [run.ready[file.delivery_seq] for file in alike]
            delivered, columns = delivered_dataset(run.connection, contract, ready, alike[0].form)
            note = f"-{number}" if number else ""
            take_rows(run, contract, source, delivered, columns, ready, alike, alike[0].form, note=note)
        return
    mapping = folder.mappings.get(contract.dataset)
    if mapping is None:
        return
    driving_new = [file for file in new if file.table == mapping.driving]
    joined_new = any(file.table in mapping.joined for file in new)
    kept = kept_files(run, source)
    rerun = joined_new and any(file.table == mapping.driving for file in kept)
    if not driving_new and not rerun:
        return
    chosen: dict[str, Sequence[ReadyFile]] = {name: ready_files(run, source, name, kept) for name in mapping.joined}
    chosen[mapping.driving] = (
        ready_files(run, source, mapping.driving, kept, everything=True)
        if rerun
        else [run.ready[file.delivery_seq] for file in driving_new]
    )
    lacking = [name for name in mapping.joined if not chosen[name] and not folder.tables[name].optional]
    if lacking:
        run.warnings.append(
            f"{source.name}: {contract.dataset} waits for {', '.join(lacking)}, of which no file was delivered yet"
        )
        return
    delivered, columns = mapped_dataset(run.connection, contract, folder, mapping, chosen)
    ready = list(chosen[mapping.driving])
    form = folder.tables[mapping.driving]
    take_rows(run, contract, source, delivered, columns, ready, driving_new, form, rerun=rerun)


@dataclass(frozen=True)
class KeptFile:
    """A file in delivered/ that is still its path's latest content."""

    delivery_seq: int
    name: str
    path: Path
    table: str
    form: SourceTable
    delivery: str


def kept_files(run: Run, source: Source) -> list[KeptFile]:
    """Return a source's kept files, superseded ones left out, oldest first."""
    rows = run.ledger.execute(
        "select * from delivered_file where source = ? and superseded_by is null order by delivery_seq", [source.name]
    ).fetchall()
    replaced = {file.supersedes for file in run.new_files if file.supersedes}
    forms, _ = match_files(run.folders[source.name], [row["source_file"] for row in rows])
    return [
        KeptFile(
            row["delivery_seq"],
            row["source_file"],
            run.home.root / row["kept_path"],
            forms[row["source_file"]][0],
            forms[row["source_file"]][1],
            row["delivery"],
        )
        for row in rows
        if row["delivery_seq"] not in replaced and row["source_file"] in forms
    ]


def ready_files(
    run: Run, source: Source, table: str, kept: Sequence[KeptFile], *, everything: bool = False
) -> list[ReadyFile]:
    """Return all files of a table, kept and new, examined; of its latest delivery alone if it replaces the table."""
    old = [file for file in kept if file.table == table]
    problems: list[str] = []
    asked = [
        (file.path, file.name, file.path, file.form, file.delivery_seq, file.delivery)
        for file in old
        if file.delivery_seq not in run.ready
    ]
    run.ready.update(examine_all(asked, run.scratch, problems))
    if problems:
        raise DeliveryError(problems)
    new = [file.delivery_seq for file in run.new_files if file.source == source.name and file.table == table]
    files = [run.ready[seq] for seq in [*(file.delivery_seq for file in old), *new]]
    form = run.folders[source.name].tables.get(table)
    if files and not everything and form and form.delivery == "replaces_table":
        latest = max(file.delivery for file in files)
        files = [file for file in files if file.delivery == latest]
    return files


def take_rows(
    run: Run,
    contract: Contract,
    source: Source,
    delivered: str,
    columns: set[str],
    ready: Sequence[ReadyFile],
    new: Sequence[DeliveredFile],
    form: SourceTable,
    *,
    rerun: bool = False,
    replayed: bool = False,
    note: str = "",
) -> None:
    """Judge the rows of `delivered` and add what was taken to the run."""
    files = tuple((file.examined.name, file.delivery_seq, file.delivery) for file in ready)
    name_files(run, files)
    rows = DeliveredRows(delivered, frozenset(columns), files, form.decimal)
    judged = judge(contract, rows, source, run.places, run.known, run.salt)
    corrected = [(f.name, f.delivery_seq) for f in new if f.supersedes and form.delivery != "appends"]
    batch = Batch(
        run.batch_id(source.name, contract.dataset, note),
        source.name,
        contract,
        run.recorded_at,
        rerun=rerun,
        replayed=replayed,
        corrected=tuple(corrected),
    )
    byte_count = sum(file.examined.byte_count for file in ready)
    taken = take(run.connection, run.home, run.store, batch, judged, byte_count)
    finish(run, taken, [file.delivery_seq for file in ready])


def name_files(run: Run, files: Sequence[tuple[str, int, str]]) -> None:
    """Fill run_file, which tells each row its delivery."""
    run.connection.execute(
        "create or replace temp table run_file (source_file varchar, delivery_seq bigint, delivery varchar)"
    )
    columns = [list(column) for column in zip(*files, strict=True)]
    run.connection.execute("insert into run_file select unnest($1), unnest($2), unnest($3)", columns)


def finish(run: Run, taken: Taken, delivery_seqs: Sequence[int]) -> None:
    """Add a batch to what the run will commit, unless it was empty of news and of files."""
    dataset = taken.report.dataset
    run.taken.append(taken)
    run.store.written += taken.parts
    run.batch_files += [(taken.report.batch_id, delivery_seq) for delivery_seq in delivery_seqs]
    run.warnings += taken.warnings
    if taken.parts:
        run.known.forget(dataset)


def commit(run: Run, sightings: Sequence[dict[str, object]]) -> None:
    """Write the run into the ledger in one transaction; only now is anything of it visible."""
    moment = run.recorded_at.isoformat(" ")
    with transaction(run.ledger):
        insert(run.ledger, "sighting", sightings)
        if not run.taken and not run.new_files and not run.closed_quarantine:
            return
        insert(run.ledger, "run", [{"run_id": run.run_id, "recorded_at": moment}])
        for file in run.new_files:
            if file.supersedes:
                run.ledger.execute(
                    "update delivered_file set superseded_by = ? where delivery_seq = ?",
                    [file.delivery_seq, file.supersedes],
                )
        insert(run.ledger, "delivered_file", [_file_row(run, file, moment) for file in run.new_files])
        for taken in run.taken:
            _commit_batch(run, taken, moment)
        insert(run.ledger, "batch_file", [{"batch_id": b, "delivery_seq": seq} for b, seq in run.batch_files])
        for path in run.closed_quarantine:
            run.ledger.execute("update quarantine_part set closed_by_run = ? where path = ?", [run.run_id, path])
    export_ledger(run.connection, run.home, run.ledger)


def _file_row(run: Run, file: DeliveredFile, moment: str) -> dict[str, object]:
    return {
        "delivery_seq": file.delivery_seq,
        "source": file.source,
        "source_file": file.name,
        "table_name": file.table,
        "sha256": file.sha256,
        "byte_count": file.byte_count,
        "delivery": file.delivery,
        "recorded_at": moment,
        "kept_path": file.kept_path,
        "run_id": run.run_id,
        "supersedes": file.supersedes,
        "superseded_by": None,
    }


def _commit_batch(run: Run, taken: Taken, moment: str) -> None:
    report = taken.report
    affected = widen(run.ledger, report.dataset, taken.affected, taken.unit_days)
    insert(
        run.ledger,
        "batch",
        [
            {
                "batch_id": report.batch_id,
                "run_id": run.run_id,
                "source_system": report.source,
                "dataset": report.dataset,
                "recorded_at": moment,
                "delivered_rows": report.delivered_rows,
                "accepted_rows": report.accepted_rows,
                "unchanged_rows": report.unchanged_rows,
                "rejected_rows": report.rejected_rows,
                "deleted_rows": report.deleted_rows,
                "healed_rows": report.healed_rows,
                "first_event_date": taken.first_event_date and taken.first_event_date.isoformat(),
                "last_event_date": taken.last_event_date and taken.last_event_date.isoformat(),
                "file_count": sum(1 for batch, _ in run.batch_files if batch == report.batch_id),
                "everything": int(affected.everything),
                "built_by": None,
            }
        ],
    )
    insert(
        run.ledger,
        "batch_date",
        [{"batch_id": report.batch_id, "date": day.isoformat()} for day in sorted(affected.dates)],
    )
    insert(run.ledger, "part", taken.parts)
    if taken.quarantine:
        insert(run.ledger, "quarantine_part", [{**taken.quarantine, "closed_by_run": None}])


def run_report(run: Run) -> IngestReport:
    """Sum the run up for the user."""
    affected = AffectedDates()
    for taken in run.taken:
        affected |= taken.affected
    batches: tuple[BatchReport, ...] = tuple(taken.report for taken in run.taken)
    return IngestReport(batches, tuple(run.warnings), affected, len(run.new_files))
