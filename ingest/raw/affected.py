"""Which production dates wait for a build, and when that is all of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date

from ingest.raw.ledger import insert, open_ledger, transaction
from ingest.raw.report import AffectedDates
from settings.home import Home


def widen(
    ledger: sqlite3.Connection, dataset: str, affected: AffectedDates, units: Sequence[tuple[str, str]]
) -> AffectedDates:
    """Widen to everything if a machine reports for the first time while others have a history.

    Its earlier machine-shifts change from "not available" to measured. Notes the machine as seen.
    """
    if not units:
        return affected
    seen = {
        (row["company_id"], row["work_unit_id"])
        for row in ledger.execute("select company_id, work_unit_id from unit_seen where dataset = ?", [dataset])
    }
    fresh = [unit for unit in units if unit not in seen]
    insert(
        ledger,
        "unit_seen",
        [{"dataset": dataset, "company_id": company, "work_unit_id": unit} for company, unit in fresh],
    )
    others = ledger.execute("select 1 from batch_date limit 1").fetchone()
    return AffectedDates(affected.dates, affected.everything or bool(fresh and others))


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
