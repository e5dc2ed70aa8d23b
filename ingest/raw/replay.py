"""Quarantined rows judged again: by today's mapping and contract, or because what they referred to has arrived.

Their files are read again from delivered/. Rows that are now good enter the raw store, unless a later delivery has
spoken of the same key meanwhile; rows still bad stay, with today's reasons.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ingest.contracts.model import Contract, load_contracts
from ingest.raw.batch import Taken
from ingest.raw.commit import commit
from ingest.raw.ledger import open_quarantine
from ingest.raw.report import AffectedDates, IngestReport
from ingest.raw.session import Run, open_run
from ingest.raw.store import parquet_scan, rows_sql
from ingest.raw.tables import delivered_dataset, mapped_dataset
from ingest.raw.taking import kept_files, ready_files, take_rows
from ingest.raw.views import QUARANTINE_COLUMNS
from ingest.transports.relation import literal, quoted_name
from settings.configuration import Configuration, Source
from settings.errors import ConfigurationError
from settings.home import Home


def replay(home: Home, configuration: Configuration, dataset: str | None = None) -> IngestReport:
    """Judge the open quarantine again, all of it or one dataset's. The caller holds the home.

    Raises ConfigurationError if there is no such dataset, DeliveryError if a kept file cannot be read any more.
    """
    if dataset is not None and dataset not in load_contracts():
        raise ConfigurationError(f"there is no dataset {dataset!r}; name one of {', '.join(sorted(load_contracts()))}")
    with open_run(home, configuration, None) as run:
        for contract in load_contracts().values():
            if dataset in (None, contract.dataset):
                select_lines(run, contract, "true")
                replay_lines(run, contract)
                if contract.dataset in ("company", "plant", "work_unit"):
                    run.places.refresh()
        commit(run, ())
        affected = AffectedDates()
        for taken in run.taken:
            affected |= taken.affected
        return IngestReport(tuple(taken.report for taken in run.taken), tuple(run.warnings), affected)


def heal(run: Run, contract: Contract) -> None:
    """Replay the rows whose reference, unknown or not in use, names a key that this run has brought."""
    arrived = {part.dataset for part in run.store.written}
    conditions = []
    for column in contract.columns:
        target = column.references
        if target is None or target.unknown != "reject" or target.dataset not in arrived:
            continue
        brought = [part for part in run.store.written if part.dataset == target.dataset]
        keys = f"({rows_sql(run.home, load_contracts()[target.dataset], brought)})"
        codes = ["unknown_company" if target.dataset == "company" else "unknown_reference"]
        if target.in_use:
            codes.append("not_in_use")
        named = f"json_extract_string(row_json, {literal('$.' + column.name)})"
        conditions.append(f"""list_has_any(reason_codes, {codes})
            and {named} in (select {quoted_name(target.column)} from {keys})""")
    if conditions and select_lines(run, contract, " or ".join(f"({condition})" for condition in conditions)):
        replay_lines(run, contract)


def select_lines(run: Run, contract: Contract, condition: str) -> int:
    """Fill replay_line(source_system, delivery_seq, source_file, source_line) with open rows; return how many.

    A duplicate is no fault that could heal: the row it repeats is in the raw store.
    """
    scan = open_rows(run, contract.dataset)
    if scan is None:
        run.connection.execute("""create or replace temp table replay_line (source_system varchar, delivery_seq bigint,
            source_file varchar, source_line bigint)""")
        return 0
    run.connection.execute(f"""create or replace temp table replay_line as
        select distinct source_system, delivery_seq, source_file, source_line from {scan}
        where reason_codes <> ['duplicate'] and ({condition})""")
    row = run.connection.execute("select count(*) from replay_line").fetchone()
    return int(row[0]) if row else 0


def open_parts(run: Run, dataset: str) -> list[str]:
    """The quarantine files with open rows: committed ones and this run's own, those closed meanwhile left out."""
    committed = [str(row["path"]) for row in open_quarantine(run.ledger, dataset)]
    committed += [str(part["path"]) for part in run.carried_quarantine if part["dataset"] == dataset]
    own = [
        str(taken.quarantine["path"])
        for taken in run.taken
        if taken.quarantine is not None and taken.report.dataset == dataset
    ]
    return [path for path in [*committed, *own] if path not in run.closed_quarantine]


def open_rows(run: Run, dataset: str) -> str | None:
    """The FROM item over a dataset's open quarantine, or None if it is empty."""
    parts = open_parts(run, dataset)
    return parquet_scan([run.home.quarantine / path for path in parts]) if parts else None


def replay_lines(run: Run, contract: Contract) -> None:
    """Judge the rows of replay_line again, source by source."""
    sources = run.connection.execute("select distinct source_system from replay_line order by 1").fetchall()
    configured = {source.name: source for source in run.configuration.sources}
    for (name,) in sources:
        if name in configured:
            _replay_source(run, contract, configured[name])


def _replay_source(run: Run, contract: Contract, source: Source) -> None:
    seqs = {
        int(seq)
        for (seq,) in run.connection.execute(
            "select distinct delivery_seq from replay_line where source_system = ?", [source.name]
        ).fetchall()
    }
    folder = run.folders[source.name]
    kept = kept_files(run, source)
    mapping = folder.mappings.get(contract.dataset)
    if not folder.identity and mapping is None:
        return
    tables = mapping.driving if mapping else (contract.dataset,)
    form_of = {file.delivery_seq: file.form for file in kept}
    form_of |= {file.delivery_seq: file.form for file in run.new_files if file.source == source.name}
    refused_in = {
        name: [f for f in ready_files(run, source, name, kept, everything=True) if f.delivery_seq in seqs]
        for name in tables
    }
    files = [file for name in tables for file in refused_in[name]]
    for form in dict.fromkeys(form_of[file.delivery_seq] for file in files):
        alike = [file for file in files if form_of[file.delivery_seq] == form]
        if mapping is None:
            delivered, columns = delivered_dataset(run.connection, contract, alike, form)
        else:
            chosen = {name: ready_files(run, source, name, kept) for name in mapping.joined}
            chosen |= {name: [file for file in refused_in[name] if file in alike] for name in tables}
            delivered, columns = mapped_dataset(run.connection, contract, folder, mapping, chosen)
        chosen_lines = f"""select d.* from ({delivered}) d semi join replay_line l
            on l.source_file = d.source_file and l.source_line = d.source_line
            and l.source_system = {literal(source.name)}"""
        stem = run.batch_id(source.name, contract.dataset, "-replay")
        number = sum(1 for taken in run.taken if taken.report.batch_id.startswith(stem)) or ""
        note = f"-replay{number}"
        take_rows(run, contract, source, chosen_lines, columns, alike, (), form, replayed=True, note=note)
        _settle(run, contract, run.taken[-1], [file.delivery_seq for file in alike])


def _settle(run: Run, contract: Contract, taken: Taken, seqs: list[int]) -> None:
    """Put the replayed rows' new state in the place of the old; without any healed row there is no batch to record.

    A replayed batch delivers nothing: its rows were counted when they came.
    """
    report = taken.report
    healed = report.delivered_rows - report.rejected_rows
    taken.report = replace(report, delivered_rows=0, unchanged_rows=0, rejected_rows=0, healed_rows=healed)
    new_part = run.home.quarantine / str(taken.quarantine["path"]) if taken.quarantine else None
    old_parts = [path for path in open_parts(run, contract.dataset) if not new_part or path != new_part.name]
    replayed = f"""source_system = {literal(report.source)} and delivery_seq in ({", ".join(map(str, seqs))})
        and (source_file, source_line) in (select (source_file, source_line) from replay_line)"""
    merged = _merge(run, contract, taken, old_parts, new_part, replayed)
    run.closed_quarantine += old_parts
    if taken.parts or healed:
        taken.quarantine = merged
        return
    run.taken.remove(taken)
    run.batch_files = [(batch, seq) for batch, seq in run.batch_files if batch != report.batch_id]
    if merged:
        run.carried_quarantine.append(merged)


def _merge(
    run: Run, contract: Contract, taken: Taken, old_parts: list[str], new_part: Path | None, replayed: str
) -> dict[str, object] | None:
    """Write one quarantine file: old rows that were not replayed, and replayed ones that are still bad.

    These keep the moment and the batch of their first rejection.
    """
    old = parquet_scan([run.home.quarantine / path for path in old_parts])
    columns = ", ".join(QUARANTINE_COLUMNS)
    parts = [f"select {columns} from {old} where not ({replayed})"]
    if new_part:
        parts.append(f"""select n.* replace (coalesce(o.batch_id, n.batch_id) as batch_id,
              coalesce(o.rejected_at, n.rejected_at) as rejected_at)
            from (select {columns} from {literal(new_part)}) n
            left join (select quarantine_id, batch_id, rejected_at from {old}) o using (quarantine_id)""")
    file = run.home.quarantine / f"{taken.report.batch_id}-open.parquet"
    unfinished = file.with_suffix(".parquet.tmp")
    run.connection.execute(f"copy ({' union all '.join(parts)}) to {literal(unfinished)} (format parquet)")
    unfinished.rename(file)
    if new_part:
        new_part.unlink()
    row = run.connection.execute(f"select count(*) from {literal(file)}").fetchone()
    count = int(row[0]) if row else 0
    if not count:
        file.unlink()
        return None
    return {"path": file.name, "batch_id": taken.report.batch_id, "dataset": contract.dataset, "row_count": count}


def forget_corrected(run: Run) -> None:
    """Drop the open rows of files that came again with other content: the new content speaks for itself."""
    replaced = [file.supersedes for file in run.new_files if file.supersedes]
    if not replaced:
        return
    gone = f"delivery_seq in ({', '.join(map(str, replaced))})"
    for row in open_quarantine(run.ledger):
        file = run.home.quarantine / row["path"]
        counts = run.connection.execute(
            f"select count(*) filter ({gone}), count(*) from {literal(file)}"
        ).fetchone() or (0, 0)
        if not counts[0]:
            continue
        run.closed_quarantine.append(row["path"])
        if counts[0] == counts[1]:
            continue
        rest = run.home.quarantine / f"{run.run_id:06d}-rest-{row['path']}"
        unfinished = rest.with_suffix(".parquet.tmp")
        run.connection.execute(
            f"copy (from {literal(file)} where not ({gone})) to {literal(unfinished)} (format parquet)"
        )
        unfinished.rename(rest)
        run.carried_quarantine.append(
            {
                "path": rest.name,
                "batch_id": row["batch_id"],
                "dataset": row["dataset"],
                "row_count": counts[1] - counts[0],
            }
        )
