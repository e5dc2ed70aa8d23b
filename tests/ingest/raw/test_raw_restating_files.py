"""Where rows are not kept by day, a file says whether it holds versions of keys that stand elsewhere as well."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from raw_plant import Plant, utc

from ingest.raw.ledger import ledger_file

HEADER = "work_unit_id,work_center_id,plant_id,name\n"


@pytest.fixture
def machines(plant: Plant) -> Plant:
    """Machines M1 and M2, delivered on the first of March."""
    plant.deliver_machines("M1", "M2")
    plant.take_in(utc("2026-03-02"))
    return plant


def restating(plant: Plant) -> list[tuple[Any, ...]]:
    return plant.ask("select work_unit_id, name, restates from raw.work_unit order by all")


def read_as_staging_does(plant: Plant, known_at: str = "infinity") -> list[tuple[Any, ...]]:
    """The rule of dbt's latest_version, with as_of."""
    known = f"recorded_at <= timestamp '{known_at}'"
    return plant.ask(f"""
        with said_again as (select distinct company_id, source_key from raw.work_unit where restates and {known})
        select work_unit_id, name from (
          select * from raw.work_unit anti join said_again using (company_id, source_key) where not restates and {known}
          union all
          select * from raw.work_unit semi join said_again using (company_id, source_key) where {known}
          qualify row_number() over (partition by company_id, source_key
            order by recorded_at desc, delivery_seq desc, source_line desc) = 1 and not is_deleted)
        order by all""")


def test_new_keys_restate_nothing(machines: Plant) -> None:
    machines.deliver("2026-03-03/work_unit.csv", HEADER + "M3,WC,P1,Mill M3\n")
    machines.take_in()
    assert restating(machines) == [("M1", "Mill M1", False), ("M2", "Mill M2", False), ("M3", "Mill M3", False)]
    assert len(read_as_staging_does(machines)) == 3


def test_a_further_version_marks_its_own_file_and_is_read_alone(machines: Plant) -> None:
    machines.deliver("2026-03-03/work_unit.csv", HEADER + "M2,WC,P1,Renamed\nM3,WC,P1,Mill M3\n")
    machines.take_in(utc("2026-03-04"))
    assert restating(machines) == [
        ("M1", "Mill M1", False), ("M2", "Mill M2", False), ("M2", "Renamed", True), ("M3", "Mill M3", True),
    ]  # fmt: skip
    assert read_as_staging_does(machines) == [("M1", "Mill M1"), ("M2", "Renamed"), ("M3", "Mill M3")]
    assert read_as_staging_does(machines, "2026-03-03 12:00") == [("M1", "Mill M1"), ("M2", "Mill M2")]
    assert read_as_staging_does(machines, "2026-03-01 12:00") == []


def test_a_deleted_row_is_gone_and_may_come_back(machines: Plant) -> None:
    machines.deliver("2026-03-03/work_unit.csv", HEADER.strip() + ",is_deleted\nM1,WC,P1,Mill M1,true\n")
    machines.take_in(utc("2026-03-04"))
    assert read_as_staging_does(machines) == [("M2", "Mill M2")]
    machines.deliver("2026-03-05/work_unit.csv", HEADER + "M1,WC,P1,Mill M1\n")
    machines.take_in(utc("2026-03-06"))
    assert read_as_staging_does(machines) == [("M1", "Mill M1"), ("M2", "Mill M2")]
    assert read_as_staging_does(machines, "2026-03-05 12:00") == [("M2", "Mill M2")]


def test_two_versions_in_one_load_mark_its_files(machines: Plant) -> None:
    machines.deliver("2026-03-03/work_unit.csv", HEADER + "M3,WC,P1,First\n")
    machines.deliver("2026-03-04/work_unit.csv", HEADER + "M3,WC,P1,Second\n")
    machines.take_in()
    assert {restates for unit, _, restates in restating(machines) if unit == "M3"} == {True}
    assert read_as_staging_does(machines) == [("M1", "Mill M1"), ("M2", "Mill M2"), ("M3", "Second")]


def test_files_of_a_home_that_noted_nothing_are_compared_row_by_row(machines: Plant) -> None:
    with sqlite3.connect(ledger_file(machines.home)) as ledger:
        ledger.execute("update part set restates = null")
    assert {restates for _, _, restates in restating(machines)} == {True}
    assert read_as_staging_does(machines) == [("M1", "Mill M1"), ("M2", "Mill M2")]
