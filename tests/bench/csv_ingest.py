"""CSV ingest with every bad row set aside, against DuckDB's bare scan of the same file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.bench.measure import Cost, python

RAW_SCAN = """
import duckdb, sys
duckdb.sql("set threads = 2")
columns = ("work_unit_id", "tag", "occurred_at", "value")
lengths = ", ".join(f"sum(length({column}))" for column in columns)
duckdb.sql(f"select count(*), {lengths} from read_csv('{sys.argv[1]}', all_varchar = true, header = true)").fetchall()
"""
INGEST = """
import sys
from pathlib import Path
from ingest.raw import ingest
from settings.configuration import load_configuration
from settings.home import Home
home = Home(Path(sys.argv[1]))
report = ingest(home, load_configuration(home))
rows = sum(batch.delivered_rows for batch in report.batches if batch.dataset == "process_measurement")
assert rows == int(sys.argv[2]) and report.rejected_rows == int(sys.argv[3]), report
"""
CONFIGURATION = """
companies: [{company_id: C, name: Bench, currency_code: EUR, time_zone: Europe/Berlin}]
plants: [{plant_id: P, company_id: C, name: Bench, time_zone: Europe/Berlin, currency_code: EUR}]
sources: [{name: sensors, plant_id: P}]
"""
BAD_EVERY = 1000


def write_machines(home: Path) -> Path:
    """Write a home whose only source has delivered two hundred machines; return the source's folder."""
    inbox = home / "inbox" / "sensors"
    inbox.mkdir(parents=True)
    (home / "tieout.yml").write_text(CONFIGURATION)
    (inbox / "work_center.csv").write_text("work_center_id,plant_id,name\nW,P,All\n")
    units = "".join(f"M{number:03},W,P,Machine {number}\n" for number in range(200))
    (inbox / "work_unit.csv").write_text("work_unit_id,work_center_id,plant_id,name\n" + units)
    return inbox


def write_delivery(home: Path, rows: int) -> Path:
    """Write a sensor file of `rows` readings of 200 machines over one day; one in a thousand is bad, four ways."""
    inbox = write_machines(home)
    file = inbox / "process_measurement.csv"
    step = 86_400_000_000 // (rows // 200)
    duckdb.sql(f"""
        copy (
            select
                case when n % {4 * BAD_EVERY} = 7 then 'M999' else printf('M%03d', n % 200) end as work_unit_id,
                case when n % {4 * BAD_EVERY} = 1007 then null else 'temperature' end as tag,
                case when n % {4 * BAD_EVERY} = 2007 then '2026-13-45T99:00:00Z'
                     else strftime(timestamp '2026-03-02' + to_microseconds((n // 200) * {step}),
                                   '%Y-%m-%dT%H:%M:%S.%fZ') end as occurred_at,
                case when n % {4 * BAD_EVERY} = 3007 then 'ERR' else round(60 + 20 * sin(n / 1000.0), 2)::varchar end
                    as value
            from range({rows}) t (n)
        ) to '{file}' (header)""")
    return file


def ingest_against_scan(folder: Path, rows: int) -> tuple[Cost, Cost]:
    """Return the cost of the ingest and of the bare scan, each in a process of its own."""
    home = folder / "csv"
    file = write_delivery(home, rows)
    scan = min((python(RAW_SCAN, str(file)) for _ in range(3)), key=lambda cost: cost.wall)
    rejected = sum(len(range(first, rows, 4 * BAD_EVERY)) for first in (7, 1007, 2007, 3007))
    return python(INGEST, str(home), str(rows), str(rejected)), scan
