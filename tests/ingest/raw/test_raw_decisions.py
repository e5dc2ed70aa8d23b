"""What people decided, as the models see it; and the quarantine of a past moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
from raw_plant import ONE_PLANT, Plant, utc

from ingest.raw import create_raw_views, last_known_at
from settings.line_file import append_line


def rows(plant: Plant, sql: str, known_at: datetime | None = None) -> list[tuple]:
    with duckdb.connect() as connection:
        create_raw_views(connection, plant.home, known_at=known_at)
        return connection.execute(sql).fetchall()


def test_where_nobody_decided_anything_the_tables_are_empty_and_typed(tmp_path: Path) -> None:
    plant = Plant(tmp_path, ONE_PLANT)
    for table in ("closing", "closed_figure", "accepted_item"):
        assert rows(plant, f"from raw.{table}") == []
    assert rows(plant, "select typeof(max(amount)) from raw.closed_figure") == [("DECIMAL(18,4)",)]


def test_decisions_keep_their_order_and_what_a_killed_closing_left_is_passed_over(tmp_path: Path) -> None:
    plant = Plant(tmp_path, ONE_PLANT)
    for number, state in enumerate(("closed", "reopened"), start=1):
        append_line(
            plant.home.closings_file,
            {
                "closing_id": "K",
                "company_id": "C1",
                "period_id": "2026-03",
                "state": state,
                "recorded_at": f"2026-04-0{number}T00:00:00",
                "known_at": "2026-04-01T00:00:00",
            },
        )
    for name in (".K.tmp", "orphan"):
        folder = plant.home.closings / name
        folder.mkdir(parents=True)
        (folder / "figures.parquet").write_bytes(b"PAR1")
    assert rows(plant, "select entry_no, state from raw.closing order by all") == [(1, "closed"), (2, "reopened")]
    assert rows(plant, "from raw.closed_figure") == []
    assert last_known_at(plant.home) == utc("2026-04-02T00:00")
    assert last_known_at(plant.home, utc("2026-04-01T12:00")) == utc("2026-04-01T00:00")
    assert last_known_at(plant.home, utc("2026-03-01T00:00")) is None


def test_the_quarantine_of_a_past_moment_holds_what_has_healed_since(tmp_path: Path) -> None:
    plant = Plant(tmp_path, ONE_PLANT)
    plant.deliver_machines("M1")
    states = "work_unit_id,occurred_at,state\nM9,2026-03-01T06:00:00Z,down\nM8,2026-03-01T06:00:00Z,down\n"
    plant.deliver("2026-03-01/machine_state.csv", states)
    plant.take_in(utc("2026-03-02T02:00"))
    plant.deliver_machines("M1", "M9")
    plant.take_in(utc("2026-03-03T02:00"))
    plant.deliver_machines("M1", "M8", "M9")
    plant.take_in(utc("2026-03-04T02:00"))
    plant.take_in(utc("2026-03-05T02:00"))  # and the sweep of a further run

    def lines(known_at: datetime | None = None) -> list[int]:
        return [line for (line,) in rows(plant, "select source_line from raw.quarantine order by 1", known_at)]

    assert lines() == []
    assert lines(utc("2026-03-02T12:00")) == [2, 3]
    assert lines(utc("2026-03-03T12:00")) == [3]
    assert lines(utc("2026-03-04T12:00")) == []
    assert lines(utc("2026-03-01T00:00")) == []
