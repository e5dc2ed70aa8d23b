"""Honest timings: whole processes with their children, wall, CPU and peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
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

    def __add__(self, other: Cost) -> Cost:
        """One after the other."""
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.peak_mb, other.peak_mb))


def cost_of(command: Sequence[str], environment: dict[str, str] | None = None) -> Cost:
    """Run a command to its end and return what it and its children cost; raise RuntimeError if it fails."""
    cost, _ = cost_and_output(command, environment, keep_output=False)
    return cost


def cost_and_output(
    command: Sequence[str],
    environment: dict[str, str] | None = None,
    *,
    keep_output: bool = True,
    log: Path | None = None,
) -> tuple[Cost, str]:
    """Run a command to its end; return what it and its children cost, and what it printed.

    What it says on its standard error goes to `log` if given.
    """
    started = time.perf_counter()
    with (
        (log or Path(os.devnull)).open("wb") as errors,
        subprocess.Popen(
            command,
            env=os.environ | (environment or {}),
            stdout=subprocess.PIPE if keep_output else subprocess.DEVNULL,
            stderr=errors if log else None,
        ) as process,
    ):
        output = process.stdout.read().decode() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}{f'; see {log}' if log else ''}")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), output


def python(code: str, *arguments: str) -> Cost:
    """Run Python code in a fresh interpreter."""
    return cost_of([sys.executable, "-c", code, *arguments])


def work_of(command: Sequence[str], log: Path | None = None) -> Cost:
    """Run a command that prints, as its last line of JSON, the wall and CPU seconds of its work without start-up."""
    cost, output = cost_and_output(command, log=log)
    told = json.loads(output.strip().splitlines()[-1])
    return Cost(told["wall"], told.get("cpu", cost.cpu), cost.peak_mb)


def tieout(home: Path, *arguments: str) -> Cost:
    """Run the `tieout` command installed beside this interpreter."""
    return cost_of(tieout_command(home, *arguments))


def tieout_command(home: Path, *arguments: str) -> list[str]:
    """Return the command line of the `tieout` command installed beside this interpreter."""
    return [str(Path(sys.executable).with_name("tieout")), "--home", str(home), *arguments]


class TreeMemory:
    """The largest sum of the memory of a process and its descendants, looked at twice a second.

    Counts proportional shares (PSS) where Linux tells them: pages that several processes share count once.
    """

    def __init__(self, root: int) -> None:
        self.peak_mb = 0.0
        self._root = root
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def stop(self) -> float:
        """End the watch and return the peak in MB."""
        self._ended.set()
        self._watcher.join()
        return self.peak_mb

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            self.peak_mb = max(self.peak_mb, sum(map(_memory_kb, _tree(self._root))) / 1024)


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


def _memory_kb(process: int) -> int:
    for file, name in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(name):
                return int(line.split()[1])
    return 0
