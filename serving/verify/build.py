"""A published build as verify reads it: the manifest, and tables whose exact numbers are whole numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from settings.errors import TieoutError

MICRO = 6
"""Decimal places of the whole numbers: an amount of 1.00 is 1,000,000. A column with more places keeps its own."""


class VerifyError(TieoutError):
    """The build cannot be read at all: not there, without a manifest, or with a file that is no Parquet."""


@dataclass
class Build:
    """A folder below published/. Tables are named schema.table."""

    folder: Path
    manifest: dict[str, Any]
    _columns: dict[str, dict[str, pl.DataType]] = field(default_factory=dict)

    def files(self, table: str) -> list[Path]:
        """The table's Parquet files."""
        return sorted((self.folder / "parquet" / table.replace(".", "/")).glob("*.parquet"))

    def columns(self, table: str) -> dict[str, pl.DataType]:
        """The table's columns and types as its files have them; empty for a table that is not there."""
        if table not in self._columns:
            files = self.files(table)
            self._columns[table] = dict(_told(lambda: pl.read_parquet_schema(files[0]), files[0])) if files else {}
        return self._columns[table]

    def has(self, table: str, columns: Iterable[str]) -> bool:
        """Whether the table is there with all these columns."""
        return set(columns) <= set(self.columns(table)) and bool(self.files(table))

    def scan(self, table: str) -> pl.LazyFrame:
        """The table's rows: a decimal is its number of millionths, 128 bits wide, or of its own smaller unit."""
        kinds = self.columns(table)
        whole = [
            pl.col(name).to_physical().cast(pl.Int128) * 10 ** max(MICRO - (kind.scale or 0), 0)
            for name, kind in kinds.items()
            if isinstance(kind, pl.Decimal)
        ]
        return pl.scan_parquet(self.files(table)).with_columns(whole)


def open_build(folder: Path) -> Build:
    """Return the build in `folder`; raise VerifyError, in one line, where there is none."""
    file = folder / "manifest.json"
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise VerifyError(
            f"{folder}: no published build (there is no manifest.json); name a folder below published/"
        ) from error
    except (OSError, ValueError) as error:
        raise VerifyError(f"{file}: cannot be read ({error})") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("tables"), dict):
        raise VerifyError(f"{file}: lists no tables, so there is nothing to verify")
    return Build(folder, manifest)


def _told(read: Any, file: Path) -> Any:
    try:
        return read()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise VerifyError(f"{file}: cannot be read ({str(error).splitlines()[0]})") from error
