"""The raw store: rows accepted against their contract as immutable Parquet, everything else in quarantine.

Public functions: `ingest`, `replay`, `check_source`, `pending_dates`, `mark_built`, `create_raw_views`,
`last_known_at`.
"""

from ingest.raw.affected import mark_built, pending_dates
from ingest.raw.check import SourceCheck, check_source
from ingest.raw.known import last_known_at
from ingest.raw.replay import replay
from ingest.raw.report import AffectedDates, BatchReport, IngestReport
from ingest.raw.run import ingest
from ingest.raw.views import create_raw_views

__all__ = [
    "AffectedDates",
    "BatchReport",
    "IngestReport",
    "SourceCheck",
    "check_source",
    "create_raw_views",
    "ingest",
    "last_known_at",
    "mark_built",
    "pending_dates",
    "replay",
]
