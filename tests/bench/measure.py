"""Honest timings: whole processes with their children, wall, CPU and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Seconds of wall and CPU, and the largest resident set of any process involved, in MB."""

    wall: float
    cpu: float
    peak_mb: float


def cost_of(command: Sequence[str], environment: dict[str, str] | None = None) -> Cost:
    """Run a command to its end and return what it and its children cost; raise RuntimeError if it fails."""
    started = time.perf_counter()
    with subprocess.Popen(command, env=os.environ | (environment or {}), stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def python(code: str, *arguments: str) -> Cost:
    """Run Python code in a fresh interpreter."""
    return cost_of([sys.executable, "-c", code, *arguments])


def tieout(home: Path, *arguments: str) -> Cost:
    """Run the `tieout` command installed beside this interpreter."""
    return cost_of([str(Path(sys.executable).with_name("tieout")), "--home", str(home), *arguments])
