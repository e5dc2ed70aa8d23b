"""Rows that a corrected file no longer holds: their last version in the raw store becomes a tombstone."""

from __future__ import annotations

import duckdb

from ingest.raw.identity import Batch
from ingest.raw.row_sql import key_columns, stored_columns
from ingest.raw.store import PROVENANCE, RawStore
from ingest.transports.relation import quoted_name


def find_tombstones(connection: duckdb.DuckDBPyConnection, store: RawStore, batch: Batch, warnings: list[str]) -> None:
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
    key = ", ".join(quoted_name(name) for name in key_columns(contract))
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
                null as source_line, null as changed_at)
              from gone where not stays)""",
            [batch.batch_id, delivery_seq, batch.recorded_at],
        )
