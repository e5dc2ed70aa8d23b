"""What is computed from a row's typed columns wherever it is needed, rather than stored: its key and its hashes."""

from __future__ import annotations

from ingest.contracts.model import Contract
from ingest.transports.relation import quoted_name


def stored_columns(contract: Contract) -> dict[str, str]:
    """Return {column: DuckDB type} of a dataset's raw rows, without provenance and dropped personal columns."""
    columns = {c.name: c.type.duckdb for c in contract.columns if c.privacy != "drop"}
    return {"company_id": "VARCHAR", **columns}


def key_columns(contract: Contract) -> list[str]:
    """The columns that identify a row, company first."""
    return ["company_id", *(name for name in contract.key if name != "company_id")]


def source_key_sql(contract: Contract) -> str:
    """SQL of source_key: the key's values joined by |, without the company."""
    return " || '|' || ".join(f"coalesce({quoted_name(name)}::varchar, '')" for name in contract.key)


def key_hash_sql(contract: Contract) -> str:
    """SQL of a number that is equal for equal keys."""
    return f"hash({', '.join(quoted_name(name) for name in key_columns(contract))})"


def row_hash_sql(contract: Contract) -> str:
    """SQL of a number that is equal for equal content: every contract column, and whether the row is deleted.

    It is not stored: DuckDB may change its hash from one version to the next, and 8 random bytes a row would be more
    than half of a sensor file's compressed size.
    """
    return f"hash({', '.join(quoted_name(name) for name in stored_columns(contract))}, is_deleted)"


def event_date_sql(contract: Contract) -> str:
    """SQL: the day on which the event of a row happened (UTC for times), null for reference data."""
    days = ", ".join(f"{quoted_name(name)}::date" for name in contract.event_at)
    return f"coalesce({days})" if days else "null::date"
