"""The home folder: every path the product writes, named once.

A home holds one `tieout.yml`; everything else below it is created when it is first needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from settings.errors import HomeLockedError

DEFAULT_HOME = Path("plant")


@dataclass(frozen=True)
class Home:
    """A plant's home folder. All properties are absolute paths; none is created by being asked for."""

    root: Path

    @classmethod
    def find(cls, option: Path | None, environment: Mapping[str, str] = os.environ) -> Home:
        """Return the home named by `--home`, else by `TIEOUT_HOME`, else `./plant`."""
        chosen = option or (Path(environment["TIEOUT_HOME"]) if environment.get("TIEOUT_HOME") else DEFAULT_HOME)
        return cls(chosen.expanduser().resolve())

    @property
    def configuration_file(self) -> Path:
        """`tieout.yml`, the one file a home must have."""
        return self.root / "tieout.yml"

    @property
    def inbox(self) -> Path:
        """Where sources deliver unless they name another path."""
        return self.root / "inbox"

    @property
    def delivered(self) -> Path:
        """Delivered files, kept as delivered."""
        return self.root / "delivered"

    @property
    def raw(self) -> Path:
        """Accepted rows as immutable Parquet, one folder a dataset, and the load ledger."""
        return self.root / "raw"

    @property
    def quarantine(self) -> Path:
        """Rejected rows with all their reasons."""
        return self.root / "quarantine"

    @property
    def build(self) -> Path:
        """The working folder of the one writer; not for readers."""
        return self.root / "build"

    @property
    def warehouse(self) -> Path:
        """The database that dbt writes: published schemas only."""
        return self.build / "warehouse.duckdb"

    @property
    def scratch(self) -> Path:
        """The database of staging and intermediate models, which is never published."""
        return self.build / "scratch.duckdb"

    @property
    def published(self) -> Path:
        """One folder a published build, and the link `current`."""
        return self.root / "published"

    @property
    def current(self) -> Path:
        """The link to the build that readers query."""
        return self.published / "current"

    @property
    def closings_file(self) -> Path:
        """Every closing and reopening of a period, one a line."""
        return self.root / "closings.jsonl"

    @property
    def closings(self) -> Path:
        """The figures of closed periods as they were published, one folder a closing."""
        return self.root / "closings"

    @property
    def accepted_items_file(self) -> Path:
        """Ledger documents that a person has accepted with a reason, one a line."""
        return self.root / "accepted_items.jsonl"

    @property
    def data_docs(self) -> Path:
        """Great Expectations' pages."""
        return self.root / "data_docs"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME: runs, schedules, and a configuration with telemetry off."""
        return self.root / "dagster"

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the home for one run; raise HomeLockedError at once if another process holds it.

        The operating system releases the lock when the process dies, so a killed run never blocks the next.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise HomeLockedError(
                f"{self.root}: another tieout run holds this home; wait until it ends (tieout status shows it)"
            ) from error
        try:
            yield
        finally:
            lock.release()
