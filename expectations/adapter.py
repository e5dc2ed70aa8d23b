"""Great Expectations on DuckDB: the only importer of it. Importing this module costs about six seconds of CPU."""

from __future__ import annotations

import builtins
import re
import shutil
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import great_expectations
import great_expectations.expectations
import sqlalchemy
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine

from expectations.suite import Check, CheckResult, Severity, Suite

_SEVERITY = {Severity.STRUCTURAL: "critical", Severity.PLAUSIBILITY: "warning"}
_ROWS_NAMED = 3


class KeptOpenEngine(SqlAlchemyExecutionEngine):
    """Keeps one connection open: with it DuckDB would drop the results not read yet."""

    @contextmanager
    def get_connection(self) -> Generator[sqlalchemy.Connection, None, None]:
        """Yield the one connection."""
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection

    def close(self) -> None:
        """Let go of the file, so that a writer may open it."""
        if self._connection is not None:
            self._connection.close()
        self.engine.dispose()


class DuckDBDatasource(SQLDatasource):
    """A DuckDB file as a Great Expectations datasource; defining it registers `data_sources.add_duckdb`."""

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]

    @property
    def execution_engine_type(self) -> builtins.type[SqlAlchemyExecutionEngine]:
        """The engine that keeps its connection."""
        return KeptOpenEngine


def run_suites(database: Path, suites: Sequence[Suite], pages: Path) -> list[CheckResult]:
    """Validate the suites' tables in a DuckDB file that no writer holds, and write Data Docs into the folder `pages`.

    A suite or check that cannot be evaluated gives results with `exception` set; the others are evaluated all the same.
    """
    prepared = pages.with_name(f".{pages.name}.tmp")
    shutil.rmtree(prepared, ignore_errors=True)
    context = _context(prepared)
    url = sqlalchemy.URL.create("duckdb", database=str(database))
    datasource = context.data_sources.add_duckdb(
        name=database.stem,
        connection_string=url.render_as_string(),
        create_temp_table=False,
        kwargs={"connect_args": {"read_only": True}},
    )
    results: list[CheckResult] = []
    try:
        tables = _tables(datasource)
        for suite in suites:
            if suite.table in tables:
                results += _run(context, datasource, suite)
            else:
                missing = f"{database.name} has no table {suite.table}"
                results += [_not_evaluated(suite, check, missing) for check in suite.checks]
        context.build_data_docs()
    finally:
        datasource.get_execution_engine().close()
        datasource.get_engine().dispose()
    shutil.rmtree(pages, ignore_errors=True)
    prepared.rename(pages)
    return results


def _tables(datasource: DuckDBDatasource) -> set[str]:
    rows = datasource.get_execution_engine().execute_query(
        sqlalchemy.text("select schema_name || '.' || table_name from duckdb_tables() where not internal")
    )
    return {row[0] for row in rows}


def _context(pages: Path) -> EphemeralDataContext:
    """A context that lives in memory, sends nothing home, draws no progress bars and writes pages to one folder."""
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(pages)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={"pages": site},
        analytics_enabled=False,
        progress_bars={"globally": False, "metric_calculations": False},  # type: ignore[arg-type]
    )
    return great_expectations.get_context(mode="ephemeral", project_config=config)


def _run(context: EphemeralDataContext, datasource: DuckDBDatasource, suite: Suite) -> list[CheckResult]:
    try:
        schema, table = suite.table.split(".")
        asset = datasource.add_table_asset(name=suite.table, schema_name=schema, table_name=table)
        definition = great_expectations.ValidationDefinition(
            name=suite.table,
            data=asset.add_batch_definition_whole_table("all rows"),
            suite=context.suites.add(
                great_expectations.ExpectationSuite(suite.table, expectations=[_expectation(c) for c in suite.checks])
            ),
        )
        # COMPLETE is the only format that returns the rows of an UnexpectedRowsExpectation; it reads 200 of them.
        outcome = context.validation_definitions.add(definition).run(result_format={"result_format": "COMPLETE"})
    except Exception as error:
        # Whatever the tool stumbled over is this suite's result: the other suites are still to be heard.
        return [_not_evaluated(suite, check, _first_line(error)) for check in suite.checks]
    by_name = {_check_name(result): result for result in outcome.results}
    return [_result(suite, check, by_name[check.name]) for check in suite.checks]


def _check_name(outcome: ExpectationValidationResult) -> str:
    """The check that an outcome belongs to; they come back in another order than they were given."""
    assert outcome.expectation_config is not None and outcome.expectation_config.meta is not None
    return str(outcome.expectation_config.meta["check"])


def _expectation(check: Check) -> great_expectations.expectations.Expectation:
    common: dict[str, Any] = {
        "description": check.says,
        "severity": _SEVERITY[check.severity],
        "meta": {"check": check.name},
    }
    if check.unexpected_rows:
        return great_expectations.expectations.UnexpectedRowsExpectation(
            unexpected_rows_query=check.unexpected_rows, **common
        )
    kind = getattr(great_expectations.expectations, str(check.expectation))
    return kind(**check.arguments, **common)


def _result(suite: Suite, check: Check, outcome: ExpectationValidationResult) -> CheckResult:
    raised = _raised(outcome)
    if raised:
        return _not_evaluated(suite, check, raised)
    found = outcome.result
    observed = _plain(found.get("observed_value", found.get("unexpected_count")))
    count = observed if check.unexpected_rows else _plain(found.get("unexpected_count"))
    message = check.says if outcome.success else _fault(check, found, observed)
    return CheckResult(
        suite.table, suite.table, check.name, check.severity, bool(outcome.success), observed, count, message
    )


def _not_evaluated(suite: Suite, check: Check, exception: str) -> CheckResult:
    message = f"{check.says} This could not be evaluated: {exception}"
    return CheckResult(
        suite.table, suite.table, check.name, check.severity, False, None, None, message, exception=exception
    )


def _raised(outcome: ExpectationValidationResult) -> str | None:
    """The first exception of an expectation. Its `exception_info` is one record, or one for each metric that failed."""
    info = outcome.exception_info or {}
    records = [info] if "raised_exception" in info else [record for record in info.values() if isinstance(record, dict)]
    for record in records:
        if record.get("raised_exception"):
            return _first_line(record.get("exception_message"))
    return None


def _first_line(error: Any) -> str:
    """The first line that says something, without the driver's class name and SQLAlchemy's appendix."""
    text = re.sub(r"^\(_duckdb\.\w+\) ", "", str(error).strip())
    return text.splitlines()[0] if text else type(error).__name__


def _fault(check: Check, found: dict[str, Any], observed: Any) -> str:
    """What failed, how often, and the first few rows or values at fault."""
    if check.unexpected_rows:
        rows = found.get("details", {}).get("unexpected_rows", [])
        examples = [", ".join(f"{name} {_plain(value)}" for name, value in row.items()) for row in rows[:_ROWS_NAMED]]
    else:
        examples = [str(_plain(value)) for value in found.get("partial_unexpected_list", []) if value is not None]
    named = "; ".join(dict.fromkeys(examples[:_ROWS_NAMED]))
    return f"Not so: {check.says} Found {observed}" + (f": {named}" if named else "")


def _plain(value: Any) -> Any:
    """The value as plain Python: numpy scalars, which Dagster's metadata refuses, become int, float, str or bool."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Decimal):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value
