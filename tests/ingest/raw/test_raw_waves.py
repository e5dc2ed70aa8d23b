"""More than fits in one go is taken in and committed in waves, and comes out as if it had been one."""

from __future__ import annotations

import duckdb
import pytest
from raw_plant import Plant

from ingest.raw import ingest, run, waves
from ingest.raw.session import Run

READINGS = 20_000


@pytest.fixture
def three_files(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """A Parquet file of readings a day, each as large as a wave may be; machines come with the last."""
    monkeypatch.setattr(waves, "WAVE_BYTES", READINGS * 4 * 12)
    for day in (2, 3, 4):
        path = plant.path(f"2026-03-0{day}/process_measurement.parquet")
        duckdb.sql(f"""
            select 'M' || (i % 3 + 1) as work_unit_id, 'torque' as tag, i / 10 as value,
              timestamptz '2026-03-0{day} 06:00:00+00' + to_milliseconds(i) as occurred_at
            from range({READINGS}) t(i)""").write_parquet(str(path))
    plant.deliver_machines("M1", "M2")
    return plant


def test_each_wave_is_committed_with_its_files_and_all_rows_are_there(three_files: Plant) -> None:
    steps: list[tuple[str, int, int]] = []
    report = ingest(three_files.home, three_files.configuration, progress=lambda *step: steps.append(step))
    assert report.new_files == 5
    assert len(report.affected.dates) == 5
    measured = [batch for batch in report.batches if batch.dataset == "process_measurement"]
    assert [(b.delivered_rows, b.rejected_rows) for b in measured] == [(READINGS, READINGS // 3)] * 3
    assert len({batch.batch_id for batch in report.batches}) == len(report.batches)
    assert three_files.ask(
        "select event_date::varchar, count(*) from raw.process_measurement group by 1 order by 1"
    ) == [(f"2026-03-0{day}", READINGS - READINGS // 3) for day in (2, 3, 4)]
    assert three_files.ask("select count(*) from raw.quarantine") == [(3 * (READINGS // 3),)]
    taking = [(done, of) for what, done, of in steps if what.startswith("taking in")]
    assert taking == [(done, taking[0][1]) for done in range(taking[0][1])]
    assert not three_files.take_in().new_files


def test_a_killed_night_goes_on_with_the_wave_it_was_in(three_files: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    taken_in, commits = run.commit, []

    def commit_once(open_run: Run, sightings: list[dict[str, object]]) -> None:
        if commits:
            raise KeyboardInterrupt
        commits.append(open_run.run_id)
        taken_in(open_run, sightings)

    with monkeypatch.context() as killed:
        killed.setattr(run, "commit", commit_once)
        with pytest.raises(KeyboardInterrupt):
            three_files.take_in()
    rows = READINGS - READINGS // 3
    assert three_files.ask("select count(*) from raw.process_measurement") == [(rows,)]
    report = three_files.take_in()
    assert (report.new_files, report.accepted_rows) == (2, 2 * rows)
    assert three_files.ask("select count(*), count(distinct delivery_seq) from raw.process_measurement") == [
        (3 * rows, 3)
    ]
    assert not three_files.take_in().new_files
