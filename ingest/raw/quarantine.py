"""Rejected rows with all their reasons, as Parquet: one file a batch, closed when its rows heal."""

from __future__ import annotations

from typing import Any

import duckdb

from ingest.raw.identity import Batch
from ingest.raw.row_sql import event_date_sql, source_key_sql, stored_columns
from ingest.transports.relation import literal, quoted_name
from settings.home import Home


def write_quarantine(connection: duckdb.DuckDBPyConnection, home: Home, batch: Batch) -> dict[str, object]:
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
    key = source_key_sql(contract)
    event_date = event_date_sql(contract)
    at_risk = (
        f"try_cast(({contract.value_at_risk}) as decimal(18, 4))" if contract.value_at_risk else "null::decimal(18, 4)"
    )
    columns = ", ".join(quoted_name(name) for name in stored_columns(contract))
    by_unit = contract.has("work_unit_id") and not contract.has("plant_id")
    unit_join = "left join unit_place u on u.company_id = r.company_id and u.work_unit_id = r.work_unit_id"
    unit_join, unit_plant = (unit_join, "u.plant_id") if by_unit else ("", "null")
    own_currency = "r.currency_code, " if contract.has("currency_code") else ""
    return f"""with rejected as (
        select c.*, {key} as source_key, {event_date} as event_date, {at_risk} as value_at_risk_amount,
          coalesce(c.reasons, [{{'code': v.kind, 'reason': v.reason}}]) as because,
          coalesce(c.row_json, json_merge_patch('{{}}', (select to_json(x) from (select {_qualified(columns, "c")}) x)))
            as content
        from candidate c left join verdict v using (row_no)
        where c.reasons is not null or v.kind in ('duplicate', 'key_conflict')
      )
      select {literal(contract.dataset)} || '-' || delivery_seq || '-' || source_line
          || case when count(*) over spot > 1 then '-' || row_number() over spot else '' end as quarantine_id,
        r.company_id, coalesce(r.plant_of_row, {unit_plant}) as plant_id, {literal(batch.source)} as source_system,
        {literal(contract.dataset)} as dataset, {literal(batch.batch_id)} as batch_id, source_file, source_line,
        delivery_seq, source_key,
        list_transform(because, lambda one: one.reason) as reasons,
        list_sort(list_distinct(list_transform(because, lambda one: one.code))) as reason_codes,
        content as row_json, event_date, value_at_risk_amount,
        case when value_at_risk_amount is not null
          then coalesce({own_currency}p.currency_code, f.currency_code) end as currency_code,
        timestamp '{batch.recorded_at.isoformat(" ")}' as rejected_at
      from rejected r
        {unit_join}
        left join place p on p.company_id = r.company_id and p.plant_id = coalesce(r.plant_of_row, {unit_plant})
        left join firm f on f.company_id = r.company_id
      window spot as (partition by delivery_seq, source_line order by source_key)"""


def _qualified(columns: str, alias: str) -> str:
    return ", ".join(f"{alias}.{name.strip()}" for name in columns.split(","))
