"""Write a run into the ledger in one transaction: only then is anything of it visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ingest.raw.affected import widen
from ingest.raw.batch import Taken
from ingest.raw.deliveries import DeliveredFile
from ingest.raw.ledger import insert, transaction
from ingest.raw.session import Run
from ingest.raw.views import export_ledger


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
        carried = [part for part in run.carried_quarantine if part["path"] not in run.closed_quarantine]
        insert(run.ledger, "quarantine_part", [{**part, "closed_by_run": None} for part in carried])
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
    insert(run.ledger, "part", (asdict(part) for part in taken.parts))
    if taken.quarantine and taken.quarantine["path"] not in run.closed_quarantine:
        insert(run.ledger, "quarantine_part", [{**taken.quarantine, "closed_by_run": None}])
