"""Long histories in stretches: the cut itself, and that a history computed in stretches equals one computed at once."""

import json
import os
import subprocess
from datetime import date, timedelta

import duckdb
import pytest

from dagster_project.build_files import connect_raw, remove_build_files
from dagster_project.build_plan import BuildPlan, declared_choices
from dagster_project.build_steps import build_steps
from dagster_project.model_project import dbt_command
from dagster_project.stretches import cut_into_stretches, is_long
from ingest.demo import generate, write_configuration, write_extracts
from ingest.raw import ingest
from settings.configuration import load_configuration
from settings.home import Home

FIRST = date(2026, 3, 2)


def days(*numbers):
    return tuple(FIRST + timedelta(days=number) for number in numbers)


def test_a_stretch_holds_as_many_dates_as_its_events_allow():
    event_days = {day: {day, day + timedelta(days=1)} for day in days(0, 1, 2, 3)}
    events = dict.fromkeys(days(0, 1, 2, 3, 4), 10)
    stretches = cut_into_stretches(event_days, events, None, rows_at_once=30)
    assert [stretch.production_dates for stretch in stretches] == [days(0, 1), days(2, 3)]
    assert stretches[0].event_dates == days(0, 1, 2)
    assert stretches[0].dbt_environment()["TIEOUT_AFFECTED_DATES"] == "2026-03-02,2026-03-03"


def test_a_day_with_too_many_events_is_a_stretch_of_its_own():
    event_days = {day: {day} for day in days(0, 1, 2)}
    events = {days(0)[0]: 5, days(1)[0]: 500, days(2)[0]: 5}
    stretches = cut_into_stretches(event_days, events, None, rows_at_once=100)
    assert [stretch.production_dates for stretch in stretches] == [days(0), days(1), days(2)]


def test_only_dates_that_are_wanted_and_have_shifts_are_computed():
    event_days = {day: {day} for day in days(0, 1, 2)}
    assert [s.production_dates for s in cut_into_stretches(event_days, {}, days(1, 7), 100)] == [days(1)]
    assert cut_into_stretches(event_days, {}, days(7), 100) == []


def test_a_night_is_long_by_the_events_around_its_dates():
    events = {days(0)[0]: 90, days(5)[0]: 5}
    assert is_long(events, None, 94) and not is_long(events, None, 95)
    assert is_long(events, days(1), 89) and not is_long(events, days(4), 89)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stretches") / "plant"
    folder.mkdir()
    write_configuration(folder)
    home = Home(folder)
    # Over the night in which the clock is put forward.
    write_extracts(generate(days=8, seed=3, scale="small", first_date=date(2026, 3, 26)), home.inbox)
    ingest(home, load_configuration(home))
    return home


def build(home, rows_at_once):
    """Build everything in steps; return the marts' rows and how often dbt was started."""
    plan = BuildPlan(full_refresh=True, reason="test", affected_dates="all", as_of=None, run_unit_tests=False)
    remove_build_files(home)
    home.build.mkdir(exist_ok=True)
    connect_raw(home)
    told = declared_choices(load_configuration(home)) | plan.dbt_environment("b", "2026-01-01T00:00:00", "c")
    starts = 0
    for step in build_steps(home, plan, rows_at_once):
        files = {"TIEOUT_WAREHOUSE": str(home.warehouse), "TIEOUT_SCRATCH": str(home.scratch)}
        run = subprocess.run(
            dbt_command(home, "build", *step.arguments),
            env={**os.environ, **files, **told, **step.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout[-3000:]
        starts += 1
    with duckdb.connect(home.warehouse, read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        rows = {
            f"{schema}.{table}": sorted(
                json.dumps(row, default=str) for row in connection.execute(f"from {schema}.{table}").fetchall()
            )
            for schema, table in tables
            if schema not in ("meta", "cost") or table == "finding"
        }
    return rows, starts


def test_a_history_in_stretches_equals_one_computed_at_once(home):
    at_once, starts = build(home, rows_at_once=10**9)
    assert starts == 1 and at_once["efficiency.oee_machine_shift"] and at_once["efficiency.loss_event"]
    in_stretches, starts = build(home, rows_at_once=4_000)
    assert starts > 4
    for table, rows in at_once.items():
        assert in_stretches[table] == rows, table
