"""dbt's list of sources, made from the contracts: one table a dataset, the store's own ledger tables, and
what people decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from ingest.contracts.model import Contract
from ingest.contracts.raw_tables import DECISION_TABLES, LEDGER_TABLES, RawColumn, row_columns

_HEADER = """\
# Generated from the contracts by `python -m ingest.contracts`; a test compares the two. Change the contracts instead.
"""


def render_sources(contracts: Mapping[str, Contract]) -> str:
    """Return the text of dbt's `_sources.yml`: source `raw`, schema `raw` of the scratch database."""
    tables = [
        _table(contract.dataset, f"{contract.grain} {contract.description}", row_columns(contract))
        for contract in contracts.values()
    ]
    tables += [_table(table.name, table.description, table.columns) for table in (*LEDGER_TABLES, *DECISION_TABLES)]
    source = {
        "name": "raw",
        "database": "scratch",
        "schema": "raw",
        "description": "Accepted rows of every delivery, all versions, and the ledger of what was delivered.",
        "tables": tables,
    }
    document = {"version": 2, "sources": [source]}
    return _HEADER + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=118)


def _table(name: str, description: str, columns: Iterable[RawColumn]) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "config": {"meta": {"dagster": {"asset_key": ["raw", name]}}},
        "columns": [
            {"name": column.name, "data_type": column.type, "description": column.description} for column in columns
        ],
    }
