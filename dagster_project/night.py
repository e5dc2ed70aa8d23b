"""One night: the home it works on, and who is told of its progress.

A frozen value that the definitions of every stage are built around, so that nothing is read from the environment
while a stage runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from settings.configuration import Configuration
from settings.home import Home

Progress = Callable[[str, int, int], None]
"""Told (stage, steps done, steps in all); a stage is over when done equals all."""


def no_progress(stage: str, done: int, total: int) -> None:
    """Tell nobody: a run started by the schedule shows its progress in Dagster's event log."""


@dataclass(frozen=True)
class Night:
    """What the stages of a nightly need to know.

    `home_is_held` says that the caller holds the home already (the command line does, to refuse at once); a run of
    the schedule takes it itself.
    """

    home: Home
    configuration: Configuration
    progress: Progress = no_progress
    home_is_held: bool = False
