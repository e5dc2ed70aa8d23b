"""`python -m tests.bench --scale 10m`: measure, print a table, and write docs/benchmarks.md with `--write`."""

from __future__ import annotations

import argparse
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from tests.bench.csv_ingest import ingest_against_scan
from tests.bench.measure import Cost
from tests.bench.nights import demo_of_sixty_days, one_small_night

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
HEAD = ("what", "wall s", "CPU s", "peak MB", "goal", "reached")


def rows_of(scale: str) -> int:
    """Return the number of rows that a scale such as 10m or 500k names."""
    return int(scale[:-1]) * {"k": 1_000, "m": 1_000_000}[scale[-1].lower()]


def line(what: str, cost: Cost, goal: str, reached: str) -> tuple[str, ...]:
    """One measured line."""
    return what, f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.peak_mb:,.0f}", goal, reached


def verdict(condition: bool) -> str:
    """Say whether a goal was reached."""
    return "yes" if condition else "NO"


def measure(rows: int, folder: Path) -> list[tuple[str, ...]]:
    """Measure everything; the order is from the whole product to its parts."""
    demo = demo_of_sixty_days(folder)
    night, idle = one_small_night(folder)
    ingest, scan = ingest_against_scan(folder, rows)
    share = scan.wall / ingest.wall
    return [
        line("tieout demo: 60 days generated, taken in, published", demo, "≤ 60 s, ≤ 1 GB",
             verdict(demo.wall <= 60 and demo.peak_mb <= 1024)),
        line("tieout nightly: one new small day on 59", night, "≤ 20 s, ≤ 1 GB",
             verdict(night.wall <= 20 and night.peak_mb <= 1024)),
        line("tieout nightly: nothing new (what is not data work)", idle, "≤ 15 s", verdict(idle.wall <= 15)),
        line(f"CSV ingest with quarantine, {rows:,} sensor rows", ingest, "≥ 1/3 of the scan's rate",
             f"{verdict(share >= 1 / 3)}: {share:.2f}"),
        line("the same file, DuckDB's bare scan of all columns as text (best of 3)", scan, "", ""),
    ]  # fmt: skip


def page(lines: list[tuple[str, ...]], scale: str) -> str:
    """Return docs/benchmarks.md."""
    rows = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return f"""# Benchmarks

Written by `make bench SCALE={scale} WRITE=--write` on {datetime.now(UTC):%Y-%m-%d}: {platform.machine()}, 2 cores,
Python {platform.python_version()}, DuckDB {duckdb.__version__}. Each line is a process of its own, children included;
read the ratios, the seconds are this machine's.

| {" | ".join(HEAD)} |
|{"---|" * len(HEAD)}
{rows}
"""


def main() -> None:
    """Measure and print; with --write also keep the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="10m", help="rows of the sensor file, for example 1m or 10m")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder, console.status("measuring: this takes minutes"):
        lines = measure(rows_of(options.scale), Path(folder))
    table = Table(*HEAD)
    for cells in lines:
        table.add_row(*cells)
    console.print(table)
    if options.write:
        PAGE.write_text(page(lines, options.scale), encoding="utf-8")


if __name__ == "__main__":
    main()
