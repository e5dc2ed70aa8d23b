"""Questions to the published warehouse: one SQL statement, read only, against one build from beginning to end.

`answer` puts the same question to any open database, such as the one over the raw store.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from settings.errors import TieoutError
from settings.home import Home

if TYPE_CHECKING:
    import pyarrow

ROWS_A_BATCH = 10_000

# No network on any path: an extension that is missing is an error, not a download.
_NO_DOWNLOADS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


class QueryError(TieoutError):
    """The question cannot be answered: wrong SQL, an unknown name, or nothing published yet."""


@dataclass(frozen=True)
class QueryResult:
    """The rows of one statement, read while they are iterated, once. Close it, or use it in a `with`.

    `columns` are the names, made unique (a second `a` is `a_1`); `types` the DuckDB types as text; `build` the folder
    that answers: a published build, or the raw store.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    build: Path
    connection: duckdb.DuckDBPyConnection

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows as Python values: Decimal for DECIMAL, int of any size, naive datetime in UTC, None."""
        while batch := _told_plainly(self.connection.fetchmany, ROWS_A_BATCH):
            yield from batch

    def record_batches(self) -> pyarrow.RecordBatchReader:
        """Return the rows as Arrow batches; DECIMAL stays decimal128."""
        return self.connection.to_arrow_reader(ROWS_A_BATCH)

    def close(self) -> None:
        """Let go of the build."""
        self.connection.close()

    def __enter__(self) -> QueryResult:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def query(home: Home, sql: str) -> QueryResult:
    """Run one SQL statement over published/current and return its answer; raise QueryError in one clear line.

    The link is resolved once, so an answer comes from one build even if the next is published meanwhile.
    """
    build, connection = open_current(home)
    return answer(connection, sql, build)


def open_warehouse(folder: Path, home: Home) -> duckdb.DuckDBPyConnection:
    """Open the warehouse in `folder`, read only; raise QueryError if it is not there or cannot be read."""
    try:
        return duckdb.connect(folder / home.warehouse.name, read_only=True, config=_NO_DOWNLOADS)
    except duckdb.Error as error:
        raise QueryError(f"{folder}: cannot be read ({_one_line(error)})") from error


def answer(connection: duckdb.DuckDBPyConnection, sql: str, source: Path) -> QueryResult:
    """Run one SQL statement on an open database over the folder `source`; the answer closes the connection."""
    try:
        statements = _told_plainly(connection.extract_statements, sql)
        if len(statements) != 1:
            raise QueryError(f"one SQL statement is answered at a time, not {len(statements)}")
        try:
            connection.execute(statements[0])
        except duckdb.CatalogException as error:
            raise QueryError(_with_near_names(connection, error)) from error
        except duckdb.Error as error:
            raise QueryError(_one_line(error)) from error
        described = connection.description or []
    except BaseException:
        connection.close()
        raise
    names = _unique([str(column[0]) for column in described])
    return QueryResult(names, tuple(str(column[1]) for column in described), source, connection)


def open_current(home: Home) -> tuple[Path, duckdb.DuckDBPyConnection]:
    """Return the current build, opened; found again if it was replaced and removed before it could be opened."""
    while True:
        try:
            build = home.current.resolve(strict=True)
        except FileNotFoundError as error:
            raise QueryError(
                f"{home.published}: nothing is published yet; run `tieout nightly`, or `tieout demo` for an example"
            ) from error
        try:
            return build, duckdb.connect(build / home.warehouse.name, read_only=True, config=_NO_DOWNLOADS)
        except duckdb.Error as error:
            if home.current.resolve() == build:
                raise QueryError(f"{build}: cannot be read ({_one_line(error)})") from error


def _told_plainly(read: Any, argument: Any) -> Any:
    try:
        return read(argument)
    except duckdb.Error as error:
        raise QueryError(_one_line(error)) from error


def _one_line(error: duckdb.Error) -> str:
    """DuckDB's message without the excerpt of the statement below it."""
    text = str(error).split("\n\nLINE ")[0]
    if "read-only mode" in text:
        return "a published build is read only; ask with select, from, describe or summarize"
    return " ".join(text.split())


def _with_near_names(connection: duckdb.DuckDBPyConnection, error: duckdb.CatalogException) -> str:
    """The message for an unknown table, with the tables and views whose names are most like it."""
    words = str(error).split()
    if words[2:5] != ["Table", "with", "name"]:
        return _one_line(error)
    unknown = words[5]
    tables = connection.execute(
        """
        select table_name, schema_name || '.' || table_name from duckdb_tables() where not internal
        union all
        select view_name, schema_name || '.' || view_name from duckdb_views() where not internal
        order by all
        """
    ).fetchall()
    near = get_close_matches(unknown, [name for name, _ in tables], n=3, cutoff=0.5)
    matches = [full_name for wanted in near for name, full_name in tables if name == wanted]
    hint = (
        f"did you mean {' or '.join(dict.fromkeys(matches))}?" if matches else "`show all tables` lists what there is"
    )
    return f"there is no table {unknown}; {hint}"


def _unique(names: list[str]) -> tuple[str, ...]:
    taken: list[str] = []
    for name in names:
        free, number = name, 0
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        taken.append(free)
    return tuple(taken)
