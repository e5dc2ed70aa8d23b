"""What a built warehouse must look like before readers may have it: tables only, exact numbers only."""

from __future__ import annotations

import re

import duckdb

from settings.errors import GateError

_EXACT_UNITS = ("_amount", "_qty", "_seconds")
_INEXACT_TYPES = re.compile(r"\b(DOUBLE|FLOAT)\b")
_WIDE_INTEGERS = re.compile(r"\bU?HUGEINT\b")


def refuse_unpublishable(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise GateError with one line a problem if the connected database holds what must not be published.

    Refused: views (they may read what is not published), HUGEINT (Parquet and PostgreSQL silently turn it into a
    float), and binary floats in columns whose name promises money, quantity or seconds.
    """
    columns = connection.execute(
        """
        select columns.schema_name, columns.table_name, columns.column_name, columns.data_type
        from duckdb_columns() as columns
        where columns.database_name = current_database() and not columns.internal
        order by all
        """
    ).fetchall()
    views = connection.execute(
        """
        select schema_name, view_name from duckdb_views()
        where database_name = current_database() and not internal
        order by all
        """
    ).fetchall()
    problems = [f"{schema}.{view} is a view; publish tables only" for schema, view in views]
    for schema, table, column, kind in columns:
        if _WIDE_INTEGERS.search(kind):
            problems.append(f"{schema}.{table}.{column} is {kind}; cast the sum to BIGINT or DECIMAL")
        elif column.endswith(_EXACT_UNITS) and _INEXACT_TYPES.search(kind):
            problems.append(f"{schema}.{table}.{column} is {kind}; money, quantities and seconds are DECIMAL")
    if problems:
        raise GateError("\n".join(problems))
