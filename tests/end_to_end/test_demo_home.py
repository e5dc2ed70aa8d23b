"""The whole product as its user meets it: `tieout` as a process of its own, on a small simulated factory."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from dagster_project.run_history import last_runs
from settings.home import Home

pytestmark = pytest.mark.slow
TIEOUT = str(Path(sys.executable).with_name("tieout"))


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str


def tieout(home: Home, *arguments: str) -> Outcome:
    done = subprocess.run(
        [TIEOUT, "--home", str(home.root), *arguments], capture_output=True, text=True, check=False, timeout=400
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def table_hashes(home: Home) -> dict[str, object]:
    """What every published table holds, apart from the one that names the build."""
    tables = json.loads((home.current / "manifest.json").read_text(encoding="utf-8"))["tables"]
    return {
        name: {part: file["hash"] for part, file in table["files"].items()}
        for name, table in tables.items()
        if name != "meta.build"
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("demo") / "plant")


@pytest.fixture(scope="module")
def demo(home: Home) -> Outcome:
    return tieout(home, "demo", "--days", "5")


def test_the_demo_publishes_and_shows_its_headline_figures(home, demo):
    assert demo.status == 0, demo.err
    assert "OEE by plant" in demo.out and "Cost against standard" in demo.out
    assert "tieout query" in demo.out
    assert "Publish: 1 of 1" in demo.err
    assert (home.current / "warehouse.duckdb").exists()


def test_a_question_is_answered_in_every_format(home, demo, tmp_path):
    sql = "select work_unit_id, produced_qty from efficiency.oee_machine_shift order by all limit 5"
    assert "produced_qty" in tieout(home, "query", sql).out
    rows = list(csv.DictReader(io.StringIO(tieout(home, "query", sql, "--format", "csv").out)))
    assert len(rows) == 5
    assert len(json.loads(tieout(home, "query", sql, "--format", "json").out)) == 5
    file = tmp_path / "answer.parquet"
    assert tieout(home, "query", sql, "--format", "parquet", "--output", str(file)).status == 0
    assert duckdb.sql(f"select count(*) from '{file}'").fetchone() == (5,)


@pytest.mark.parametrize(
    "sql", ["from efficiency.oee_machine_shift limit 5", "from yield.yield_item_day limit 5", "from cost.order_cost"]
)
def test_schemas_need_no_quotes(home, demo, sql):
    assert tieout(home, "query", sql).status == 0


def test_status_tells_the_whole_story(home, demo):
    told = tieout(home, "status")
    assert told.status == 0, told.err
    assert home.current.resolve().name in told.out
    for word in ("next run", "erp", "timesheets", "sensors", "in quarantine", "EUR", "proofs:", "hold", "checks:"):
        assert word in told.out
    assert told.out.count("\n") < 50


def test_the_run_is_recorded_in_the_home_s_dagster_instance(home, demo):
    run = last_runs(home, 1)[0]
    assert run.status == "SUCCESS" and not run.scheduled
    assert run.duration is not None


def test_a_night_without_news_publishes_the_same_figures(home, demo):
    build, before = home.current.resolve().name, table_hashes(home)
    again = tieout(home, "nightly")
    assert again.status == 0, again.err
    assert home.current.resolve().name != build
    assert table_hashes(home) == before


def test_an_unreadable_delivery_takes_in_nothing_and_leaves_yesterday_s_figures(home, demo):
    build = home.current.resolve()
    broken = next(home.inbox.rglob("*.csv")).parent / "confirmation_2031-01-01.parquet"
    broken.write_bytes(b"PAR1 cut off")
    try:
        night = tieout(home, "nightly")
        assert night.status == 2
        errors = [line for line in night.err.splitlines() if line.startswith("tieout:")]
        assert len(errors) == 1 and broken.name in errors[0]
        assert home.current.resolve() == build
        assert last_runs(home, 1)[0].status == "FAILURE"
    finally:
        broken.unlink()


def test_a_failed_gate_publishes_nothing_and_a_full_refresh_heals_it(home, demo):
    build, before = home.current.resolve(), table_hashes(home)
    with duckdb.connect(home.scratch) as connection:  # time appears on a day that has no news
        connection.execute("update intermediate.int_machine_shift_order_time set production_ms = production_ms + 1")
    night = tieout(home, "nightly")
    assert night.status == 1
    assert any("oee_machine_shift" in line for line in night.err.splitlines() if line.startswith("tieout:")), night.err
    assert home.current.resolve() == build
    healed = tieout(home, "nightly", "--full-refresh")
    assert healed.status == 0, healed.err
    assert table_hashes(home) == before


def test_a_build_of_the_past_knows_nothing_of_what_came_later(home, demo):
    past = tieout(home, "nightly", "--as-of", "2000-01-01")
    assert past.status == 0, past.err
    assert "as known at 2000-01-01" in tieout(home, "status").out
    assert json.loads(tieout(home, "query", "from efficiency.oee_machine_shift", "--format", "json").out) == []
    assert tieout(home, "nightly").status == 0
    assert json.loads(tieout(home, "query", "from efficiency.oee_machine_shift limit 1", "--format", "json").out)
