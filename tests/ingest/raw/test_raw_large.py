"""A large delivery goes another way through the door than a small one, and must come out the same."""

from __future__ import annotations

import duckdb
import pytest
from raw_plant import Plant

from ingest.raw import candidates, versions
from ingest.raw.candidates import MANY_BYTES

ROWS = 1_300_000


def sensor_file(plant: Plant, name: str, faults: str = "") -> None:
    """A file above the limit from which on rows are staged as Parquet: two machines, two UTC days."""
    path = plant.path(name)
    duckdb.sql(f"""
        select 'M' || (i % 2 + 1) as work_unit_id, 'temperature' as tag,
          strftime(timestamp '2026-03-01 12:00:00' + to_milliseconds((i // 2) * 100), '%Y-%m-%dT%H:%M:%S.%gZ')
            as occurred_at,
          (i % 1000) / 10 as value
        from range({ROWS}) t(i)""").write_csv(str(path))
    with path.open("a") as stream:
        stream.write(faults)
    assert path.stat().st_size > MANY_BYTES


@pytest.fixture
def machines(plant: Plant) -> Plant:
    plant.deliver_machines("M1", "M2")
    plant.take_in()
    return plant


def test_rows_land_by_day_with_their_lines_and_faults_are_set_aside(machines: Plant) -> None:
    sensor_file(
        machines, "2026-03-02/process_measurement.csv", "M9,temperature,2026-03-02T00:00:00Z,1\nM1,temperature\n"
    )
    (batch,) = machines.take_in().batches
    assert (batch.delivered_rows, batch.accepted_rows, batch.rejected_rows) == (ROWS + 2, ROWS, 2)
    assert machines.ask("""select event_date::varchar, count(*), count(distinct source_line), min(source_line),
          max(source_line), sum(value)::decimal(18, 1) from raw.process_measurement group by 1 order by 1""") == [
        ("2026-03-01", 864_000, 864_000, 2, 864_001, pytest.approx(43_156_800)),
        ("2026-03-02", 436_000, 436_000, 864_002, ROWS + 1, pytest.approx(21_778_200)),
    ]
    assert machines.codes("process_measurement") == {
        ROWS + 2: ["unknown_reference"],
        ROWS + 3: ["wrong_field_count"],
    }


@pytest.mark.parametrize("hashes_at_once", [versions.HASHES_AT_ONCE, ROWS // 3])
def test_a_duplicate_among_many_is_found(machines: Plant, monkeypatch: pytest.MonkeyPatch, hashes_at_once: int) -> None:
    monkeypatch.setattr(versions, "HASHES_AT_ONCE", hashes_at_once)
    again = "M1,temperature,2026-03-01T12:00:00.000Z,0.0\nM2,temperature,2026-03-01T12:00:00.000Z,77\n"
    sensor_file(machines, "2026-03-02/process_measurement.csv", again)
    (batch,) = machines.take_in().batches
    assert batch.rejected_rows == 3
    assert machines.codes("process_measurement") == {
        3: ["key_conflict"],
        ROWS + 2: ["duplicate"],
        ROWS + 3: ["key_conflict"],
    }
    assert machines.ask("select count(*), count(event_date) from raw.process_measurement") == [(ROWS - 1, ROWS - 1)]


def test_the_same_many_rows_again_are_unchanged(machines: Plant) -> None:
    sensor_file(machines, "2026-03-02/process_measurement.csv")
    machines.take_in()
    sensor_file(machines, "2026-03-03/process_measurement.csv", "M1,temperature,2026-03-01T11:00:00Z,5\n")
    (batch,) = machines.take_in().batches
    assert (batch.accepted_rows, batch.unchanged_rows, batch.rejected_rows) == (1, ROWS, 0)


def test_many_states_are_corrected_and_withdrawn_like_few(machines: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MANY_BYTES", 1)
    header = "work_unit_id,occurred_at,ended_at,state\n"
    stays, ends = "M1,2026-03-02T06:00:00Z,2026-03-02T09:00:00Z,idle\n", "M1,2026-03-02T09:00:00Z,,off\n"
    machines.deliver("machine_state.csv", header + stays + ends + "M2,2026-03-04T06:00:00Z,,down\n")
    first = machines.take_in()
    assert sorted(day.day for day in first.affected.dates) == [1, 2, 3, 4, 5]
    machines.deliver("machine_state.csv", header + stays * 2 + "M2,2026-03-04T06:00:00Z,,setup\n")
    (batch,) = machines.take_in().batches
    assert (batch.accepted_rows, batch.unchanged_rows, batch.rejected_rows, batch.deleted_rows) == (1, 1, 1, 1)
    assert machines.current("machine_state", "state, occurred_at::date::varchar") == [
        ("idle", "2026-03-02"),
        ("setup", "2026-03-04"),
    ]
    assert machines.ask("select count(*), count(*) filter (is_deleted) from raw.machine_state") == [(5, 1)]
