"""Take in one dataset from one source: judge, find what is news, write Parquet under temporary names, count.

Nothing becomes visible here; the run commits all its batches to the ledger at its end.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from ingest.contracts.model import Contract
from ingest.raw.acceptance_sql import Judged
from ingest.raw.candidates import FILE_OF_ROW, PARQUET, Staged, row_no_sql, stage
from ingest.raw.identity import Batch
from ingest.raw.ledger import Part
from ingest.raw.quarantine import write_quarantine
from ingest.raw.report import AffectedDates, BatchReport
from ingest.raw.row_sql import event_date_sql, key_columns, stored_columns
from ingest.raw.store import PROVENANCE, RawStore, column_list, dataset_folder
from ingest.raw.tombstones import find_tombstones
from ingest.raw.versions import find_versions, touched_dates_sql
from ingest.transports.relation import literal, quoted_name
from settings.home import Home

TELLS_OF_A_UNIT = ("machine_state", "production_counter", "confirmation")
"""The datasets that tell what a work unit did on a day."""


@dataclass
class Taken:
    """What a batch wrote and found, for the ledger."""

    report: BatchReport
    parts: list[Part] = field(default_factory=list)
    quarantine: dict[str, object] | None = None
    affected: AffectedDates = field(default_factory=AffectedDates)
    first_event_date: date | None = None
    last_event_date: date | None = None
    unit_days: list[tuple[str, str, date]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def take(
    connection: duckdb.DuckDBPyConnection, home: Home, store: RawStore, batch: Batch, judged: Judged, byte_count: int
) -> Taken:
    """Judge the delivered rows (of about `byte_count` bytes) and write what is news.

    Returns counts, files and dates for the ledger.
    """
    contract = batch.contract
    folder = dataset_folder(home, contract)
    folder.mkdir(parents=True, exist_ok=True)
    stamped = f"""select *, {literal(batch.source)} as source_system, {literal(batch.batch_id)} as batch_id,
      timestamp '{batch.recorded_at.isoformat(" ")}' as recorded_at from ({judged.sql})"""
    connection.execute(f"set variable clock_changes = {judged.clock_changes}")
    constants = {**judged.constants, "source_system": batch.source, "batch_id": batch.batch_id}
    staged = stage(connection, contract, stamped, judged.absent, byte_count, folder, batch.batch_id, constants)
    find_versions(
        connection,
        contract,
        _stored_rows(connection, store, contract, staged),
        latest_only=batch.rerun,
        replayed=batch.replayed,
        corrected=bool(batch.corrected),
    )
    warnings = _doubts(connection, judged, batch)
    find_tombstones(connection, store, batch, warnings)
    counts = _counts(connection)
    taken = Taken(
        BatchReport(
            batch_id=batch.batch_id,
            source=batch.source,
            dataset=contract.dataset,
            delivered_rows=counts["delivered"],
            accepted_rows=counts["accepted"],
            unchanged_rows=counts["unchanged"],
            rejected_rows=counts["rejected"],
            deleted_rows=counts["deleted"],
        ),
        warnings=warnings,
    )
    if counts["rejected"]:
        taken.quarantine = write_quarantine(connection, home, batch)
    if counts["accepted"] or counts["deleted"]:
        staged_is_final = staged.day_folder is not None and contract.partition_by is not None
        columns = column_list(contract, judged.absent if staged_is_final else ())
        restated = _restated_days(connection, contract)
        kept = _kept(connection, staged) if staged_is_final else []
        # The staged files are the rows until now: whatever is asked of them is asked before they are moved.
        _date_batch(connection, batch, taken, [] if counts["deleted"] else [day for _, day, _, _ in kept])
        if staged_is_final:
            written = _adopt(connection, kept, folder, batch)
            if counts["deleted"]:
                written += _write(connection, folder, batch, f"select {_stored_list(contract)} from tombstone", "-gone")
        else:
            written = _write(connection, folder, batch, _accepted_sql(contract))
        taken.parts = [
            Part(
                path=file.relative_to(home.raw).as_posix(),
                batch_id=batch.batch_id,
                dataset=contract.dataset,
                event_date=day,
                columns=column_list(contract) if file.stem.endswith("-gone") else columns,
                restates=day in restated,
            )
            for file, day in written
        ]
    staged.clear()
    return taken


def _stored_rows(
    connection: duckdb.DuckDBPyConnection, store: RawStore, contract: Contract, staged: Staged
) -> str | None:
    """The raw rows that may hold the batch's keys: only the touched days where the day is part of the key."""
    if contract.partition_by is None or contract.partition_by not in contract.key:
        return store.scan(contract)
    if staged.day_folder is not None:
        return store.scan(contract, [date.fromisoformat(day) for day, _ in staged.day_files()])
    moment = quoted_name(contract.partition_by)
    days = connection.execute(f"select distinct {moment}::date from candidate where reasons is null").fetchall()
    return store.scan(contract, [day for (day,) in days if day])


def _doubts(connection: duckdb.DuckDBPyConnection, judged: Judged, batch: Batch) -> list[str]:
    if not judged.doubts:
        return []
    asked = ", ".join(
        f"count(*) filter ({flag}), any_value({quoted_name(column)}) filter ({flag})"
        for column, flag in judged.doubts.items()
    )
    row: tuple[Any, ...] = connection.execute(f"select {asked} from candidate where reasons is null").fetchone() or ()
    found = zip(judged.doubts, row[::2], row[1::2], strict=True)
    return [
        f"{batch.source}: {batch.contract.dataset}: {count} rows name a {column} that was never delivered, "
        f"for example {example}"
        for column, count, example in found
        if count
    ]


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    kinds = dict(connection.execute("select kind, count(*) from verdict group by 1").fetchall())
    row: tuple[Any, ...] = connection.execute("select count(*), count(reasons) from candidate").fetchone() or (0, 0)
    rejected = row[1] + kinds.get("duplicate", 0) + kinds.get("key_conflict", 0)
    unchanged = kinds.get("unchanged", 0) + kinds.get("superseded", 0)
    deleted: tuple[Any, ...] = connection.execute("select count(*) from tombstone").fetchone() or (0,)
    return {
        "delivered": row[0],
        "accepted": row[0] - rejected - unchanged,
        "unchanged": unchanged,
        "rejected": rejected,
        "deleted": deleted[0],
    }


def _stored_list(contract: Contract) -> str:
    return ", ".join([*(quoted_name(name) for name in stored_columns(contract)), *PROVENANCE])


def _accepted_sql(contract: Contract) -> str:
    """The rows that enter the raw store, with everything that is stored of them."""
    columns = _stored_list(contract)
    return f"""select {columns} from candidate where reasons is null and row_no not in (select row_no from verdict)
      union all select {columns} from tombstone"""


def _restated_days(connection: duckdb.DuckDBPyConnection, contract: Contract) -> Set[str | None]:
    """The UTC days of which the batch stores a deletion, or a key that is stored already or comes in it twice.

    None stands for all days of a dataset that is not kept by day.
    """
    accepted = "reasons is null and row_no not in (select row_no from verdict)"
    again = ""
    if connection.execute("select 1 from current_version limit 1").fetchone():
        again += " or key_hash in (select key_hash from current_version)"
    if connection.execute("select 1 from clash limit 1").fetchone():
        again += f""" or key_hash in (select key_hash from candidate
            where {accepted} and key_hash in (select key_hash from clash) group by 1 having count(*) > 1)"""
    day = f"{quoted_name(contract.partition_by)}::date::varchar" if contract.partition_by else "null::varchar"
    days = connection.execute(f"""
        select distinct {day} from candidate where {accepted} and (is_deleted{again})
        union
        select distinct {day} from tombstone""").fetchall()
    return frozenset(found for (found,) in days)


def _kept(connection: duckdb.DuckDBPyConnection, staged: Staged) -> list[tuple[int, str, Path, bool]]:
    """The staged files that hold accepted rows: place, UTC day, file, and whether it also holds rows set aside."""
    set_aside = dict(
        connection.execute(f"select {FILE_OF_ROW}, count(*) from verdict where row_no >= 0 group by 1").fetchall()
    )
    return [
        (number, day, file, number in set_aside)
        for number, (day, file) in enumerate(staged.day_files())
        if set_aside.get(number) != pq.read_metadata(file).num_rows
    ]


def _adopt(
    connection: duckdb.DuckDBPyConnection, kept: list[tuple[int, str, Path, bool]], folder: Path, batch: Batch
) -> list[tuple[Path, str | None]]:
    """Make the staged files of each day the raw store's; one that holds rows set aside is written without them."""
    written: list[tuple[Path, str | None]] = []
    for number, day, staged, is_mixed in kept:
        file = staged
        if is_mixed:
            file = staged.with_suffix(".rest")
            connection.execute(f"""copy (
                select * exclude (file_row_number)
                from read_parquet({literal(staged)}, file_row_number = true, hive_partitioning = false)
                where {row_no_sql(str(number))} not in (select row_no from verdict)
              ) to {literal(file)} ({PARQUET})""")
        written.append((_move(file, folder, day, f"{batch.batch_id}-{number}"), day))
    return written


def _move(file: Path, folder: Path, day: str, name: str) -> Path:
    target = folder / f"event_date={day}"
    target.mkdir(exist_ok=True)
    return file.rename(target / f"{name}.parquet")


def _write(
    connection: duckdb.DuckDBPyConnection, folder: Path, batch: Batch, rows: str, note: str = ""
) -> list[tuple[Path, str | None]]:
    """Write the rows of a SELECT: one file, or one a UTC day where the dataset is kept by day."""
    contract = batch.contract
    if not contract.partition_by:
        file = folder / f"{batch.batch_id}.parquet"
        unfinished = file.with_suffix(".parquet.tmp")
        order = ", ".join(quoted_name(name) for name in key_columns(contract))
        connection.execute(f"copy ({rows} order by {order}) to {literal(unfinished)} ({PARQUET})")
        unfinished.rename(file)
        return [(file, None)]
    by_day = Staged(folder / f"{batch.batch_id}-days.tmp")
    day = f"{quoted_name(contract.partition_by)}::date"
    connection.execute(f"""copy (select *, {day} as event_date from ({rows}))
        to {literal(by_day.day_folder or folder)} ({PARQUET}, partition_by (event_date), overwrite_or_ignore)""")
    written: list[tuple[Path, str | None]] = [
        (_move(file, folder, day, f"{batch.batch_id}-{number}{note}"), day)
        for number, (day, file) in enumerate(by_day.day_files())
    ]
    by_day.clear()
    return written


def _date_batch(connection: duckdb.DuckDBPyConnection, batch: Batch, taken: Taken, kept_days: list[str]) -> None:
    """Find the production dates that the news touches: those of the new rows and of the versions they replace.

    `kept_days` are the UTC days of the news where these are known without reading the rows.
    """
    contract = batch.contract
    accepted = _accepted_sql(contract)
    of_its_day = bool(kept_days) and contract.event_at == (contract.partition_by,)
    days = sorted({date.fromisoformat(day) for day in kept_days})
    if of_its_day:
        taken.first_event_date, taken.last_event_date = days[0], days[-1]
    elif contract.event_at:
        bounds = connection.execute(
            f"select min(day), max(day) from (select {event_date_sql(contract)} as day from ({accepted}))"
        ).fetchone()
        taken.first_event_date, taken.last_event_date = bounds or (None, None)
    if contract.affects == "all":
        taken.affected = AffectedDates(everything=True)
        return
    if not contract.affects:
        return
    if of_its_day and contract.affects == contract.event_at:
        connection.execute(
            f"create or replace temp table touched as select unnest($1::date[]) as {quoted_name(contract.affects[0])}",
            [days],
        )
    else:
        each = ", ".join(f"{quoted_name(c)}::date as {quoted_name(c)}" for c in contract.affects)
        connection.execute(f"create or replace temp table touched as select distinct {each} from ({accepted})")
    known = connection.execute("select 1 from current_version limit 1").fetchone()
    replaced = """union select distinct unnest(dates) from current_version where key_hash in (
          select key_hash from candidate where reasons is null and row_no not in (select row_no from verdict))"""
    dates = connection.execute(f"""
        select distinct unnest(list_distinct({touched_dates_sql(contract)})) as day from touched
        {replaced if known else ""}
        order by 1""").fetchall()
    taken.affected = AffectedDates(frozenset(day for (day,) in dates if day))
    if contract.dataset in TELLS_OF_A_UNIT:
        unit_days = connection.execute(
            f"select distinct company_id, work_unit_id, {event_date_sql(contract)} from ({accepted}) "
            "where work_unit_id is not null"
        ).fetchall()
        taken.unit_days = [(str(company), str(unit), day) for company, unit, day in unit_days]
