"""The published tables as Parquet: parquet/<schema>/<table>/<month>.parquet, unchanged months linked, not rewritten.

Reads a published warehouse file; leaves files and, for the manifest, what each of them holds.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from serving.digest import file_digest, table_digest

# A table with one of these columns is cut into months of the first that it has; any other is one file.
_MONTH_OF = {"production_date": "strftime(production_date, '%Y-%m')", "period_id": "period_id"}
_WHOLE, _NO_MONTH = "all", "other"


@dataclass(frozen=True)
class Table:
    """A published table: its columns with their DuckDB types, in order."""

    schema: str
    name: str
    columns: dict[str, str]

    @property
    def sql(self) -> str:
        """The quoted name."""
        return f"{_quoted(self.schema)}.{_quoted(self.name)}"

    @property
    def part(self) -> str:
        """SQL that gives the name of the file a row belongs to, without its ending."""
        for column, month in _MONTH_OF.items():
            if column in self.columns:
                return f"case when regexp_full_match({month}, '\\d{{4}}-\\d{{2}}') then {month} else '{_NO_MONTH}' end"
        return f"'{_WHOLE}'"

    def rows_of(self, part: str) -> str:
        """SQL condition that picks the rows of one part; a date range, so that DuckDB can skip the other months."""
        if part not in (_WHOLE, _NO_MONTH) and "production_date" in self.columns:
            first = f"date '{part}-01'"
            return f"production_date >= {first} and production_date < {first} + interval 1 month"
        return f"{self.part} = '{part}'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def published_tables(connection: duckdb.DuckDBPyConnection) -> list[Table]:
    """Return every table of the connected database, ordered by schema and name."""
    rows = connection.execute(
        """
        select schema_name, table_name, list(column_name order by column_index), list(data_type order by column_index)
        from duckdb_columns()
        where database_name = current_database() and not internal
        group by all
        order by all
        """
    ).fetchall()
    return [Table(schema, name, dict(zip(columns, types, strict=True))) for schema, name, columns, types in rows]


def _contents(connection: duckdb.DuckDBPyConnection, table: Table) -> dict[str, dict[str, Any]]:
    """Return rows and content hash of each part.

    The hash does not depend on the order of rows: the sum and the exclusive or of one 64-bit hash a row. It is
    compared only between builds of the same DuckDB version, whose hash function may change with the next. It costs
    about a tenth of writing the same rows as Parquet (2.2 million rows in 190 files: 0.4 s against 3.7 s on 2 cores).
    """
    rows = connection.execute(
        f"""
        select {table.part} as part, count(*), sum(hash(one_row))::varchar, bit_xor(hash(one_row))::varchar
        from {table.sql} as one_row
        group by part
        order by part
        """
    ).fetchall()
    # A table without rows still gets one typed file, so that a glob over its folder never fails.
    rows = rows or [(_WHOLE, 0, "0", "0")]
    return {part: {"rows": count, "hash": f"{total}-{mixed}"} for part, count, total, mixed in rows}


def _link_unchanged(file: Path, content: dict[str, Any], old: dict[str, Any] | None, old_file: Path) -> bool:
    if not old or old["hash"] != content["hash"] or old["rows"] != content["rows"]:
        return False
    try:
        if old_file.stat().st_size != old["bytes"]:
            return False
        os.link(old_file, file)
    except OSError:  # gone, or a file system without hard links
        return False
    return True


def export_parquet(
    connection: duckdb.DuckDBPyConnection, folder: Path, previous: Path, old_tables: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Write every table below `folder`/<schema>/<table>/ and return the manifest's `tables`.

    `previous` is the Parquet folder of the build before and `old_tables` its manifest's `tables` (empty when there is
    none, or when another DuckDB version wrote it): parts whose content is the same are hard-linked from there.
    Each table: rows, columns (name to DuckDB type), sha256, and files (name to rows, hash, bytes, sha256, linked).
    """
    tables = {}
    for table in published_tables(connection):
        place = Path(table.schema) / table.name
        (folder / place).mkdir(parents=True)
        old = old_tables.get(f"{table.schema}.{table.name}", {})
        # Equal hashes say nothing about names and types.
        old_files = old["files"] if list(old.get("columns", {}).items()) == list(table.columns.items()) else {}
        files = _contents(connection, table)
        for part, content in files.items():
            file = folder / place / f"{part}.parquet"
            content["linked"] = _link_unchanged(file, content, old_files.get(file.name), previous / place / file.name)
            if not content["linked"]:
                target = str(file).replace("'", "''")
                connection.execute(
                    f"copy (from {table.sql} where {table.rows_of(part)}) to '{target}' "
                    "(format parquet, compression zstd)"
                )
                file.chmod(0o444)
            content["bytes"] = file.stat().st_size
            told = old_files[file.name].get("sha256") if content["linked"] else None
            content["sha256"] = told or file_digest(file)
        tables[f"{table.schema}.{table.name}"] = {
            "rows": sum(content["rows"] for content in files.values()),
            "columns": table.columns,
            "sha256": table_digest({f"{part}.parquet": content["sha256"] for part, content in files.items()}),
            "files": {f"{part}.parquet": content for part, content in files.items()},
        }
    return tables
