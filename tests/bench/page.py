"""docs/benchmarks.md: one section a command, each rewritten only by the run that measures it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
TITLES = (
    "Product and parts",
    "Ten million rows",
    "A hundred million rows",
    "Nights against history",
    "A year of costs and books",
    "One billion rows",
)
HEAD = ("what", "wall s", "CPU s", "peak MB", "ratio", "goal", "reached")
_INTRODUCTION = """\
# Benchmarks

Each line is a process of its own, children included; a ratio compares lines of one run. Read the ratios: the seconds
are those of the machine that a section names. Every section is written by the command it quotes.
"""


def machine() -> str:
    """Return what was measured on, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB, "
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    )


def table(lines: Sequence[Sequence[str]], head: Sequence[str] = HEAD) -> str:
    """Return a Markdown table."""
    rows = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n{rows}"


def write_section(title: str, command: str, body: str, page: Path = PAGE) -> None:
    """Write a section of the page and keep the others."""
    sections = _sections(page.read_text(encoding="utf-8")) if page.exists() else {}
    sections[title] = f"`{command}` on {datetime.now(UTC):%Y-%m-%d}: {machine()}.\n\n{body.strip()}\n"
    written = "\n".join(f"## {name}\n\n{sections[name]}" for name in TITLES if name in sections)
    page.write_text(f"{_INTRODUCTION}\n{written}", encoding="utf-8")


def _sections(text: str) -> dict[str, str]:
    parts = text.split("\n## ")[1:]
    return {title: body.strip() + "\n" for title, _, body in (part.partition("\n") for part in parts)}
