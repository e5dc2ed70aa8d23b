"""A day's rows say whether each key stands there once only, so that a reader need not look for the last version."""

from __future__ import annotations

import sqlite3
from typing import Any

import duckdb
import pytest
from raw_plant import Plant, utc

from ingest.raw import create_raw_views
from ingest.raw.ledger import ledger_file

HEADER = "work_unit_id,counter,occurred_at,value,reading_kind\n"
TWO_DAYS = "M1,good,2026-03-02T06:00:00Z,10,cumulative\nM1,good,2026-03-03T06:00:00Z,20,cumulative\n"


@pytest.fixture
def counted(plant: Plant) -> Plant:
    """Two readings on two days."""
    plant.deliver_machines("M1", "M2")
    plant.deliver("2026-03-03/production_counter.csv", HEADER + TWO_DAYS)
    plant.take_in(utc("2026-03-04"))
    return plant


def only_versions(plant: Plant) -> dict[str, bool]:
    """Whether the rows of each day are single versions; fails if the rows of a day disagree."""
    found = plant.ask("select distinct event_date::varchar, is_only_version from raw.production_counter")
    assert len(dict(found)) == len(found)
    return dict(found)


def read_as_staging_does(plant: Plant, columns: str, known_at: str = "infinity") -> list[tuple[Any, ...]]:
    """The rule of dbt's latest_version, with as_of."""
    rows = f"from raw.production_counter where recorded_at <= timestamp '{known_at}'"
    return plant.ask(f"""select {columns} from (
        select * {rows} and is_only_version
        union all
        select * {rows} and not is_only_version
        qualify row_number() over (partition by company_id, source_key, event_date
          order by recorded_at desc, delivery_seq desc, source_line desc) = 1 and not is_deleted) order by all""")


def test_new_days_hold_single_versions(counted: Plant) -> None:
    assert only_versions(counted) == {"2026-03-02": True, "2026-03-03": True}


def test_other_keys_of_a_known_day_leave_it_single(counted: Plant) -> None:
    counted.deliver("2026-03-04/production_counter.csv", HEADER + "M2,good,2026-03-02T06:00:00Z,5,cumulative\n")
    counted.take_in()
    assert only_versions(counted) == {"2026-03-02": True, "2026-03-03": True}


def test_rows_that_come_again_unchanged_leave_the_day_single(counted: Plant) -> None:
    counted.deliver("2026-03-04/production_counter.csv", HEADER + TWO_DAYS)
    counted.take_in()
    assert only_versions(counted) == {"2026-03-02": True, "2026-03-03": True}


def test_a_restated_value_marks_its_day_alone(counted: Plant) -> None:
    counted.deliver("2026-03-04/production_counter.csv", HEADER + "M1,good,2026-03-02T06:00:00Z,11,cumulative\n")
    counted.take_in(utc("2026-03-05"))
    assert only_versions(counted) == {"2026-03-02": False, "2026-03-03": True}
    assert read_as_staging_does(counted, "value::int") == [(11,), (20,)]
    assert read_as_staging_does(counted, "value::int", "2026-03-04 12:00") == [(10,), (20,)]
    assert read_as_staging_does(counted, "value::int", "2026-03-03 12:00") == []


def test_a_deletion_marks_its_day(counted: Plant) -> None:
    gone = "work_unit_id,counter,occurred_at,value,reading_kind,is_deleted\nM1,good,2026-03-03T06:00:00Z,,,true\n"
    counted.deliver("2026-03-04/production_counter.csv", gone)
    counted.take_in()
    assert only_versions(counted) == {"2026-03-02": True, "2026-03-03": False}
    assert read_as_staging_does(counted, "value::int") == [(10,)]


def test_rows_missing_from_a_corrected_file_mark_their_day(counted: Plant) -> None:
    counted.deliver("2026-03-03/production_counter.csv", HEADER + TWO_DAYS.splitlines()[0])
    counted.take_in()
    assert only_versions(counted) == {"2026-03-02": True, "2026-03-03": False}
    assert read_as_staging_does(counted, "value::int") == [(10,)]


def test_two_versions_in_one_load_mark_their_day_and_a_repeated_row_does_not(counted: Plant) -> None:
    reading = "M2,good,2026-03-0{}T07:00:00Z,{},cumulative\n"
    first = HEADER + reading.format(2, 1) + reading.format(2, 1) + reading.format(3, 1)
    counted.deliver("2026-03-04/production_counter.csv", first)
    counted.deliver("2026-03-05/production_counter.csv", HEADER + reading.format(3, 2))
    counted.take_in()
    assert only_versions(counted) == {"2026-03-02": True, "2026-03-03": False}
    assert read_as_staging_does(counted, "work_unit_id, value::int") == [("M1", 10), ("M1", 20), ("M2", 1), ("M2", 2)]


def test_days_of_a_home_that_noted_nothing_are_compared_row_by_row(counted: Plant) -> None:
    with sqlite3.connect(ledger_file(counted.home)) as ledger:
        ledger.execute("alter table part drop column restates")
        ledger.execute("alter table part drop column columns")
        ledger.execute("pragma user_version = 0")
    counted.deliver("2026-03-04/production_counter.csv", HEADER + "M1,good,2026-03-04T06:00:00Z,30,cumulative\n")
    counted.take_in()
    assert only_versions(counted) == {"2026-03-02": False, "2026-03-03": False, "2026-03-04": True}
    assert read_as_staging_does(counted, "value::int") == [(10,), (20,), (30,)]


def test_a_reader_opens_the_files_of_the_asked_days_and_numbers_no_single_versions(counted: Plant) -> None:
    counted.deliver("2026-03-04/production_counter.csv", HEADER + "M1,good,2026-03-02T06:00:00Z,11,cumulative\n")
    counted.take_in()
    with duckdb.connect() as connection:
        create_raw_views(connection, counted.home)
        asked = """explain select sum(value) from raw.production_counter
            where is_only_version and event_date = date '2026-03-03'"""
        plan = str(connection.execute(asked).fetchall()[0][1])
    assert plan.count("Function:") == 1
    assert "Projections: value" in plan
    assert "hash" not in plan
    assert "source_key" not in plan


def test_a_file_of_other_columns_reads_beside_one_of_todays(counted: Plant) -> None:
    with sqlite3.connect(ledger_file(counted.home)) as ledger:
        held = ledger.execute("select columns from part where dataset = 'production_counter' limit 1").fetchone()[0]
        path = ledger.execute("select min(path) from part where dataset = 'production_counter'").fetchone()[0]
        older = held.replace('"rolls_over_at": "DECIMAL(18,6)", ', "").replace("DECIMAL(18,6)", "DECIMAL(18,3)")
        assert older != held
        ledger.execute("update part set columns = ? where path = ?", [older, path])
    file = counted.home.raw / path
    older_file = file.with_suffix(".older")
    rows = duckdb.sql(f"select * exclude (rolls_over_at) replace (value::decimal(18, 3) as value) from '{file}'")
    rows.write_parquet(str(older_file))
    older_file.rename(file)
    assert counted.ask("select value, rolls_over_at, typeof(value) from raw.production_counter order by 1") == [
        (10, None, "DECIMAL(18,6)"),
        (20, None, "DECIMAL(18,6)"),
    ]
