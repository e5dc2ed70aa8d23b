"""The last runs, read from Dagster's run database without importing Dagster, which takes two seconds.

Depends on the columns run_id, status, start_time and end_time of its table `runs` and on the table `run_tags`; a test
reads a real run back.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from settings.home import Home


@dataclass(frozen=True)
class PastRun:
    """One run of the nightly; times are aware, in UTC. `status` is Dagster's word: SUCCESS, FAILURE, STARTED, ..."""

    run_id: str
    status: str
    started_at: datetime | None
    duration: timedelta | None
    scheduled: bool


def last_runs(home: Home, count: int) -> list[PastRun]:
    """Return the latest runs, newest first; none where Dagster has not run yet."""
    file = home.dagster / "history" / "runs.db"
    if not file.exists():
        return []
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            """
            select run_id, status, start_time, end_time,
                exists (select 1 from run_tags where run_tags.run_id = runs.run_id and key = 'dagster/schedule_name')
            from runs order by id desc limit ?
            """,
            [count],
        ).fetchall()
    return [
        PastRun(
            run_id,
            status,
            datetime.fromtimestamp(start, UTC) if start else None,
            timedelta(seconds=end - start) if start and end else None,
            bool(scheduled),
        )
        for run_id, status, start, end, scheduled in rows
    ]
