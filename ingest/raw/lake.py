"""The raw store as a database of its own, for questions the warehouse cannot answer: single measurements above all.

In: the ledger and the Parquet files it has committed. Out: views in memory; nothing is written, and no build file is
touched, so a running night is not disturbed.
"""

from __future__ import annotations

import duckdb

from ingest.contracts.model import Contract, load_contracts
from ingest.raw.ledger import committed_parts, ledger_file, open_ledger
from ingest.raw.row_sql import stored_columns
from ingest.raw.store import PROVENANCE
from ingest.raw.views import dataset_sql
from ingest.transports.relation import quoted_name
from settings.errors import ConfigurationError
from settings.home import Home

# No network on any path: an extension that is missing is an error, not a download.
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def open_lake(home: Home, question: str) -> duckdb.DuckDBPyConnection:
    """Return a database in memory with a view `raw.<dataset>` over all versions of its accepted rows.

    Only datasets that the question names get a view, or all where it names none: a view opens a file to learn its
    columns. Raises ConfigurationError where nothing has been taken in yet.
    """
    if not ledger_file(home).is_file():
        raise ConfigurationError(f"{home.raw}: nothing has been taken in yet; run `tieout nightly`")
    contracts = load_contracts().values()
    named = [contract for contract in contracts if contract.dataset in question.lower()] or list(contracts)
    connection = duckdb.connect(config=_SETTINGS)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("create schema raw")
    with open_ledger(home) as ledger:
        for contract in named:
            parts = committed_parts(ledger, contract.dataset)
            rows = dataset_sql(home, contract, parts) if parts else _no_rows(contract)
            connection.execute(f"create view raw.{contract.dataset} as {rows}")
    return connection


def _no_rows(contract: Contract) -> str:
    columns = {**stored_columns(contract), "source_key": "VARCHAR", **PROVENANCE}
    if contract.partition_by:
        columns["event_date"] = "DATE"
    return "select " + ", ".join(f"null::{kind} as {quoted_name(name)}" for name, kind in columns.items()) + " limit 0"
