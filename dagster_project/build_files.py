"""The two files dbt works on: the warehouse that will be published and the scratch beside it.

Every connection here is closed before dbt or a check opens the files: a DuckDB file has one writer.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from settings.home import Home


def remove_build_files(home: Home) -> None:
    """Remove both files, so that a build of everything leaves no table of a model that no longer exists."""
    for file in (home.warehouse, home.scratch):
        file.unlink(missing_ok=True)
        file.with_name(file.name + ".wal").unlink(missing_ok=True)


def connect_raw(home: Home, as_of: str | None = None, exports: Path | None = None) -> None:
    """Point the scratch file's `raw` views at the raw store as it is now, or with its quarantine as it was at `as_of`.

    `exports` is the folder of what the views read beside the raw store's own files; the home's unless told otherwise.
    """
    from ingest.raw import create_raw_views

    known_at = datetime.fromisoformat(as_of) if as_of else None
    with duckdb.connect(home.scratch) as connection:
        create_raw_views(connection, home, known_at=known_at, exports=exports)


def count_rows(home: Home) -> dict[str, int]:
    """Return the number of rows of every warehouse table, by `schema__table` as Dagster names its outputs."""
    if not home.warehouse.exists():
        return {}
    with duckdb.connect(home.warehouse, read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
        ).fetchall()
        counts = {}
        for schema, table in tables:
            row = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone()
            counts[f"{schema}__{table}"] = row[0] if row else 0
    return counts
