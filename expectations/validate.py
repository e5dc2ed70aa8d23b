"""The gate's questions: are this night's raw rows, and is the warehouse built on them, fit to be published?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Thread

import duckdb

from expectations.pages import write_pages
from expectations.raw_suites import raw_suite
from expectations.suite import CheckResult, read_suites
from ingest.contracts.model import Contract, load_contracts
from settings.home import Home

ROWS_JUDGED = 1_500_000
"""Rows of one dataset that the gate looks at, at most."""
MEMORY_LIMIT = "800MB"


def preload() -> Thread:
    """Begin to import Great Expectations in the background, while DuckDB works; return the thread."""
    thread = Thread(target=import_module, args=("expectations.adapter",), name="import great_expectations", daemon=True)
    thread.start()
    return thread


def validate_raw(home: Home, batch_ids: Sequence[str] | None = None) -> list[CheckResult]:
    """Judge the raw rows that these batches stored (every batch when None) by the suites of their contracts.

    Reads the views of schema raw in build/scratch.duckdb, which no writer may hold. Datasets to which the batches
    added no row have no results. Of a dataset with more than ROWS_JUDGED new rows, days spread over all of them are
    judged, and of their rows those of every nth key. Pages are written to data_docs/raw/.
    """
    judged = _gather_new_rows(home, batch_ids)
    suites = [
        raw_suite(contract, judged[dataset]) for dataset, contract in load_contracts().items() if dataset in judged
    ]
    from expectations.adapter import run_suites

    try:
        results = run_suites(_new_rows_file(home), suites, home.data_docs / "raw")
    finally:
        _new_rows_file(home).unlink()
    write_pages(home, "raw", results)
    return results


def validate_warehouse(home: Home) -> list[CheckResult]:
    """Judge core and marts of build/warehouse.duckdb, which no writer may hold, by the written suites.

    A suite whose table does not exist gives results with `exception` set. Pages are written to data_docs/warehouse/.
    """
    suites = read_suites()
    from expectations.adapter import run_suites

    results = run_suites(home.warehouse, suites, home.data_docs / "warehouse")
    write_pages(home, "warehouse", results)
    return results


def _new_rows_file(home: Home) -> Path:
    return home.build / "new_rows.duckdb"


def _gather_new_rows(home: Home, batch_ids: Sequence[str] | None) -> dict[str, str]:
    """Copy the rows that the batches stored into a file of their own; return which of them, in words, by dataset.

    A raw view opens every file of its history: once here, or else with each of a dozen checks.
    """
    _new_rows_file(home).unlink(missing_ok=True)
    with duckdb.connect(_new_rows_file(home), config={"memory_limit": MEMORY_LIMIT}) as connection:
        connection.execute(f"attach '{_escaped(str(home.scratch))}' as scratch (read_only)")
        connection.execute("create schema raw")
        batches = connection.execute(
            """
            select dataset, list(distinct batch_id)
            from scratch.raw.load
            where accepted_rows > 0 and ($batch_ids is null or list_contains($batch_ids, batch_id))
            group by dataset
            """,
            {"batch_ids": None if batch_ids is None else list(batch_ids)},
        ).fetchall()
        judged = {}
        for dataset, dataset_batches in batches:
            judged[dataset] = ""
            with suppress(duckdb.CatalogException):  # without a view there is no table, and the suite will say so
                chosen, judged[dataset] = _choose(connection, load_contracts()[dataset], dataset_batches)
                connection.execute(
                    f"""
                    create table raw.{dataset} as
                    select * exclude (source_key, row_hash) from scratch.raw.{dataset}
                    where is_deleted is not true and list_contains($batches, batch_id) and {chosen}
                    """,
                    {"batches": dataset_batches},
                )
    return judged


def _choose(connection: duckdb.DuckDBPyConnection, contract: Contract, batches: list[str]) -> tuple[str, str]:
    """Return the SQL condition that picks the rows to judge, and in words which they are; all where they are few.

    Rows have been judged one by one at the door; this asks whether the door works, and must not cost more than the
    night's work. Rows of one key stay together, so that a key that stands twice is found.
    """
    if contract.partition_by is None:
        return "true", ""
    days = connection.execute(
        f"""
        select event_date, count(*) from scratch.raw.{contract.dataset}
        where list_contains($batches, batch_id) group by all order by all
        """,
        {"batches": batches},
    ).fetchall()
    rows = sum(count for _, count in days)
    if rows <= ROWS_JUDGED:
        return "true", ""
    step = min(-(-rows // ROWS_JUDGED), len(days))
    picked = days[::step]
    nth = -(-sum(count for _, count in picked) // ROWS_JUDGED)
    listed = ", ".join(f"date '{day}'" for day, _ in picked)
    key = ", ".join(("company_id", *contract.key))
    words = f"{len(picked)} of {len(days)} days" + (f", one key in {nth}" if nth > 1 else "")
    return f"event_date in ({listed}) and hash({key}) % {nth} = 0", f"Judged on {words} of {rows:,} new rows."


def _escaped(text: str) -> str:
    return text.replace("'", "''")
