"""What a published build says otherwise than the one published before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from serving.publish import read_manifest
from settings.home import Home


def changes_of_last_build(home: Home, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement over the databases `now`, the current build, and `before`, the one before it.

    Empty where there is no earlier build, where one of the two shows the past (`as_of`), or where a table's columns
    have changed between them, so that its rows cannot be compared.
    """
    now = home.current.resolve()
    before = _build_before(home, now)
    if before is None or any(read_manifest(build).get("as_of") for build in (now, before)):
        return []
    with duckdb.connect() as connection:
        for name, build in (("now", now), ("before", before)):
            file = str(build / home.warehouse.name).replace("'", "''")
            connection.execute(f"attach '{file}' as {name} (read_only)")
        try:
            return connection.execute(sql).fetchall()
        except (duckdb.BinderException, duckdb.CatalogException):
            return []


def _build_before(home: Home, current: Path) -> Path | None:
    created = str(read_manifest(current).get("created_at", ""))
    earlier = [
        (str(read_manifest(build).get("created_at", "")), build.name, build)
        for build in home.published.iterdir()
        if build.is_dir() and not build.is_symlink() and not build.name.startswith(".") and build != current
    ]
    return max((build for build in earlier if "" < build[0] <= created), default=(None, None, None))[2]
