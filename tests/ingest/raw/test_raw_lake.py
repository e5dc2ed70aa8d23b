"""The raw store can be asked as it lies: every version, only what is committed, and nothing is changed by asking."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from raw_plant import ONE_PLANT, Plant, utc

from ingest.raw.lake import open_lake
from settings.errors import ConfigurationError

HEADER = "work_unit_id,tag,occurred_at,value,unit\n"


@pytest.fixture
def measured(plant: Plant) -> Plant:
    """A temperature on two days, the second corrected a day later."""
    plant.deliver_machines("M1")
    plant.deliver(
        "2026-03-03/process_measurement.csv",
        HEADER + "M1,temp,2026-03-02T06:00:00Z,20.5,degC\nM1,temp,2026-03-03T06:00:00Z,99,degC\n",
    )
    plant.take_in(utc("2026-03-04"))
    plant.deliver("2026-03-04/process_measurement.csv", HEADER + "M1,temp,2026-03-03T06:00:00Z,21.5,degC\n")
    plant.take_in(utc("2026-03-05"))
    return plant


def asked(plant: Plant, question: str) -> list[tuple[object, ...]]:
    with open_lake(plant.home, question) as lake:
        return lake.execute(question).fetchall()


def test_every_accepted_version_is_there(measured: Plant) -> None:
    rows = asked(measured, "select occurred_at::date::varchar, value from raw.process_measurement order by all")
    assert rows == [("2026-03-02", 20.5), ("2026-03-03", 21.5), ("2026-03-03", 99.0)]


def test_the_version_recorded_last_holds(measured: Plant) -> None:
    question = """select value from raw.process_measurement where event_date = '2026-03-03'
        qualify row_number() over (partition by company_id, source_key order by recorded_at desc) = 1"""
    assert asked(measured, question) == [(21.5,)]


def test_a_dataset_never_delivered_is_empty_and_typed(measured: Plant) -> None:
    assert asked(measured, "select count(*), sum(kwh) from raw.energy_reading where event_date = '2026-03-02'") == [
        (0, None)
    ]
    described = dict(row[:2] for row in asked(measured, "describe raw.production_counter"))
    assert described["value"] == "DECIMAL(18,6)"


def test_a_question_that_names_no_dataset_sees_them_all(measured: Plant) -> None:
    names = [row[0] for row in asked(measured, "select view_name from duckdb_views() where not internal")]
    assert {"process_measurement", "machine_state", "production_order"} <= set(names)


def test_asking_changes_no_file(measured: Plant) -> None:
    def files() -> list[tuple[str, int, int]]:
        everything = (file for file in measured.home.root.rglob("*") if file.is_file())
        return sorted((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in everything)

    before = files()
    asked(measured, "from raw.process_measurement")
    assert files() == before
    with open_lake(measured.home, "raw.process_measurement") as lake, pytest.raises(duckdb.Error):
        lake.execute("delete from raw.process_measurement")


def test_before_anything_was_taken_in_the_reader_is_told_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="run `tieout nightly`"):
        open_lake(Plant(tmp_path / "new", ONE_PLANT).home, "from raw.process_measurement")
    assert not (tmp_path / "new").exists()
