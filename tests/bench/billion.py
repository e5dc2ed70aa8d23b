"""One billion rows from extract to published figures: one `tieout nightly` on 200 machines × 100 days.

The rows lie in the home's inbox as a historian delivers them, a file a day, with the papers of the plant's ERP; what is
not there is written first, which is not measured.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import duckdb

from tests.bench.factory_events import READINGS_A_DAY
from tests.bench.measure import Cost, TreeMemory, tieout_command
from tests.bench.nights import Say, deliver

MACHINES, DAYS = 200, 100
MEMORY_GOAL_MB = 4 * 1024


@dataclass(frozen=True)
class BillionRun:
    """What the one command cost, the memory of its whole process tree, what lay there and what was published."""

    rows: int
    cost: Cost
    tree_mb: float
    delivered_gb: float
    store_gb: float
    machine_shifts: int
    known_oee: int
    stages: tuple[str, ...]


def billion(folder: Path, days: int, machines: int, say: Say) -> BillionRun:
    """Deliver what is missing, then run the night once and watch it; raise RuntimeError where it fails."""
    say(f"delivering {machines} machines × {days} days (files that lie there are kept)")
    deliver(folder, machines, range(days))
    if (folder / "published").exists():
        raise RuntimeError(f"{folder}: has been published before; remove all but inbox/ and tieout.yml to measure it")
    command = tieout_command(folder, "nightly")
    say(f"{' '.join(command)}: {machines * days * READINGS_A_DAY:,} rows")
    started = time.perf_counter()
    stages: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        memory = TreeMemory(process.pid)
        ended = Event()
        Thread(target=_report_each_minute, args=(ended, memory, started, say), daemon=True).start()
        for line in process.stderr or ():
            stages.append(line.strip())
            say(f"{line.strip()}; {(time.perf_counter() - started) / 60:.1f} minutes since the start")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall, tree_mb = time.perf_counter() - started, max(memory.stop(), usage.ru_maxrss / 1024)
        ended.set()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode} after {wall:,.0f} s")
    cost = Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
    shifts, known = _published(folder)
    return BillionRun(
        machines * days * READINGS_A_DAY,
        cost,
        tree_mb,
        _gigabytes(folder / "inbox"),
        _gigabytes(folder / "raw"),
        shifts,
        known,
        tuple(stages),
    )


def _report_each_minute(ended: Event, memory: TreeMemory, started: float, say: Say) -> None:
    while not ended.wait(60):
        say(f"{(time.perf_counter() - started) / 60:.0f} minutes, at most {memory.peak_mb:,.0f} MB")


def _published(folder: Path) -> tuple[int, int]:
    with duckdb.connect(folder / "published" / "current" / "warehouse.duckdb", read_only=True) as connection:
        row = connection.execute("select count(*), count(oee_ratio) from efficiency.oee_machine_shift").fetchone()
    return row or (0, 0)


def _gigabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e9
