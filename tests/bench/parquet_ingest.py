"""Parquet ingest with every contract rule asked of every row, against DuckDB's plain scan of the same file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.bench.csv_ingest import BAD_EVERY, INGEST, write_machines
from tests.bench.measure import Cost, python

RAW_SCAN = """
import duckdb, sys
duckdb.sql("set threads = 2")
columns = ("work_unit_id", "tag", "occurred_at", "value")
greatest = ", ".join(f"max({column})" for column in columns)
duckdb.sql(f"select count(*), {greatest} from '{sys.argv[1]}'").fetchall()
"""


def write_delivery(home: Path, rows: int) -> Path:
    """Write a historian's Parquet file: readings of 200 machines over one day; one in a thousand is bad, four ways."""
    inbox = write_machines(home)
    file = inbox / "process_measurement.parquet"
    step = 86_400_000_000 // (rows // 200)
    duckdb.sql(f"""
        copy (
            select
                case when n % {4 * BAD_EVERY} = 7 then 'M999' else printf('M%03d', n % 200) end as work_unit_id,
                case when n % {4 * BAD_EVERY} = 1007 then null else 'temperature' end as tag,
                case when n % {4 * BAD_EVERY} = 2007 then timestamptz '1899-12-31 00:00:00+00'
                     else timestamptz '2026-03-02 00:00:00+00' + to_microseconds((n // 200) * {step}) end
                    as occurred_at,
                case when n % {4 * BAD_EVERY} = 3007 then 'nan'::double
                     else round(60 + 20 * sin(n / 1000.0), 2) end as value
            from range({rows}) t (n)
        ) to '{file}' (format parquet)""")
    return file


def parquet_ingest_against_scan(folder: Path, rows: int) -> tuple[Cost, Cost]:
    """Return the cost of the ingest and of the plain scan, each in a process of its own."""
    home = folder / "parquet"
    file = write_delivery(home, rows)
    scan = min((python(RAW_SCAN, str(file)) for _ in range(3)), key=lambda cost: cost.cpu)
    rejected = sum(len(range(first, rows, 4 * BAD_EVERY)) for first in (7, 1007, 2007, 3007))
    return python(INGEST, str(home), str(rows), str(rejected)), scan
