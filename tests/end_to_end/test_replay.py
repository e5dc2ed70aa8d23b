"""The simulated factory night by night, against the truth its simulator knows.

Twenty-two nights across both plants' changes to summer time. Models are run in this process, so that the cost of
starting dbt is paid once; everything they read came through the inbox.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from dagster_project.model_project import PROJECT_FOLDER
from dagster_project.news import dates_changed_elsewhere
from ingest import demo
from ingest.raw import create_raw_views, ingest, mark_built, pending_dates
from settings.configuration import load_configuration
from settings.home import Home

pytestmark = pytest.mark.slow

FIRST_DATE = date(2026, 3, 8)
NIGHTS = 22
MARTS = (
    "efficiency.oee_machine_shift",
    "efficiency.oee_item_day",
    "efficiency.oee_plant_day",
    "efficiency.oee_plant_month",
    "efficiency.loss_event",
    "efficiency.loss_waterfall",
    "efficiency.process_measurement_tag_day",
    "efficiency.changeover",
    "efficiency.cycle_time_item_day",
    "efficiency.order_time",
    "efficiency.standards_audit",
    "maintenance.reliability_work_unit_period",
    "meta.finding",
    '"yield".yield_order_operation',
    '"yield".yield_item_day',
    '"yield".scrap_reason_day',
    "cost.order_cost",
    "labour.labour_worker_shift",
)
MACHINE_SHIFT = ["company_id", "plant_id", "work_unit_id", "production_date", "shift_id"]
LOSS_BY_CATEGORY = """(
    select company_id, plant_id, work_unit_id, production_date, shift_id, loss_category, sum(seconds) as loss_seconds
    from efficiency.loss_event group by all having sum(seconds) <> 0
)"""
ITEM_DAY = """(
    select * from efficiency.oee_item_day
    where planned_busy_seconds <> 0 or standard_produced_seconds <> 0 or standard_good_seconds <> 0
)"""
TRUTHS = {
    "machine_shift": ("efficiency.oee_machine_shift", MACHINE_SHIFT),
    "loss": (LOSS_BY_CATEGORY, [*MACHINE_SHIFT, "loss_category"]),
    "item_day": (ITEM_DAY, ["company_id", "plant_id", "production_date", "item_id"]),
    "plant_day": ("efficiency.oee_plant_day", ["company_id", "plant_id", "production_date"]),
    "plant_month": ("efficiency.oee_plant_month", ["company_id", "plant_id", "month_id"]),
    "tag_day": (
        "efficiency.process_measurement_tag_day",
        ["company_id", "work_unit_id", "tag", "measurement_date"],
    ),
    "order": ("cost.order_cost", ["company_id", "plant_id", "order_id"]),
}
"""What the simulator writes down, and where the warehouse publishes it by the same key."""
TEXTS = {"item_id", "basis"}


@dataclass
class Replayed:
    """A home that has lived through all nights, and the quarantine it saw on the way."""

    home: Home
    factory: demo.DemoFactory
    refused: set[tuple[str, str, int, str]]
    full_builds: int


def build(home: Home, build_id: str, *, full: bool) -> None:
    """Run the models over what is pending, as a nightly does."""
    pending = pending_dates(home)
    home.build.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home.scratch)) as connection:
        create_raw_views(connection, home)
    project = ["--project-dir", str(PROJECT_FOLDER), "--profiles-dir", str(PROJECT_FOLDER)]
    places = ["--target-path", str(home.build / "dbt_target"), "--log-path", str(home.build / "logs")]
    command = [
        "--quiet",
        "run",
        *project,
        *places,
        *(["--full-refresh"] if full else ["--exclude", "config.materialized:view"]),
    ]
    changed = set() if full else pending.dates | dates_changed_elsewhere(home)
    dates = "all" if full else ",".join(sorted(day.isoformat() for day in changed))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TIEOUT_WAREHOUSE", str(home.warehouse))
        environment.setenv("TIEOUT_SCRATCH", str(home.scratch))
        environment.setenv("TIEOUT_AFFECTED_DATES", dates)
        outcome = dbtRunner().invoke(command)
    DuckDBConnectionManager.close_all_connections()
    failed = [node.message for node in (outcome.result or []) if node.status == "error"]
    assert outcome.success, outcome.exception or failed
    mark_built(home, build_id)


def quarantined(home: Home) -> set[tuple[str, str, int, str]]:
    with duckdb.connect(str(home.scratch), read_only=True) as connection:
        rows = connection.sql(
            "select source_system, source_file, source_line, unnest(reason_codes) from raw.quarantine"
        ).fetchall()
    return {(source, file, line, code) for source, file, line, code in rows}


def new_home(folder: Path) -> Home:
    folder.mkdir()
    demo.write_configuration(folder)
    return Home(folder)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    home = new_home(tmp_path_factory.mktemp("replay") / "plant")
    factory = demo.generate(days=NIGHTS, first_date=FIRST_DATE)
    configuration = load_configuration(home)
    refused: set[tuple[str, str, int, str]] = set()
    full_builds = 0
    for number, night in enumerate(demo.nights(factory)):
        demo.write_extracts(factory, home.inbox, night)
        ingest(home, configuration)
        full = pending_dates(home).everything
        full_builds += full
        build(home, f"night-{number}", full=full)
        refused |= quarantined(home)
    demo.write_truth(factory, home.root)
    return Replayed(home, factory, refused, full_builds)


@pytest.fixture(scope="module")
def warehouse(replayed: Replayed) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(replayed.home.warehouse), read_only=True) as connection:
        yield connection


def differences(connection: duckdb.DuckDBPyConnection, truth: Path, mart: str, keys: list[str]) -> dict[str, object]:
    """Rows only one side has, and per column how many rows differ; amounts and seconds compare as exact decimals."""
    source = f"read_csv('{truth}', all_varchar = true)"
    columns = connection.sql(f"from {source}").columns

    def exact(column: str) -> str:
        if column in keys:
            return f"coalesce({column}::varchar, '')"
        return f"{column}::varchar" if column in TEXTS else f"{column}::decimal(28, 6)"

    listed = ", ".join(f"{exact(column)} as {column}" for column in columns)
    connection.execute(f"create or replace temp table truth as select {listed} from {source}")
    connection.execute(f"create or replace temp table mart as select {listed} from {mart}")
    found: dict[str, object] = {
        side: connection.sql(f"select count(*) from {side} anti join {other} using ({', '.join(keys)})").fetchall()[0][
            0
        ]
        for side, other in (("truth", "mart"), ("mart", "truth"))
    }
    for column in set(columns) - set(keys):
        [(count,)] = connection.sql(
            f"select count(*) from truth join mart using ({', '.join(keys)}) "
            f"where truth.{column} is distinct from mart.{column}"
        ).fetchall()
        if count:
            found[column] = count
    return found


@pytest.mark.parametrize("name", TRUTHS)
def test_every_figure_equals_the_truth(replayed: Replayed, warehouse: duckdb.DuckDBPyConnection, name: str) -> None:
    mart, keys = TRUTHS[name]
    truth = replayed.home.root / "truth" / f"{name}.csv"
    assert differences(warehouse, truth, mart, keys) == {"truth": 0, "mart": 0}
    assert warehouse.sql("select count(*) > 800 from efficiency.oee_machine_shift").fetchall() == [(True,)]


def test_the_nights_of_the_clock_change_are_an_hour_short(warehouse: duckdb.DuckDBPyConnection) -> None:
    short = warehouse.sql("""
        select distinct plant_id, production_date::varchar from efficiency.oee_machine_shift
        where shift_end_at - shift_start_at = interval 7 hours or calendar_seconds = 25200""").fetchall()
    assert ("P1", "2026-03-28") in short


def test_every_workers_shift_equals_the_truth(replayed: Replayed, warehouse: duckdb.DuckDBPyConnection) -> None:
    truth = replayed.home.root / "truth" / "labour_worker_shift.csv"
    rows = duckdb.read_csv(str(truth), all_varchar=True).fetchall()
    salt = (replayed.home.raw / "pseudonym.salt").read_text().strip()
    expected = {
        (
            hashlib.sha256((salt + worker).encode()).hexdigest()[:16],
            plant,
            day,
            shift,
            float(attendance or 0),
            float(hours or 0),
        )
        for worker, plant, day, shift, attendance, hours in rows
    }
    published = warehouse.sql("""
        select worker_id, plant_id, production_date::varchar, shift_id, coalesce(attendance_seconds, 0)::double,
            order_hours::double
        from labour.labour_worker_shift where attendance_count > 0 or order_hours > 0""").fetchall()
    assert set(published) == expected


def test_every_planted_fault_is_set_aside_for_the_right_reason_and_nothing_else(replayed: Replayed) -> None:
    faults = duckdb.read_csv(str(replayed.home.root / "truth" / "fault.csv"), all_varchar=True)
    planted = {
        (source, file, int(line), code)
        for source, file, line, code in faults.project("source, source_file, source_line, reason_code").fetchall()
    }
    assert replayed.refused == planted
    assert len({code for *_, code in planted}) >= 8


def test_only_the_first_night_computes_all_of_history(replayed: Replayed) -> None:
    assert replayed.full_builds == 1


def test_the_same_night_again_changes_nothing(replayed: Replayed) -> None:
    demo.write_extracts(replayed.factory, replayed.home.inbox, demo.nights(replayed.factory)[-1])
    report = ingest(replayed.home, load_configuration(replayed.home))
    assert (report.accepted_rows, report.rejected_rows) == (0, 0)
    assert not pending_dates(replayed.home)


def test_all_nights_at_once_give_identical_marts(replayed: Replayed, tmp_path: Path) -> None:
    home = new_home(tmp_path / "plant")
    (home.root / "raw").mkdir()
    salt = replayed.home.raw / "pseudonym.salt"
    (home.raw / salt.name).write_bytes(salt.read_bytes())
    demo.write_extracts(replayed.factory, home.inbox)
    ingest(home, load_configuration(home))
    build(home, "at-once", full=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.warehouse}' as at_once (read_only)")
        connection.execute(f"attach '{replayed.home.warehouse}' as by_night (read_only)")
        for mart in MARTS:
            for one, other in (("at_once", "by_night"), ("by_night", "at_once")):
                extra = connection.sql(f"select * from {one}.{mart} except all select * from {other}.{mart}").fetchall()
                assert extra == [], f"{mart}: only {one}"
