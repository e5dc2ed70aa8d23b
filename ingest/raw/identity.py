"""Which batch is being taken in, and how its rows meet those already stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ingest.contracts.model import Contract


@dataclass(frozen=True)
class Batch:
    """What is taken in: identity, moment, and how rows meet those already stored."""

    batch_id: str
    source: str
    contract: Contract
    recorded_at: datetime
    rerun: bool = False
    replayed: bool = False
    corrected: tuple[tuple[str, int], ...] = ()
    """(source_file, new delivery_seq) of files that came again with other content and replace their rows."""
