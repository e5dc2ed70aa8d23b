"""Take in one dataset from one source: judge, find what is news, write Parquet under temporary names, count.

Nothing becomes visible here; the run commits all its batches to the ledger at its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingest.contracts.model import Contract
from ingest.raw.acceptance_sql import Judged
from ingest.raw.report import AffectedDates, BatchReport
from ingest.raw.store import PROVENANCE, RawStore, dataset_folder, stored_columns
from ingest.raw.versions import find_versions, touched_dates_sql
from ingest.transports.relation import literal, quoted_name
from settings.home import Home

ROWS_PER_ROW_GROUP = 122_880
_MANY_FILES = 3

UNIT_DAY = {
    "machine_state": "occurred_at::date",
    "production_counter": "occurred_at::date",
    "confirmation": "coalesce(production_date, posting_date)",
}
"""The datasets that tell what a work unit did, and the day of which a row of theirs tells."""


@dataclass(frozen=True)
class Batch:
    """What is taken in: identity, moment, and how rows meet those already stored."""

    batch_id: str
    source: str
    contract: Contract
    recorded_at: datetime
    rerun: bool = False
    replayed: bool = False
    corrected: tuple[tuple[str, int], ...] = ()
    """(source_file, new delivery_seq) of files that came again with other content and replace their rows."""


@dataclass
class Taken:
    """What a batch wrote and found, for the ledger."""

    report: BatchReport
    parts: list[dict[str, object]] = field(default_factory=list)
    quarantine: dict[str, object] | None = None
    affected: AffectedDates = field(default_factory=AffectedDates)
    first_event_date: date | None = None
    last_event_date: date | None = None
    unit_days: list[tuple[str, str, date]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def take(connection: duckdb.DuckDBPyConnection, home: Home, store: RawStore, batch: Batch, judged: Judged) -> Taken:
    """Judge the delivered rows and write what is news. Returns counts, files and dates for the ledger."""
    contract = batch.contract
    connection.execute(f"create or replace temp table candidate as {judged.sql}")
    stored = _stored_rows(connection, store, contract)
    find_versions(
        connection,
        contract,
        stored,
        latest_only=batch.rerun,
        replayed=batch.replayed,
        corrected=bool(batch.corrected),
    )
    warnings = _doubts(connection, judged, batch)
    _find_tombstones(connection, store, batch, warnings)
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
    if counts["accepted"] or counts["deleted"]:
        _write_accepted(connection, home, batch, taken)
    if counts["rejected"]:
        taken.quarantine = _write_quarantine(connection, home, batch)
    return taken


def _stored_rows(connection: duckdb.DuckDBPyConnection, store: RawStore, contract: Contract) -> str | None:
    """The raw rows that may hold the batch's keys: only the touched days where the day is part of the key."""
    if contract.partition_by is None or contract.partition_by not in contract.key:
        return store.scan(contract)
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


def _find_tombstones(connection: duckdb.DuckDBPyConnection, store: RawStore, batch: Batch, warnings: list[str]) -> None:
    """Fill `tombstone`: current rows of a corrected file that its new content no longer holds."""
    contract = batch.contract
    names = [*stored_columns(contract), *PROVENANCE]
    empty = ", ".join(
        f"null::{kind} as {quoted_name(name)}" for name, kind in {**stored_columns(contract), **PROVENANCE}.items()
    )
    connection.execute(f"create or replace temp table tombstone as select {empty} limit 0")
    scan = store.scan(contract) if batch.corrected else None
    if scan is None:
        return
    key = ", ".join(["company_id", *(quoted_name(name) for name in contract.key if name != "company_id")])
    for source_file, delivery_seq in batch.corrected:
        connection.execute(
            f"""create or replace temp table gone as
            with version as (
              select *, hash({key}) as key_hash, row_number() over (partition by {key}
                order by recorded_at desc, delivery_seq desc, source_line desc) as nth
              from {scan}
              where hash({key}) in (select hash({key}) from {scan} where source_file = ? and source_system = ?)
            )
            select *, key_hash in (select key_hash from candidate where source_file = ?) as stays from version
            where nth = 1 and source_file = ? and source_system = ? and not is_deleted""",
            [source_file, batch.source, source_file, source_file, batch.source],
        )
        found = connection.execute("select count(*) filter (stays), count(*) from gone").fetchone() or (0, 0)
        if not found[1]:
            continue
        if not found[0]:
            warnings.append(
                f"{batch.source}: {source_file}: came again with wholly different rows; taken as an addition under a "
                "reused name, nothing was deleted"
            )
            continue
        listed = ", ".join(quoted_name(name) for name in names)
        connection.execute(
            f"""insert into tombstone select {listed} from (select * replace (
                true as is_deleted, ? as batch_id, ?::bigint as delivery_seq, ?::timestamp as recorded_at,
                null as source_line, hash(row_hash, 'deleted') as row_hash, null as changed_at)
              from gone where not stays)""",
            [batch.batch_id, delivery_seq, batch.recorded_at],
        )


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


def _accepted_sql(batch: Batch) -> str:
    columns = ", ".join(quoted_name(name) for name in stored_columns(batch.contract))
    provenance = ", ".join(PROVENANCE)
    return f"""select {columns}, {provenance} from (
        select *, {literal(batch.source)} as source_system, {literal(batch.batch_id)} as batch_id,
          timestamp '{batch.recorded_at.isoformat(" ")}' as recorded_at
        from candidate where reasons is null and rowid not in (select row_no from verdict))
      union all select {columns}, {provenance} from tombstone"""


def _write_accepted(connection: duckdb.DuckDBPyConnection, home: Home, batch: Batch, taken: Taken) -> None:
    contract = batch.contract
    accepted = _accepted_sql(batch)
    folder = dataset_folder(home, contract)
    folder.mkdir(parents=True, exist_ok=True)
    options = "format parquet, compression zstd"
    if contract.partition_by:
        written = _write_days(connection, accepted, quoted_name(contract.partition_by), folder, batch, options)
    else:
        order = ", ".join(["company_id", *(quoted_name(name) for name in contract.key if name != "company_id")])
        file = folder / f"{batch.batch_id}.parquet"
        unfinished = file.with_suffix(".parquet.tmp")
        connection.execute(f"copy ({accepted} order by {order}) to {literal(unfinished)} ({options})")
        unfinished.rename(file)
        written = [(file, None)]
    taken.parts = [
        {
            "path": file.relative_to(home.raw).as_posix(),
            "batch_id": batch.batch_id,
            "dataset": contract.dataset,
            "event_date": day,
        }
        for file, day in written
    ]
    _date_batch(connection, contract, accepted, taken)


def _write_days(
    connection: duckdb.DuckDBPyConnection, accepted: str, moment: str, folder: Path, batch: Batch, options: str
) -> list[tuple[Path, str | None]]:
    """Write one Parquet file a UTC day."""
    unfinished = folder / f"{batch.batch_id}.tmp"
    connection.execute(f"""copy (select *, strftime({moment}, '%Y-%m-%d') as event_date from ({accepted}))
        to {literal(unfinished)} ({options}, partition_by (event_date), overwrite_or_ignore)""")
    written: list[tuple[Path, str | None]] = []
    for day_folder in sorted(unfinished.iterdir()):
        target = folder / day_folder.name
        target.mkdir(exist_ok=True)
        for number, file in enumerate(sorted(day_folder.iterdir())):
            suffix = f"-{number}" if number else ""
            final = target / f"{batch.batch_id}{suffix}.parquet"
            file.rename(final)
            written.append((final, day_folder.name.removeprefix("event_date=")))
        day_folder.rmdir()
    unfinished.rmdir()
    return written


def _date_batch(connection: duckdb.DuckDBPyConnection, contract: Contract, accepted: str, taken: Taken) -> None:
    """Find the production dates that the news touches: those of the new rows and of the versions they replace."""
    if contract.affects == "all":
        taken.affected = AffectedDates(everything=True)
        return
    if not contract.affects:
        return
    dates = connection.execute(f"""
        select distinct unnest(list_distinct({touched_dates_sql(contract)})) as day from ({accepted})
        union
        select distinct unnest(dates) from current_version where key_hash in (
          select key_hash from candidate where reasons is null and rowid not in (select row_no from verdict))
        order by 1""").fetchall()
    taken.affected = AffectedDates(frozenset(day for (day,) in dates if day))
    moments = ", ".join(f"min({quoted_name(c)}::date), max({quoted_name(c)}::date)" for c in contract.affects)
    bounds = connection.execute(f"select {moments} from ({accepted})").fetchone() or ()
    found = [day for day in bounds if day]
    taken.first_event_date, taken.last_event_date = (min(found), max(found)) if found else (None, None)
    day_of = UNIT_DAY.get(contract.dataset)
    if day_of:
        found_days = connection.execute(
            f"select distinct company_id, work_unit_id, {day_of} from ({accepted}) where work_unit_id is not null"
        )
        taken.unit_days = [(str(company), str(unit), day) for company, unit, day in found_days.fetchall()]


def _write_quarantine(connection: duckdb.DuckDBPyConnection, home: Home, batch: Batch) -> dict[str, object]:
    """Write the rejected rows with all their reasons; returns the ledger's entry."""
    contract = batch.contract
    home.quarantine.mkdir(parents=True, exist_ok=True)
    file = home.quarantine / f"{batch.batch_id}.parquet"
    unfinished = file.with_suffix(".parquet.tmp")
    connection.execute(f"copy ({_quarantine_sql(batch)}) to {literal(unfinished)} (format parquet, compression zstd)")
    unfinished.rename(file)
    count: tuple[Any, ...] = connection.execute(f"select count(*) from {literal(file)}").fetchone() or (0,)
    return {"path": file.name, "batch_id": batch.batch_id, "dataset": contract.dataset, "row_count": count[0]}


def _quarantine_sql(batch: Batch) -> str:
    contract = batch.contract
    key = " || '|' || ".join(f"coalesce({quoted_name(name)}::varchar, '')" for name in contract.key)
    days = [
        quoted_name(c) for c in (contract.partition_by, *(contract.affects if contract.affects != "all" else ())) if c
    ]
    event_date = f"coalesce({', '.join(f'{day}::date' for day in days)})" if days else "null::date"
    at_risk = (
        f"try_cast(({contract.value_at_risk}) as decimal(18, 4))" if contract.value_at_risk else "null::decimal(18, 4)"
    )
    columns = ", ".join(quoted_name(name) for name in stored_columns(contract))
    own_currency = "r.currency_code, " if contract.has("currency_code") else ""
    return f"""with rejected as (
        select c.*, coalesce(c.reasons, [{{'code': v.kind, 'reason': v.reason}}]) as because,
          coalesce(c.row_json, json_merge_patch('{{}}', (select to_json(x) from (select {_qualified(columns, "c")}) x)))
            as content
        from (select rowid as row_no, * from candidate) c left join verdict v using (row_no)
        where c.reasons is not null or v.kind in ('duplicate', 'key_conflict')
      )
      select {literal(contract.dataset)} || '-' || delivery_seq || '-' || source_line
          || case when count(*) over spot > 1 then '-' || row_number() over spot else '' end as quarantine_id,
        r.company_id, plant_of_row as plant_id, {literal(batch.source)} as source_system,
        {literal(contract.dataset)} as dataset, {literal(batch.batch_id)} as batch_id, source_file, source_line,
        delivery_seq, {key} as source_key,
        list_transform(because, lambda one: one.reason) as reasons,
        list_sort(list_distinct(list_transform(because, lambda one: one.code))) as reason_codes,
        content as row_json, {event_date} as event_date, {at_risk} as value_at_risk_amount,
        coalesce({own_currency}p.currency_code, f.currency_code) as currency_code,
        timestamp '{batch.recorded_at.isoformat(" ")}' as rejected_at
      from rejected r
        left join place p on p.company_id = r.company_id and p.plant_id = r.plant_of_row
        left join firm f on f.company_id = r.company_id
      window spot as (partition by delivery_seq, source_line order by {key})"""


def _qualified(columns: str, alias: str) -> str:
    return ", ".join(f"{alias}.{name.strip()}" for name in columns.split(","))
