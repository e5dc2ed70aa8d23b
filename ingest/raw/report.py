"""What an ingest did, and which production dates it touched."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class AffectedDates:
    """Production dates whose figures may change; `everything` stands for all of them."""

    dates: frozenset[date] = frozenset()
    everything: bool = False

    def __or__(self, other: AffectedDates) -> AffectedDates:
        return AffectedDates(self.dates | other.dates, self.everything or other.everything)

    def __bool__(self) -> bool:
        return self.everything or bool(self.dates)


@dataclass(frozen=True)
class BatchReport:
    """One dataset from one source in one run. delivered = accepted + unchanged + rejected; tombstones count apart."""

    batch_id: str
    source: str
    dataset: str
    delivered_rows: int
    accepted_rows: int
    unchanged_rows: int
    rejected_rows: int
    deleted_rows: int = 0
    healed_rows: int = 0


@dataclass(frozen=True)
class IngestReport:
    """Everything one run took in."""

    batches: tuple[BatchReport, ...] = ()
    warnings: tuple[str, ...] = ()
    affected: AffectedDates = field(default_factory=AffectedDates)
    new_files: int = 0

    def __or__(self, other: IngestReport) -> IngestReport:
        return IngestReport(
            self.batches + other.batches,
            self.warnings + other.warnings,
            self.affected | other.affected,
            self.new_files + other.new_files,
        )

    @property
    def accepted_rows(self) -> int:
        """Rows that entered the raw store."""
        return sum(batch.accepted_rows for batch in self.batches)

    @property
    def rejected_rows(self) -> int:
        """Rows that entered the quarantine."""
        return sum(batch.rejected_rows for batch in self.batches)
