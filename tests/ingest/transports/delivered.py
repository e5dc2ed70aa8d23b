"""Read a file as the ingest would: examine it, then ask its rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from ingest.transports import TableForm, examine, relation


def read(path: Path, form: TableForm, columns: str = "*") -> list[tuple[Any, ...]]:
    """All rows, without their file, in the order of their lines."""
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        sql = relation(connection, "delivered", [examine(path, path.name, form, scratch)], form)
        return connection.execute(f"select {columns} from ({sql}) order by source_line").fetchall()
