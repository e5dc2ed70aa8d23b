"""The gates: Great Expectations' suites as asset checks, structural ones blocking, plausibility ones warning.

Raw and warehouse suites run in one step after dbt. Raw rows have already been judged row by row at the door; judging
them again before dbt starts would make every night wait seven seconds for an import that dbt's run now hides, and
stop nothing that is not stopped here: nothing is published and yesterday's figures stay.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from dagster_project.build_state import Stage, move_build_to
from dagster_project.check_record import write_check_record
from dagster_project.defs.failures import expected_failures
from dagster_project.defs.home import HOME
from dagster_project.news import unpublished_batches
from dagster_project.night import Night
from settings.errors import GateError

KINDS = {
    "structural": "No figure can be right while one of these fails, so nothing is published.",
    "plausibility": "Unlikely, but possible: the figures are published and the check is shown as a warning.",
}

EXPECTATION_COLUMNS = dg.TableSchema(
    columns=[dg.TableColumn("check"), dg.TableColumn("passed", "bool"), dg.TableColumn("message")]
)


def check_specs(raw: Sequence[dg.AssetKey], warehouse: Sequence[dg.AssetKey]) -> list[dg.AssetCheckSpec]:
    """Return a structural and a plausibility check for every raw dataset and every published table.

    Only the warehouse's structural checks are `blocking` to Dagster, which makes publishing wait for this step. The
    raw ones would make dbt wait for a step that itself waits for dbt; they stop the night by failing it.
    """
    return [
        dg.AssetCheckSpec(
            name=kind, asset=key, description=KINDS[kind], blocking=kind == "structural" and key in warehouse
        )
        for key in [*raw, *warehouse]
        for kind in KINDS
    ]


def gate_checks(night: Night, raw: Sequence[dg.AssetKey], warehouse: Sequence[dg.AssetKey]) -> dg.AssetChecksDefinition:
    """Return the step that judges tonight's raw rows and the built warehouse."""

    @dg.multi_asset_check(
        name="gates", specs=check_specs(raw, warehouse), can_subset=True, required_resource_keys={HOME}
    )
    def gates(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        with expected_failures():
            results = _validate(night)
            write_check_record(night.home, results)
            yield from _as_check_results(results, context.selected_asset_check_keys)
            failed = [result for result in results if not result.passed and result.severity == "structural"]
            if failed:
                raise GateError("\n".join(f"{result.table}: {result.check}: {result.message}" for result in failed))
            move_build_to(night.home, Stage.PASSED)

    return gates


def _validate(night: Night) -> list[Any]:
    from expectations.validate import validate_raw, validate_warehouse

    night.progress("check", 0, 2)
    results = list(validate_raw(night.home, unpublished_batches(night.home)))
    night.progress("check", 1, 2)
    results += validate_warehouse(night.home)
    night.progress("check", 2, 2)
    return results


def _as_check_results(results: Sequence[Any], selected: set[dg.AssetCheckKey]) -> Iterator[dg.AssetCheckResult]:
    """Yield one Dagster result a table and kind, with every expectation behind it as a row of its metadata."""
    behind: Mapping[dg.AssetCheckKey, list[Any]] = defaultdict(list)
    for result in results:
        behind[dg.AssetCheckKey(dg.AssetKey(result.table.split(".")), str(result.severity))].append(result)
    for key, expectations in behind.items():
        if key not in selected:
            continue
        failed = [expectation for expectation in expectations if not expectation.passed]
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=not failed,
            severity=dg.AssetCheckSeverity.ERROR if key.name == "structural" else dg.AssetCheckSeverity.WARN,
            description="; ".join(f"{expectation.check}: {expectation.message}" for expectation in failed) or None,
            metadata={
                "evaluated": len(expectations),
                "failed": len(failed),
                "expectations": dg.MetadataValue.table(
                    records=[
                        dg.TableRecord(
                            {
                                "check": expectation.check,
                                "passed": bool(expectation.passed),
                                "message": str(expectation.message or ""),
                            }
                        )
                        for expectation in expectations
                    ],
                    schema=EXPECTATION_COLUMNS,
                ),
            },
        )
