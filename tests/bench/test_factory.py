"""The plant that the benchmarks measure on is the same every time, and keeps what its historian promises."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.bench.factory_events import READINGS_A_DAY, write_days
from tests.bench.factory_papers import write_home
from tests.bench.page import write_section


@pytest.fixture(scope="module")
def three_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("historian")
    assert len(list(write_days(folder, 2, range(3)))) == 3
    return folder


def test_a_day_is_the_same_when_it_is_written_alone(three_days: Path, tmp_path: Path) -> None:
    [alone] = write_days(tmp_path, 2, [2])
    differ = duckdb.sql(f"from '{three_days / alone.name}' except all from '{alone}'")
    assert len(differ) == 0
    assert duckdb.sql(f"select count(*) from '{alone}'").fetchall() == [(2 * READINGS_A_DAY,)]


def test_no_machine_says_two_things_of_one_tag_at_one_moment(three_days: Path) -> None:
    twice = duckdb.sql(f"select 1 from '{three_days}/*.parquet' group by machine_id, tag, ts having count(*) > 1")
    assert len(twice) == 0


def test_a_counter_goes_on_where_the_day_before_ended(three_days: Path) -> None:
    edges = duckdb.sql(f"""
        with steps as (
            select ts, value - lag(value) over (partition by machine_id, tag order by ts) as rise,
                ts::date <> lag(ts::date) over (partition by machine_id, tag order by ts) as is_midnight
            from '{three_days}/*.parquet' where tag = 'good'
        )
        select count(*), min(rise), max(rise) from steps where is_midnight
    """).fetchone()
    assert edges is not None
    count, least, most = edges
    assert count == 4  # two machines, two midnights
    assert 0 <= least <= most < 20


def test_each_section_of_the_page_outlives_the_writing_of_another(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    write_section("One billion rows", "one", "A billion.", page)
    write_section("Product and parts", "two", "Parts.", page)
    write_section("Product and parts", "two", "Other parts.", page)
    text = page.read_text(encoding="utf-8")
    assert "A billion." in text
    assert "Other parts." in text
    assert text.count("## ") == 2
    assert text.index("## Product and parts") < text.index("## One billion rows")


def test_one_more_day_leaves_the_calendar_as_it_was(tmp_path: Path) -> None:
    calendar = tmp_path / "inbox" / "erp" / "shift_calendar.csv"
    write_home(tmp_path, 1, range(2), tmp_path, calendar_days=3)
    before = calendar.read_bytes()
    write_home(tmp_path, 1, range(2, 3), tmp_path, calendar_days=3)
    assert calendar.read_bytes() == before
