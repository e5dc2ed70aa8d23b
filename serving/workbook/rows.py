"""What goes on a sheet, asked of the warehouse: the rows, their number, what they add up to, and whether they fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from serving.workbook.sheet import Column, Number
from serving.workbook.values import fits

ROWS_A_SHEET = 1_048_576 - 10
"""Rows that Excel has, less those above the table."""
CELLS_LOOKED_UP = 40_000_000
"""Cells that the SUMIFS of one sheet may look at together; with more, opening the file takes longer than reading it."""
_ROWS_A_FETCH = 5_000
_SURELY_FITS = 10**11


class MissingError(Exception):
    """The build lacks what a sheet is made from; the message says what, for the reader of the workbook."""


def keep(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    """Keep the answer of `sql` as the temporary table `name`; raise MissingError where the build lacks a part."""
    try:
        connection.execute(f"create or replace temp table {name} as {sql}")
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise MissingError(" ".join(str(error).split("\n\nLINE ")[0].split())) from error


def require(connection: duckdb.DuckDBPyConnection, table: str, *, may_be_empty: bool = False) -> None:
    """Raise MissingError where the build has no such table, or has it without a row that it should have."""
    schema, name = table.split(".")
    found = connection.execute(
        "select 1 from duckdb_tables() where schema_name = ? and table_name = ?", [schema, name]
    ).fetchone()
    if not found:
        raise MissingError(f"{table} is not in this build")
    if not may_be_empty and not connection.execute(f"select 1 from {table} limit 1").fetchone():
        raise MissingError(f"{table} has no rows: what it is made from was not delivered")


def has_table(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the build has the table with at least one row."""
    try:
        require(connection, table)
    except MissingError:
        return False
    return True


def has_columns(connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]) -> bool:
    """Whether the table has all these columns."""
    found = connection.execute(f"select column_name from (describe {table})").fetchall()
    return set(names) <= {name for (name,) in found}


def count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """How many rows there are."""
    found = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(found[0]) if found else 0


def totals(connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[Column]) -> dict[str, Number]:
    """What the columns of money and counts add up to; 0 where nothing is known."""
    summed = [column.name for column in columns if column.kind.is_money or column.total]
    if not summed:
        return {}
    select = ", ".join(f"coalesce(sum({name}), 0)" for name in summed)
    found = connection.execute(f"select {select} from {relation}").fetchone()
    return dict(zip(summed, found or [0] * len(summed), strict=True))


def shown(columns: Sequence[Column], relation: str, connection: duckdb.DuckDBPyConnection) -> str:
    """The columns as SQL selects them for a sheet: yes and no instead of booleans."""
    kinds = dict(connection.execute(f"select column_name, column_type from (describe {relation})").fetchall())
    return ", ".join(
        f"case when {column.name} then 'yes' when not {column.name} then 'no' end as {column.name}"
        if kinds.get(column.name) == "BOOLEAN"
        else column.name
        for column in columns
    )


def all_fit(connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[Column]) -> bool:
    """Whether Excel shows every amount and total with all its digits."""
    money = [column.name for column in columns if column.kind.is_money]
    for name in money:
        values = connection.execute(
            f"select distinct {name} from {relation} where abs({name}) >= {_SURELY_FITS} union all "
            f"select sum({name}) from {relation}"
        ).fetchall()
        if not all(value is None or fits(value) for (value,) in values):
            return False
    return True


def read(connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows, a few thousand in memory at a time; nothing else may be asked before the last is read."""
    connection.execute(sql)
    while batch := connection.fetchmany(_ROWS_A_FETCH):
        yield from batch
