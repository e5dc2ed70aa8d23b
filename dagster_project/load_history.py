"""What each source has delivered, read from the load ledger without importing the ingest, which takes a second.

Depends on the columns of the ledger's table `batch`; a test reads a real ledger back.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime

from settings.home import Home


@dataclass(frozen=True)
class SourceState:
    """How fresh and how complete one source is. `last_datasets` of its `datasets` came with its last delivery."""

    name: str
    datasets: int
    last_datasets: int
    recorded_at: datetime | None
    last_event_date: date | None
    delivered_rows: int
    accepted_rows: int
    unchanged_rows: int
    rejected_rows: int
    unpublished_batches: int


def source_state(home: Home, name: str) -> SourceState:
    """Return the state of the source of that name; all zero where it has delivered nothing yet."""
    file = home.raw / "ledger.sqlite"
    if not file.exists():
        return SourceState(name, 0, 0, None, None, 0, 0, 0, 0, 0)
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as ledger:
        row = ledger.execute(
            """
            select count(distinct dataset), max(recorded_at), max(last_event_date), sum(delivered_rows),
                sum(accepted_rows), sum(unchanged_rows), sum(rejected_rows), sum(built_by is null)
            from batch where source_system = ?
            """,
            [name],
        ).fetchone()
        last = ledger.execute(
            "select count(distinct dataset) from batch where source_system = ? and recorded_at = ?", [name, row[1]]
        ).fetchone()
    return SourceState(
        name,
        row[0],
        last[0],
        datetime.fromisoformat(row[1]).replace(tzinfo=UTC) if row[1] else None,
        date.fromisoformat(row[2]) if row[2] else None,
        *(count or 0 for count in row[3:]),
    )
