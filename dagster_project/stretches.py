"""Long histories are computed a stretch of production dates at a time, so that memory follows the stretch.

The models tagged `stretch` hold one row an event, or are made from such; each starts from what the day edges carry
over, so stretches may follow each other in any order. What comes before them (edges, calendar, schedule) and after
them (everything of machine-shift grain) is computed for all dates at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from ingest.raw.ledger import open_ledger
from settings.home import Home

EVENT_STREAMS = ("machine_state", "production_counter")
ROWS_AT_ONCE = 24_000_000
"""Events that one stretch reads at most, unless a single day has more: about a gigabyte while they are sorted."""


@dataclass(frozen=True)
class Stretch:
    """Production dates computed together, and the UTC days whose events can fall into their shifts."""

    production_dates: tuple[date, ...]
    event_dates: tuple[date, ...]

    def dbt_environment(self) -> dict[str, str]:
        """Return the variables that tell the models which dates to compute from which days' events."""
        return {
            "TIEOUT_AFFECTED_DATES": _listed(self.production_dates),
            "TIEOUT_AFFECTED_EVENT_DATES": _listed(self.event_dates),
        }


def _listed(days: Sequence[date]) -> str:
    return ",".join(day.isoformat() for day in days)


def events_by_day(home: Home) -> dict[date, int]:
    """Return the number of stored machine events of each UTC day, read from the Parquet files' footers."""
    with open_ledger(home) as ledger:
        marks = ", ".join("?" * len(EVENT_STREAMS))
        parts = ledger.execute(
            f"select path, event_date from part where dataset in ({marks}) and event_date is not null", EVENT_STREAMS
        ).fetchall()
    if not parts:
        return {}
    days = {str(home.raw / part["path"]): date.fromisoformat(part["event_date"]) for part in parts}
    counts: dict[date, int] = {}
    for file, rows in duckdb.execute(
        "select file_name, num_rows from parquet_file_metadata(?)", [list(days)]
    ).fetchall():
        counts[days[file]] = counts.get(days[file], 0) + rows
    return counts


def is_long(events: Mapping[date, int], production_dates: Sequence[date] | None, rows_at_once: int) -> bool:
    """Say whether the events of these production dates (None: of all) are too many to be computed at once."""
    if production_dates is None:
        return sum(events.values()) > rows_at_once
    near = {day for wanted in production_dates for day in events if abs((day - wanted).days) <= 1}
    return sum(events[day] for day in near) > rows_at_once


def event_days_of_dates(home: Home) -> dict[date, set[date]]:
    """Return the UTC days that the shifts of each production date touch; the scratch file must hold the shifts."""
    with duckdb.connect(home.scratch, read_only=True) as connection:
        rows = connection.execute(
            """
            select production_date, list(distinct utc_day::date) from (
                select production_date,
                    unnest(range(start_at::date::timestamp, end_at, interval 1 day)) as utc_day
                from (select distinct production_date, start_at, end_at from intermediate.int_machine_shift)
            ) group by all order by all
            """
        ).fetchall()
    return {production_date: set(days) for production_date, days in rows}


def cut_into_stretches(
    event_days: Mapping[date, set[date]], events: Mapping[date, int], wanted: Sequence[date] | None, rows_at_once: int
) -> list[Stretch]:
    """Cut the production dates (those wanted, or all) into stretches of at most `rows_at_once` events, in order."""
    stretches: list[Stretch] = []
    dates: list[date] = []
    days: set[date] = set()
    for production_date in sorted(event_days if wanted is None else set(wanted) & set(event_days)):
        more = days | event_days[production_date]
        if dates and sum(events.get(day, 0) for day in more) > rows_at_once:
            stretches.append(Stretch(tuple(dates), tuple(sorted(days))))
            dates, more = [], set(event_days[production_date])
        dates.append(production_date)
        days = more
    return [*stretches, Stretch(tuple(dates), tuple(sorted(days)))] if dates else stretches
