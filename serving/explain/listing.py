"""What can be explained: the marts, or the figures of one of them."""

from __future__ import annotations

import re
from typing import IO

import duckdb

from serving.explain.catalogue import MARTS
from serving.explain.engine import figures_of, marts_published

_NUMBER = re.compile(r"(?P<word>\w )?\{(?:part\.)?(?P<name>\w+)\}")


def list_figures(connection: duckdb.DuckDBPyConnection, mart: str | None, stream: IO[str]) -> None:
    """Write the marts with their keys, or the figures of a mart with their formulas."""
    from rich.console import Console
    from rich.table import Table

    console = Console(file=stream, highlight=False, markup=False)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    if mart is None:
        for name in marts_published(connection):
            table.add_row(name, ", ".join(MARTS[name].told_by))
        console.print("Figures of these marts can be explained; beside each, the columns that name a row:\n")
    else:
        for figure in figures_of(connection, mart):
            formula = "by leaf: docs/explain.md" if figure.formula == "{leaf}" else figure.formula
            table.add_row(figure.column, _without_numbers(formula))
    console.print(table)


def _without_numbers(formula: str) -> str:
    """The formula in words alone: a number that a word announces is left out, another is told by its column."""
    words = _NUMBER.sub(lambda told: told["word"] or told["name"].removesuffix("_amount").replace("_", " "), formula)
    return " ".join(words.split())
