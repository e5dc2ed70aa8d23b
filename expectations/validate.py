"""The gate's questions: are this night's raw rows, and is the warehouse built on them, fit to be published?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from html import escape
from importlib import import_module
from pathlib import Path
from threading import Thread

import duckdb

from expectations.raw_suites import raw_suite
from expectations.suite import CheckResult, read_suites
from ingest.contracts.model import load_contracts
from settings.home import Home


def preload() -> Thread:
    """Begin to import Great Expectations in the background, while DuckDB works; return the thread."""
    thread = Thread(target=import_module, args=("expectations.adapter",), name="import great_expectations", daemon=True)
    thread.start()
    return thread


def validate_raw(home: Home, batch_ids: Sequence[str] | None = None) -> list[CheckResult]:
    """Judge the raw rows that these batches stored (every batch when None) by the suites of their contracts.

    Reads the views of schema raw in build/scratch.duckdb, which no writer may hold. Datasets to which the batches
    added no row have no results. Pages are written to data_docs/raw/.
    """
    datasets = _gather_new_rows(home, batch_ids)
    suites = [raw_suite(contract) for dataset, contract in load_contracts().items() if dataset in datasets]
    from expectations.adapter import run_suites

    try:
        results = run_suites(_new_rows_file(home), suites, home.data_docs / "raw")
    finally:
        _new_rows_file(home).unlink()
    _write_front_page(home)
    return results


def validate_warehouse(home: Home) -> list[CheckResult]:
    """Judge core and marts of build/warehouse.duckdb, which no writer may hold, by the written suites.

    A suite whose table does not exist gives results with `exception` set. Pages are written to data_docs/warehouse/.
    """
    suites = read_suites()
    from expectations.adapter import run_suites

    results = run_suites(home.warehouse, suites, home.data_docs / "warehouse")
    _write_front_page(home)
    return results


def _new_rows_file(home: Home) -> Path:
    return home.build / "new_rows.duckdb"


def _gather_new_rows(home: Home, batch_ids: Sequence[str] | None) -> list[str]:
    """Copy the rows that the batches stored into a file of their own and return their datasets.

    A raw view opens every file of its history: once here, or else with each of a dozen checks.
    """
    _new_rows_file(home).unlink(missing_ok=True)
    with duckdb.connect(_new_rows_file(home)) as connection:
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
        for dataset, dataset_batches in batches:
            with suppress(duckdb.CatalogException):  # without a view there is no table, and the suite will say so
                connection.execute(
                    f"""
                    create table raw.{dataset} as
                    from scratch.raw.{dataset}
                    where is_deleted is not true and list_contains($batches, batch_id)
                    """,
                    {"batches": dataset_batches},
                )
    return [dataset for dataset, _ in batches]


def _escaped(text: str) -> str:
    return text.replace("'", "''")


_FRONT_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<h1>{title}</h1>
<ul>
{links}
</ul>
</html>
"""


def _write_front_page(home: Home) -> None:
    """data_docs/index.html leads to the last pages of raw rows and of the warehouse."""
    pages = {"raw": "Raw rows of the last night", "warehouse": "Core and marts of the last build"}
    links = "\n".join(
        f'<li><a href="{name}/index.html">{escape(text)}</a></li>'
        for name, text in pages.items()
        if (home.data_docs / name / "index.html").exists()
    )
    page = _FRONT_PAGE.format(title=f"Validation of {escape(home.root.name)}", links=links)
    (home.data_docs / "index.html").write_text(page, encoding="utf-8")
