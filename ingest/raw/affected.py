"""Which production dates wait for a build, and when that is all of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, timedelta

from ingest.raw.ledger import insert, open_ledger, transaction
from ingest.raw.report import AffectedDates
from settings.home import Home

HOLDING = ("machine_state", "production_counter")
"""Datasets whose events say something of the time until the machine's next event."""


def widen(
    ledger: sqlite3.Connection, dataset: str, affected: AffectedDates, unit_days: Sequence[tuple[str, str, date]]
) -> AffectedDates:
    """Widen the dates a batch touches by what its events change beyond their own day, and note the days as known.

    `unit_days` are the (company, work unit, day) of which the batch tells. News after everything known of a machine
    also settles the quiet days before it. A late state or counter reading reaches to the machine's next known day,
    since a state holds and a counter rises from one event to the next; a late confirmation reaches no further.
    """
    if not unit_days:
        return affected
    dates = set(affected.dates)
    for company, unit, day in sorted(unit_days):
        place = [dataset, company, unit, day.isoformat()]
        at = "from unit_day where dataset = ? and company_id = ? and work_unit_id = ? and event_date"
        before = ledger.execute(f"select max(event_date) {at} < ?", place).fetchone()[0]
        after = ledger.execute(f"select min(event_date) {at} > ?", place).fetchone()[0]
        if before is not None and after is None:
            dates |= _days(date.fromisoformat(before), day)
        elif after is not None and dataset in HOLDING:
            dates |= _days(day, date.fromisoformat(after))
        keys = ("dataset", "company_id", "work_unit_id", "event_date")
        insert(ledger, "unit_day", [dict(zip(keys, place, strict=True))])
    return AffectedDates(frozenset(dates), affected.everything)


def _days(first: date, last: date) -> set[date]:
    return {first + timedelta(days=number) for number in range((last - first).days + 1)}


def pending_dates(home: Home) -> AffectedDates:
    """Return the production dates touched by batches that no build has taken up yet."""
    with open_ledger(home) as ledger:
        everything = ledger.execute("select 1 from batch where built_by is null and everything limit 1").fetchone()
        rows = ledger.execute(
            "select distinct date from batch_date where batch_id in (select batch_id from batch where built_by is null)"
        )
        return AffectedDates(frozenset(date.fromisoformat(row["date"]) for row in rows), everything is not None)


def mark_built(home: Home, build_id: str) -> None:
    """Note that the build `build_id` has taken up every batch so far."""
    with open_ledger(home) as ledger, transaction(ledger):
        ledger.execute("update batch set built_by = ? where built_by is null", [build_id])
