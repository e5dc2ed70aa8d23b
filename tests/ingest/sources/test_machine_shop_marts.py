"""One night over the machine shop's log: the marts of efficiency hold what it says, and a status for the rest.

The log knows no shifts, so a second source states a calendar, one shift from midnight to midnight a day, as a plant
would that has none.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

pytestmark = pytest.mark.slow

ZONE = ZoneInfo("Europe/Athens")
FIRST, LAST = date(2012, 1, 2), date(2012, 3, 31)
TIEOUT_YML = """
companies: [{{company_id: C, name: Shop, currency_code: EUR, time_zone: Europe/Athens}}]
plants: [{{plant_id: P, company_id: C, name: Shop, time_zone: Europe/Athens, currency_code: EUR}}]
sources:
  - {{name: machines, system: production_4tu, path: "{path}", plant_id: P}}
  - {{name: planner, plant_id: P}}
"""


@pytest.fixture(scope="module")
def minutes(shared_data: Path) -> dict[tuple[str, date], dict[str, int]]:
    """Minutes of work and of set-up by station and local day, counted one by one in the log."""
    states: dict[tuple[str, datetime], str] = {}
    with (shared_data / "production-4tu/Production.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            name = row["Activity"]
            if name in ("Start", "End", "Setup"):
                continue
            station, state = (name[5:].strip(), "setup") if name.startswith("SETUP") else (name, "production")
            at = datetime.fromisoformat(row["start_timestamp"]).timestamp()
            while at < datetime.fromisoformat(row["time:timestamp"]).timestamp():
                moment = datetime.fromtimestamp(at, ZONE)
                if states.get((station, moment)) != "setup":
                    states[station, moment] = state
                at += 60
    counted: dict[tuple[str, date], dict[str, int]] = defaultdict(lambda: {"production": 0, "setup": 0})
    for (station, moment), state in states.items():
        counted[station, moment.date()][state] += 1
    return counted


@pytest.fixture(scope="module")
def warehouse(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """What `tieout nightly` publishes from the log and the calendar."""
    home = tmp_path_factory.mktemp("shop")
    home.joinpath("tieout.yml").write_text(TIEOUT_YML.format(path=shared_data / "production-4tu"), encoding="utf-8")
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    calendar = "".join(f"{day},D,{day}T00:00,{day + timedelta(days=1)}T00:00\n" for day in days)
    inbox = home / "inbox/planner"
    inbox.mkdir(parents=True)
    inbox.joinpath("shift_calendar.csv").write_text("production_date,shift_id,start_at,end_at\n" + calendar)
    command = [str(Path(sys.executable).with_name("tieout")), "--home", str(home), "nightly"]
    night = subprocess.run(command, capture_output=True, text=True, check=False)
    assert night.returncode == 0, night.stdout + night.stderr
    return duckdb.connect(str(home / "published/current/warehouse.duckdb"), read_only=True)


def test_each_station_and_day_has_the_minutes_of_the_log(
    warehouse: duckdb.DuckDBPyConnection, minutes: dict[tuple[str, date], dict[str, int]]
) -> None:
    stored = warehouse.sql("""
        select work_unit_id, production_date, (production_seconds / 60)::int, (setup_seconds / 60)::int
        from efficiency.oee_machine_shift where production_seconds > 0 or setup_seconds > 0""").fetchall()
    assert {(unit, day): {"production": made, "setup": setup} for unit, day, made, setup in stored} == minutes


def test_what_the_log_does_not_say_is_unknown_and_not_a_stop(warehouse: duckdb.DuckDBPyConnection) -> None:
    stopped, odd = warehouse.sql("""
        select sum(down_seconds + delay_seconds), count(*) filter (
            production_seconds + setup_seconds + delay_seconds + down_seconds + unknown_seconds
            <> planned_busy_seconds)
        from efficiency.oee_machine_shift""").fetchone() or (None, None)
    assert (stopped, odd) == (Decimal(0), 0)


def test_without_quantities_there_is_no_oee_and_the_mart_says_why(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.sql("""
        select count(effectiveness_ratio), count(quality_ratio), count(oee_ratio), count(produced_qty)
        from efficiency.oee_machine_shift""").fetchall() == [(0, 0, 0, 0)]
    statuses = warehouse.sql("select distinct standard_status from efficiency.oee_machine_shift").fetchall()
    assert statuses
    assert all(status.startswith("not available") for (status,) in statuses)
