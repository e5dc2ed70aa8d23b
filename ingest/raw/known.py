"""When the home came to know something: the moments of its runs and of what people decided."""

from __future__ import annotations

from datetime import datetime

from ingest.raw.ledger import ledger_file, open_ledger
from ingest.raw.views import DECISION_FILES
from settings.home import Home
from settings.line_file import read_lines

DECIDED_AT = {"closing": "recorded_at", "accepted_item": "accepted_at"}
"""The field of a decision that says when it was taken, by the raw table that shows it."""


def last_known_at(home: Home, moment: datetime | None = None) -> datetime | None:
    """Return the last moment up to `moment` (UTC, naive; default: now) at which a row or a decision was recorded.

    None where nothing had been. Between two such moments no figure can differ.
    """
    known = []
    if ledger_file(home).is_file():
        with open_ledger(home) as ledger:
            limit = moment.isoformat(" ") if moment else None
            row = ledger.execute(
                "select max(recorded_at) from run where ? is null or recorded_at <= ?", [limit, limit]
            ).fetchone()
            known += [datetime.fromisoformat(row[0])] if row[0] else []
    for name, field in DECIDED_AT.items():
        known += [datetime.fromisoformat(line[field]) for line in read_lines(DECISION_FILES[name](home))]
    return max((one for one in known if moment is None or one <= moment), default=None)
