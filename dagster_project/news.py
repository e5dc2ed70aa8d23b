"""What the raw store holds that no published build has seen yet."""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from dagster_project.build_plan import Dates, News
from ingest.raw.ledger import open_ledger
from settings.home import Home


def pending(home: Home) -> Dates:
    """Return the production dates whose figures may change, or "all"."""
    from ingest.raw import pending_dates

    affected = pending_dates(home)
    return "all" if affected.everything else tuple(sorted(affected.dates))


def known_by(home: Home, moment: str | None = None) -> str | None:
    """Return the last moment up to `moment` (default: now) at which anything became known; None where nothing did.

    Two moments with the same answer have the same figures.
    """
    from ingest.raw import last_known_at

    known = last_known_at(home, datetime.fromisoformat(moment) if moment else None)
    return known.isoformat() if known else None


def dates_changed_elsewhere(home: Home) -> set[date]:
    """Return the production dates whose figures change by news that names no date of its own.

    Raw views must be those of tonight, the tables those of the last build.
    """
    return rescheduled_dates(home) | newly_reporting_dates(home)


def newly_reporting_dates(home: Home) -> set[date]:
    """Return all production dates of the work units that tell their state for the first time.

    A machine that never told it has no losses; one that does was silent before.
    """
    with open_ledger(home) as ledger:
        units = ledger.execute(
            "select distinct company_id, work_unit_id from unit_day where dataset = 'machine_state'"
        ).fetchall()
    with duckdb.connect(home.scratch, read_only=True) as connection:
        rows = connection.execute(
            """
            select distinct shifts.production_date
            from (select unnest(?) as company_id, unnest(?) as work_unit_id) as heard
            anti join (from intermediate.int_work_unit_signal where has_states) as known
                using (company_id, work_unit_id)
            inner join intermediate.int_machine_shift as shifts using (company_id, work_unit_id)
            """,
            [[unit["company_id"] for unit in units], [unit["work_unit_id"] for unit in units]],
        ).fetchall()
    return {production_date for (production_date,) in rows}


def rescheduled_dates(home: Home) -> set[date]:
    """Return the production dates on which the schedule places orders otherwise than the build files know.

    Orders carry no machine events, so the raw store cannot say which dates their news touches; the schedule itself can,
    compared with the one that the last build used.
    """
    with duckdb.connect(home.scratch, read_only=True) as connection:
        rows = connection.execute(
            """
            with changed as (
                (from intermediate.int_order_schedule_now except from intermediate.int_order_schedule)
                union all
                (from intermediate.int_order_schedule except from intermediate.int_order_schedule_now)
            )
            select distinct shifts.production_date
            from changed
            inner join intermediate.int_machine_shift as shifts using (company_id, work_unit_id)
            where changed.start_at < shifts.end_at and changed.end_at > shifts.start_at
            """
        ).fetchall()
    return {production_date for (production_date,) in rows}


def recorded_news(home: Home) -> News:
    """Return what the batches that no published build has taken up brought: rows, or deletions."""
    with open_ledger(home) as ledger:
        rows = ledger.execute(
            "select dataset, min(recorded_at) as since from batch "
            "where built_by is null and accepted_rows + deleted_rows > 0 group by dataset"
        ).fetchall()
    moments = [datetime.fromisoformat(row["since"]) for row in rows]
    return News(min(moments, default=None), frozenset(row["dataset"] for row in rows))


def unpublished_batches(home: Home) -> list[str]:
    """Return the batches to judge: tonight's, and those of nights that ended without publishing."""
    with open_ledger(home) as ledger:
        rows = ledger.execute("select batch_id from batch where built_by is null order by batch_id").fetchall()
    return [row["batch_id"] for row in rows]
