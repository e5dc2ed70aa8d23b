"""A seeded factory simulator: writes extracts night by night, and the truth they must lead to."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ingest.demo.configuration import write_configuration
from ingest.demo.extracts import write_file
from ingest.demo.factory import DemoFactory, generate

__all__ = ["DemoFactory", "generate", "nights", "write_configuration", "write_extracts"]


def nights(factory: DemoFactory) -> list[date]:
    """Return the dates of all nights on which something is delivered, in order."""
    return [factory.log.date_of_night(night) for night in range(factory.log.days)]


def write_extracts(factory: DemoFactory, inbox: Path, night: date | None = None) -> None:
    """Write the files of one night, or of all nights in order, below `inbox`; a night may replace earlier files.

    Raise ValueError for a date that is no night of the factory.
    """
    if night is not None and night not in nights(factory):
        raise ValueError(f"{night} is no night of this factory; see nights()")
    for number, date_of_night in enumerate(nights(factory)):
        if night in (None, date_of_night):
            for file in factory.files[number]:
                write_file(file, inbox)
