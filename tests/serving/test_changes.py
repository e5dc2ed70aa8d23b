"""Asking two published builds what has changed between them."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from serving.changes import changes_of_last_build
from settings.home import Home

CHANGED = "(from now.figure except from before.figure) order by all"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "it's a plant")


def publish(home: Home, build_id: str, created_at: str, figures: str, **manifest: str) -> None:
    build = home.published / build_id
    build.mkdir(parents=True)
    with duckdb.connect(str(build / home.warehouse.name)) as connection:
        connection.execute(f"create table figure as {figures}")
    (build / "manifest.json").write_text(json.dumps({"created_at": created_at, **manifest}), encoding="utf-8")
    home.current.unlink(missing_ok=True)
    home.current.symlink_to(build_id)


def test_only_what_differs_from_the_build_before_is_told(home: Home) -> None:
    publish(home, "first", "2026-03-01 02:00:00", "select 1 as day, 10 as seconds")
    publish(home, "second", "2026-03-02 02:00:00", "from (values (1, 10), (2, 20)) as t(day, seconds)")
    publish(home, "third", "2026-03-03 02:00:00", "from (values (1, 10), (2, 21)) as t(day, seconds)")
    assert changes_of_last_build(home, CHANGED) == [(2, 21)]


def test_the_first_build_changes_nothing(home: Home) -> None:
    publish(home, "first", "2026-03-01 02:00:00", "select 1 as day, 10 as seconds")
    assert changes_of_last_build(home, CHANGED) == []


def test_a_build_of_the_past_is_not_compared(home: Home) -> None:
    publish(home, "first", "2026-03-01 02:00:00", "select 1 as day, 10 as seconds")
    publish(home, "second", "2026-03-02 02:00:00", "select 1 as day, 11 as seconds", as_of="2026-02-01")
    assert changes_of_last_build(home, CHANGED) == []


def test_tables_of_other_columns_are_not_compared(home: Home) -> None:
    publish(home, "first", "2026-03-01 02:00:00", "select 1 as day")
    publish(home, "second", "2026-03-02 02:00:00", "select 1 as day, 11 as seconds")
    assert changes_of_last_build(home, CHANGED) == []
