"""One ingest run: find what is new, refuse what cannot be read, take in dataset by dataset, commit.

What is too large for one go is taken in and committed in waves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import reduce
from operator import or_

from ingest.contracts.model import load_contracts
from ingest.raw.commit import commit
from ingest.raw.deliveries import DeliveredFile, find_new_files, keep, kept_name
from ingest.raw.replay import forget_corrected, heal
from ingest.raw.report import AffectedDates, BatchReport, IngestReport
from ingest.raw.session import Run, open_run
from ingest.raw.tables import examine_all, missing_required
from ingest.raw.taking import take_configured, take_dataset
from ingest.raw.waves import in_waves
from settings.configuration import Configuration
from settings.errors import DeliveryError
from settings.home import Home

Progress = Callable[[str, int, int], None]


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
        text_bytes = {delivery_seq: file.text_bytes for delivery_seq, file in run.ready.items()}
        waves = in_waves(run.new_files, text_bytes, run.folders)
        reports = []
        for number, wave in enumerate(waves):
            run.new_files = wave
            take_datasets(run, report, number, len(waves))
            later = {(file.source, file.name) for rest in waves[number + 1 :] for file in rest}
            commit(run, [seen for seen in sightings if (seen["source"], seen["source_file"]) not in later])
            reports.append(run_report(run))
            run.begin_again()
        report("committing", 1, 1)
        return reduce(or_, reports)


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


def take_datasets(run: Run, report: Progress, wave: int = 0, waves: int = 1) -> None:
    """Take in every dataset that has news, those first to which others refer."""
    contracts = list(load_contracts().values())
    forget_corrected(run)
    for done, contract in enumerate(contracts):
        report(f"taking in {contract.dataset}", wave * len(contracts) + done, waves * len(contracts))
        before = len(run.taken)
        take_configured(run, contract)
        for source in run.configuration.sources:
            take_dataset(run, contract, source)
        heal(run, contract)
        if len(run.taken) > before and contract.dataset in ("company", "plant", "work_unit"):
            run.places.refresh()


def run_report(run: Run) -> IngestReport:
    """Sum the run up for the user."""
    affected = AffectedDates()
    for taken in run.taken:
        affected |= taken.affected
    batches: tuple[BatchReport, ...] = tuple(taken.report for taken in run.taken)
    return IngestReport(batches, tuple(run.warnings), affected, len(run.new_files))
