"""Single rows as taken in and the lines that they were delivered as, with nobody's name or pay in them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from raw_plant import ONE_PLANT, Plant, utc

from ingest.raw.delivered_rows import DeliveredRows

FIRST, LATER = utc("2026-03-02"), utc("2026-03-03")
LABOUR = "time_id,worker_id,plant_id,work_date,activity,hours,shoe_size\nT1,W4711,P1,2026-03-01,direct,7.50,46\n"
RATE = "cost_center_id,activity,rate_type,valid_from,hourly_amount,currency_code\n"


@pytest.fixture
def works(tmp_path: Path) -> Plant:
    plant = Plant(tmp_path / "plant", ONE_PLANT)
    plant.deliver("2026-03-01/cost_center.csv", "cost_center_id,name,plant_id,kind\nCC1,Mills,P1,production\n")
    return plant


def rows(plant: Plant, known_at: datetime | None = None) -> DeliveredRows:
    return DeliveredRows(plant.home, plant.configuration, known_at)


def test_a_row_is_found_as_the_build_knew_it_with_its_file_and_line(works):
    works.deliver("2026-03-01/activity_rate.csv", RATE + "CC1,labour,planned,2026-01-01,26.80,EUR\n")
    works.take_in(FIRST)
    works.deliver("2026-03-02/activity_rate.csv", RATE + "\nCC1,labour,planned,2026-01-01,27.90,EUR\n")
    works.take_in(LATER)
    wanted = {"cost_center_id": "CC1", "activity": "labour"}
    told = {
        moment: [
            (str(row["hourly_amount"]), row["source_file"], row["source_line"])
            for row in rows(works, moment).find("activity_rate", wanted)
        ]
        for moment in (FIRST, None)
    }
    assert told[FIRST] == [("26.8000", "2026-03-01/activity_rate.csv", 2)]
    assert told[None] == [("27.9000", "2026-03-02/activity_rate.csv", 3)]
    assert rows(works).find("activity_rate", {"cost_center_id": "nowhere"}) == []
    assert rows(works).find("payroll", {"period_id": "2026-03"}) == []


def test_the_line_is_the_one_delivered(works):
    works.deliver("2026-03-01/activity_rate.csv", RATE + "CC1,labour,planned,2026-01-01,026.80,EUR\n")
    works.take_in(FIRST)
    line = rows(works).text("activity_rate", "2026-03-01/activity_rate.csv", 2)
    assert line == "CC1,labour,planned,2026-01-01,026.80,EUR"
    assert rows(works).text("activity_rate", "2026-03-01/activity_rate.csv", 9) is None
    for kept in works.home.delivered.rglob("*activity_rate.csv"):
        kept.unlink()
    assert rows(works).text("activity_rate", "2026-03-01/activity_rate.csv", 2) is None


def test_persons_and_what_no_contract_knows_are_masked(works):
    works.deliver("2026-03-01/worker.csv", "worker_id,company_id,plant_id,name\nW4711,C1,P1,Ada Example\n")
    works.deliver("2026-03-01/labour_time.csv", LABOUR)
    works.take_in(FIRST)
    assert rows(works).text("labour_time", "2026-03-01/labour_time.csv", 2) == "T1,***,P1,2026-03-01,direct,7.50,***"
    assert rows(works).text("worker", "2026-03-01/worker.csv", 2) == "***,C1,P1,***"


def test_a_row_of_a_parquet_file_is_told_column_by_column(works):
    path = works.path("2026-03-01/activity_rate.parquet")
    duckdb.sql("""copy (select * from (values
        ('CC1', 'labour', 'planned', date '2026-01-01', 26.80::decimal(18, 4), 'EUR'),
        ('CC1', 'machine', 'planned', date '2026-01-01', 41.00::decimal(18, 4), 'EUR')
      ) as rates (cost_center_id, activity, rate_type, valid_from, hourly_amount, currency_code)
    ) to '""" + str(path) + "' (format parquet)")  # fmt: skip
    works.take_in(FIRST)
    line = rows(works).text("activity_rate", "2026-03-01/activity_rate.parquet", 2)
    assert line is not None
    assert line.startswith("cost_center_id: CC1, activity: machine, ") and "hourly_amount: 41.0000" in line
