"""A night's progress: bars on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

STAGES = {
    "start": "Start",
    "simulate": "Simulate factory",
    "ingest": "Ingest datasets",
    "edges": "Find each day's edges",
    "events": "Compute events",
    "build": "Build and test models",
    "check": "Check",
    "publish": "Publish",
}


class NightProgress(AbstractContextManager["NightProgress"]):
    """Shows how far each stage is; holds the open display. `log` is named where the night fails."""

    def __init__(self, log: Path | None = None) -> None:
        self.log = log
        self._console = Console(stderr=True, file=sys.stderr)
        self._started: dict[str, float] = {}
        self._ended: set[str] = set()
        self._tasks: dict[str, TaskID] = {}
        self._bars = (
            Progress(
                SpinnerColumn(finished_text="✓"),
                TextColumn("{task.description:<22}"),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=self._console,
            )
            if self._console.is_terminal
            else None
        )

    def report(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` steps of a stage are over."""
        if stage in self._ended:
            return
        first = stage not in self._started
        self._started.setdefault(stage, time.monotonic())
        if self._bars is not None:
            if first:
                self._tasks[stage] = self._bars.add_task(STAGES.get(stage, stage), total=total)
            self._bars.update(self._tasks[stage], completed=done, total=total)
        if done >= total:
            self._ended.add(stage)
            if self._bars is None:
                seconds = time.monotonic() - self._started[stage]
                self._console.file.write(f"{STAGES.get(stage, stage)}: {done} of {total}, {seconds:.1f} s\n")

    def __enter__(self) -> NightProgress:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()
