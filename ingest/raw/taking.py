"""Take in what a source newly delivered of one dataset: choose the files, map them, judge the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.contracts.model import Contract
from ingest.mapping.folder import SourceTable
from ingest.mapping.match import match_files
from ingest.raw.acceptance_sql import DeliveredRows, judge
from ingest.raw.batch import Taken, take
from ingest.raw.configured import configured_rows
from ingest.raw.deliveries import DeliveredFile
from ingest.raw.identity import Batch
from ingest.raw.session import Run
from ingest.raw.tables import ReadyFile, delivered_dataset, delivered_types, examine_all, mapped_dataset
from settings.configuration import Source
from settings.errors import DeliveryError


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
    driving_new = [file for file in new if file.table in mapping.driving]
    joined_new = any(file.table in mapping.joined for file in new)
    kept = kept_files(run, source)
    # Each branch of a UNION needs its rows: news of one branch reads the other's kept files again. Readings do not:
    # each stands for itself.
    depends = joined_new or (len(mapping.driving) > 1 and not mapping.tells_misfits)
    rerun = depends and any(file.table in mapping.driving for file in kept)
    if not driving_new and not rerun:
        return
    chosen: dict[str, Sequence[ReadyFile]] = {name: ready_files(run, source, name, kept) for name in mapping.joined}
    for name in mapping.driving:
        chosen[name] = (
            ready_files(run, source, name, kept, everything=True)
            if rerun
            else [run.ready[file.delivery_seq] for file in driving_new if file.table == name]
        )
    lacking = [name for name in mapping.joined if not chosen[name] and not folder.tables[name].optional]
    if lacking:
        run.warnings.append(
            f"{source.name}: {contract.dataset} waits for {', '.join(lacking)}, of which no file was delivered yet"
        )
        return
    delivered, columns = mapped_dataset(run.connection, contract, folder, mapping, chosen)
    ready = [file for name in mapping.driving for file in chosen[name]]
    form = folder.tables[mapping.driving[0]]
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
    name_files(run.connection, files)
    types = delivered_types(run.connection, delivered)
    rows = DeliveredRows(delivered, frozenset(columns), files, form.decimal, types)
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
    byte_count = sum(file.text_bytes for file in ready)
    taken = take(run.connection, run.home, run.store, batch, judged, byte_count)
    finish(run, taken, [file.delivery_seq for file in ready])


def name_files(connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[str, int, str]]) -> None:
    """Fill run_file, which tells each row its delivery."""
    connection.execute(
        "create or replace temp table run_file (source_file varchar, delivery_seq bigint, delivery varchar)"
    )
    columns = [list(column) for column in zip(*files, strict=True)]
    connection.execute("insert into run_file select unnest($1), unnest($2), unnest($3)", columns)


def finish(run: Run, taken: Taken, delivery_seqs: Sequence[int]) -> None:
    """Add a batch to what the run will commit, unless it was empty of news and of files."""
    dataset = taken.report.dataset
    run.taken.append(taken)
    run.store.written += taken.parts
    run.batch_files += [(taken.report.batch_id, delivery_seq) for delivery_seq in delivery_seqs]
    run.warnings += taken.warnings
    if taken.parts:
        run.known.forget(dataset)
