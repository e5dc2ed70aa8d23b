"""What the raw store holds that no published build has seen yet."""

from __future__ import annotations

from dagster_project.build_plan import Dates
from settings.home import Home


def pending(home: Home) -> Dates:
    """Return the production dates whose figures may change, or "all"."""
    from ingest.raw import pending_dates

    affected = pending_dates(home)
    return "all" if affected.everything else tuple(sorted(affected.dates))


def unpublished_batches(home: Home) -> list[str]:
    """Return the batches to judge: tonight's, and those of nights that ended without publishing."""
    from ingest.raw.ledger import open_ledger

    with open_ledger(home) as ledger:
        rows = ledger.execute("select batch_id from batch where built_by is null order by batch_id").fetchall()
    return [row["batch_id"] for row in rows]
