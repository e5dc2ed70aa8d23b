"""State and counter events → efficiency.oee_machine_shift, against a scan of the same rows, pandas and Spark.

The job is what a night runs: the same starts of dbt over the same stretches of dates, cut down to the models that
oee_machine_shift is made of, tests left out. What dbt costs by itself does not grow with the rows, so the statements'
own cost is measured too: the SQL that dbt compiled, all of it, run once more by DuckDB with the settings of the
profile. The scan reads the delivered files, the three tags that count, all four columns.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.build_plan import BuildPlan, BuildRequest, declared_choices, plan_build
from dagster_project.build_steps import build_steps
from dagster_project.environment import dbt_target, enter
from dagster_project.model_project import dbt_command, project_fingerprint
from settings.configuration import load_configuration
from settings.home import Home
from tests.bench.factory_events import READINGS_A_DAY
from tests.bench.measure import Cost, cost_of, python, work_of
from tests.bench.nights import deliver

SPARK_FOLDER = Path(__file__).parents[2] / "build" / "bench_spark"
MART = "+oee_machine_shift"
INGEST = """
import sys
from pathlib import Path
from ingest.raw import ingest
from settings.configuration import load_configuration
from settings.home import Home
home = Home(Path(sys.argv[1]))
report = ingest(home, load_configuration(home))
assert report.rejected_rows == 0, report
"""
# In a process of its own: a process begins its life with the peak memory of the one that starts it.
PREPARE = """
import sys
from pathlib import Path
from dagster_project.build_files import connect_raw, remove_build_files
from dagster_project.environment import enter
from dagster_project.model_project import current_manifest
from settings.home import Home
home = Home(Path(sys.argv[1]))
enter(home)
current_manifest(home)
remove_build_files(home)
connect_raw(home)
"""
SCAN = """
import json, os, sys, time, duckdb
duckdb.sql("set threads = 2")
started, before = time.perf_counter(), os.times()
duckdb.sql(
    "select count(*), sum(epoch_us(ts)), sum(length(machine_id)), sum(length(tag)), sum(value)"
    f" from read_parquet('{sys.argv[1]}/*.parquet') where tag in ('state', 'good', 'reject')"
).fetchall()
after = os.times()
cpu = after.user + after.system - before.user - before.system
print(json.dumps({"wall": time.perf_counter() - started, "cpu": cpu}))
"""
STATEMENTS = """
import json, os, sys, time
from pathlib import Path
import duckdb
warehouse, scratch, statements = sys.argv[1:]
connection = duckdb.connect(warehouse, config={"threads": 2})
connection.execute(f"attach '{scratch}' as scratch")
connection.execute("set TimeZone = 'UTC'")
connection.execute(f"set memory_limit = '{os.environ.get('TIEOUT_MEMORY_LIMIT', '800MB')}'")
connection.execute("set preserve_insertion_order = false")
queries = json.loads(Path(statements).read_text())
started, before = time.perf_counter(), os.times()
for query in queries:
    connection.execute(f"create or replace table scratch.main.result_of_bench as {query}")
after = os.times()
cpu = after.user + after.system - before.user - before.system
print(json.dumps({"wall": time.perf_counter() - started, "cpu": cpu}))
connection.execute("drop table scratch.main.result_of_bench")
"""
# What all three must agree on, in the order of the columns: ms and pieces are whole numbers.
OURS = """
    select work_unit_id, cast(production_date as varchar) as production_date, shift_id,
        cast(planned_busy_seconds * 1000 as bigint) as planned_busy_ms,
        cast(production_seconds * 1000 as bigint) as production_ms, cast(setup_seconds * 1000 as bigint) as setup_ms,
        cast(delay_seconds * 1000 as bigint) as delay_ms, cast(down_seconds * 1000 as bigint) as down_ms,
        cast(unknown_seconds * 1000 as bigint) as unknown_ms,
        cast(busy_outside_plan_seconds * 1000 as bigint) as busy_outside_plan_ms,
        cast(good_qty as bigint) as good_qty, cast(scrap_qty as bigint) as scrap_qty,
        cast(standard_produced_seconds * 1000 as bigint) as standard_produced_ms,
        cast(standard_good_seconds * 1000 as bigint) as standard_good_ms
    from warehouse.efficiency.oee_machine_shift"""


@dataclass(frozen=True)
class MachineShiftCosts:
    """What the job costs, for a number of delivered rows; Spark's is None, with the reason, where it is not there."""

    rows: int
    scan: Cost
    ingest: Cost
    whole: Cost
    statements: Cost
    pandas: Cost
    spark: Cost | None
    spark_missing: str


def size_of(rows: int) -> tuple[int, int]:
    """Return machines and days of about so many rows: up to 200 machines, then days."""
    machines = max(1, min(200, rows // READINGS_A_DAY))
    return machines, max(1, round(rows / READINGS_A_DAY / machines))


def machine_shift_job(folder: Path, rows: int, rounds: int = 3, *, spark: bool = True) -> MachineShiftCosts:
    """Measure the job; raise RuntimeError where pandas or Spark come to other results than the warehouse."""
    machines, days = size_of(rows)
    home = folder / f"plant_{rows}"
    deliver(home, machines, range(days))
    sensors = str(home / "inbox" / "historian")
    scan = min((work_of([sys.executable, "-c", SCAN, sensors]) for _ in range(rounds)), key=lambda cost: cost.cpu)
    ingest = python(INGEST, str(home))
    queries = folder / "statements.json"
    whole = _build(Home(home), queries)
    replay = [sys.executable, "-c", STATEMENTS, str(Home(home).warehouse), str(Home(home).scratch), str(queries)]
    statements = min((work_of(replay) for _ in range(rounds)), key=lambda cost: cost.cpu)
    pandas = min((_pandas(home, folder / "pandas.parquet") for _ in range(min(rounds, 2))), key=lambda cost: cost.cpu)
    _must_agree(home, str(folder / "pandas.parquet"), "pandas")
    spark_cost, missing = None, _spark_is_missing() if spark else "not asked for"
    if not missing:
        job = [_spark_python(), str(Path(__file__).with_name("oee_spark.py")), str(home), f"{folder}/spark"]
        spark_cost = work_of(job, log=folder / "spark.log")
        _must_agree(home, f"{folder}/spark/*.parquet", "Spark")
    return MachineShiftCosts(
        machines * days * READINGS_A_DAY, scan, ingest, whole, statements, pandas, spark_cost, missing
    )


def _build(home: Home, queries: Path) -> Cost:
    """Compute the mart from the raw store, everything anew; return the cost and keep the queries that made tables."""
    enter(home)
    python(PREPARE, str(home.root))
    plan = _plan(home)
    told = declared_choices(load_configuration(home)) | plan.dbt_environment("bench", "2025-01-01", "")
    total = Cost(0, 0, 0)
    compiled: list[str] = []
    for step in build_steps(home, plan):
        command = dbt_command(home, "--quiet", "build", *_only_the_mart(list(step.arguments)))
        total += cost_of(command, {**told, **step.environment})
        compiled += _queries_of_last_run(home)
    queries.write_text(json.dumps(compiled), encoding="utf-8")
    return total


def _queries_of_last_run(home: Home) -> list[str]:
    results = json.loads((dbt_target(home) / "run_results.json").read_bytes())["results"]
    models = json.loads((dbt_target(home) / "manifest.json").read_bytes())["nodes"]
    return [
        result["compiled_code"]
        for result in results
        if models[result["unique_id"]]["config"]["materialized"] in {"table", "incremental"}
    ]


def _plan(home: Home) -> BuildPlan:
    return plan_build(
        BuildRequest(full_refresh=True),
        pending="all",
        state=None,
        build_files_exist=False,
        fingerprint=project_fingerprint(),
        choices=declared_choices(load_configuration(home)),
    )


def _only_the_mart(arguments: list[str]) -> list[str]:
    """Cut a start of dbt down to the mart and what it is made of, without tests."""
    cut = list(arguments)
    if "--select" in cut:
        cut[cut.index("--select") + 1] += f",{MART}"
    else:
        cut += ["--select", MART]
    return [*cut, "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]


def _pandas(home: Path, result: Path) -> Cost:
    return work_of([sys.executable, str(Path(__file__).with_name("oee_pandas.py")), str(home), str(result)])


def _must_agree(home: Path, result: str, who: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{Home(home).warehouse}' as warehouse (read_only)")
        connection.execute(f"create temp view ours as {OURS}")
        columns = ", ".join(row[0] for row in connection.execute("describe ours").fetchall())
        connection.execute(f"create temp view theirs as select {columns} from read_parquet('{result}')")
        ours, theirs, differ = connection.execute(
            "select (select count(*) from ours), (select count(*) from theirs),"
            " (select count(*) from (from ours except from theirs))"
        ).fetchone() or (0, 0, 0)
    if not ours or ours != theirs or differ:
        raise RuntimeError(f"{who}: {theirs} machine-shifts against {ours}, {differ} of them differ")


def _spark_python() -> str:
    return str(SPARK_FOLDER / "bin" / "python")


def _spark_is_missing() -> str:
    """Make the virtual environment of PySpark if it is not there; return why it cannot be had, or nothing."""
    if subprocess.run(["java", "-version"], capture_output=True, check=False).returncode:
        return "no Java on this machine"
    if not Path(_spark_python()).exists():
        subprocess.run([sys.executable, "-m", "venv", str(SPARK_FOLDER)], check=True)
    install = [_spark_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pyspark==4.3.0"]
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    if subprocess.run(install, capture_output=True, check=False).returncode:
        return "PySpark cannot be installed from the package registry"
    return ""
