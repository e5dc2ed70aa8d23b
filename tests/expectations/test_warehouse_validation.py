"""Every written suite passes on sound figures and finds the fault that is planted for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from expectations.adapter import run_suites
from expectations.suite import Check, CheckResult, Severity, Suite, read_suites
from expectations.validate import validate_warehouse
from settings.errors import ConfigurationError
from settings.home import Home

Build = Callable[..., None]

STRUCTURAL, PLAUSIBILITY = Severity.STRUCTURAL, Severity.PLAUSIBILITY
OEE = "update efficiency.oee_machine_shift set {} where work_unit_id = 'U1' and production_date = '2026-03-02'"
FAULTS = [
    ("efficiency.oee_machine_shift", "calendar_time_adds_up", STRUCTURAL, OEE.format("not_planned_seconds = 1")),
    ("efficiency.oee_machine_shift", "planned_busy_time_adds_up", STRUCTURAL, OEE.format("down_seconds = 2000.001")),
    ("efficiency.oee_machine_shift", "times_known_together", STRUCTURAL, OEE.format("setup_seconds = null")),
    (
        "efficiency.oee_machine_shift",
        "no_negative_time",
        STRUCTURAL,
        OEE.format("down_seconds = -1, unknown_seconds = 3001"),
    ),
    ("efficiency.oee_machine_shift", "pieces_add_up", STRUCTURAL, OEE.format("scrap_qty = 5")),
    (
        "efficiency.oee_machine_shift",
        "shift_length",
        PLAUSIBILITY,
        OEE.format("calendar_seconds = 90000, not_planned_seconds = 61200"),
    ),
    ("efficiency.oee_machine_shift", "pace", PLAUSIBILITY, OEE.format("standard_produced_seconds = 31501")),
    (
        "efficiency.oee_machine_shift",
        "usual_volume",
        PLAUSIBILITY,
        "update efficiency.oee_machine_shift set produced_qty = 30, good_qty = 30, scrap_qty = 0, rework_qty = 0 "
        "where production_date = '2026-03-02'",
    ),
    (
        "core.fct_confirmation",
        "confirmations_agree_with_receipts",
        PLAUSIBILITY,
        "update core.fct_goods_movement set base_qty = 97",
    ),
    (
        "core.fct_confirmation",
        "reversals_take_back_no_more_than_there_was",
        PLAUSIBILITY,
        "insert into core.fct_confirmation values ('C1', 'O2', 10, -5, 0)",
    ),
    ("cost.order_cost", "variance_adds_up", STRUCTURAL, "update cost.order_cost set variance_amount = 20.01"),
    ("cost.order_cost", "currency_known", STRUCTURAL, "update cost.order_cost set currency_code = null"),
    ("cost.order_cost", "output_against_plan", PLAUSIBILITY, "update cost.order_cost set planned_qty = 50"),
    (
        "cost.order_cost",
        "cost_against_standard",
        PLAUSIBILITY,
        "update cost.order_cost set actual_amount = 5000, variance_amount = 4500",
    ),
    (
        "labour.labour_worker_shift",
        "attendance",
        PLAUSIBILITY,
        "update labour.labour_worker_shift set attendance_hours = 16.5",
    ),
    (
        "labour.labour_worker_shift",
        "booked_hours",
        PLAUSIBILITY,
        "update labour.labour_worker_shift set attendance_hours = 16, booked_hours = 17",
    ),
    (
        "labour.labour_worker_shift",
        "booked_against_present",
        PLAUSIBILITY,
        "update labour.labour_worker_shift set booked_hours = 12.5",
    ),
    (
        "yield.yield_order_operation",
        "pieces_add_up",
        STRUCTURAL,
        "update yield.yield_order_operation set input_qty = 111",
    ),
    (
        "yield.yield_order_operation",
        "first_pass_within_good",
        STRUCTURAL,
        "update yield.yield_order_operation set first_pass_good_qty = 101",
    ),
    (
        "yield.yield_order_operation",
        "scrap",
        PLAUSIBILITY,
        "update yield.yield_order_operation set scrap_qty = 60, good_qty = 48, first_pass_good_qty = 40",
    ),
    (
        "meta.load",
        "rows_accounted_for",
        STRUCTURAL,
        "update meta.load set accepted_rows = 80 where batch_id = 'night4'",
    ),
    (
        "meta.load",
        "usual_volume",
        PLAUSIBILITY,
        "update meta.load set delivered_rows = 12, accepted_rows = 4, rejected_rows = 0 where batch_id = 'night4'",
    ),
    (
        "meta.load",
        "rejected_rows",
        PLAUSIBILITY,
        "update meta.load set rejected_rows = 12, accepted_rows = 80 where batch_id = 'night4'",
    ),
]


def failures(results: list[CheckResult]) -> list[CheckResult]:
    return [result for result in results if not result.passed]


def test_sound_figures_pass_every_check(home: Home, build: Build) -> None:
    build()
    results = validate_warehouse(home)
    assert failures(results) == []
    assert len(results) == sum(len(suite.checks) for suite in read_suites())
    assert "efficiency.oee_machine_shift" in (home.data_docs / "warehouse" / "index.html").read_text()
    assert 'href="warehouse/validations/' in (home.data_docs / "index.html").read_text()
    loads_from_elsewhere = re.compile(r'(src|<link[^>]+href)="https?://')
    assert [page for page in home.data_docs.rglob("*.html") if loads_from_elsewhere.search(page.read_text())] == []


@pytest.mark.parametrize(("table", "check", "severity", "fault"), FAULTS)
def test_a_planted_fault_is_found(
    home: Home, build: Build, table: str, check: str, severity: Severity, fault: str
) -> None:
    build(fault)
    (failed,) = failures(validate_warehouse(home))
    assert (failed.table, failed.check, failed.severity) == (table, check, severity)
    assert failed.exception is None
    assert failed.unexpected_count == failed.observed == 1
    assert failed.blocks == (severity is STRUCTURAL)
    assert failed.message.startswith("Not so: ")


def test_every_check_has_a_planted_fault() -> None:
    assert {(suite.table, check.name) for suite in read_suites() for check in suite.checks} == {
        (table, check) for table, check, *_ in FAULTS
    }


def test_a_missing_table_is_an_error_of_ours_and_the_other_suites_are_heard(home: Home, build: Build) -> None:
    build("drop table cost.order_cost; drop table core.fct_goods_movement")
    results = failures(validate_warehouse(home))
    assert {(result.table, result.check) for result in results} == {
        *(("cost.order_cost", check) for check in ("variance_adds_up", "currency_known", "output_against_plan")),
        ("cost.order_cost", "cost_against_standard"),
        ("core.fct_confirmation", "confirmations_agree_with_receipts"),
    }
    assert all(result.exception and "could not be evaluated" in result.message for result in results)
    exceptions = {str(result.exception) for result in results}
    assert "warehouse.duckdb has no table cost.order_cost" in exceptions
    assert any("fct_goods_movement does not exist" in exception for exception in exceptions)


def test_other_expectations_than_sql_can_be_used_and_give_plain_python_values(home: Home) -> None:
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("create schema core; create table core.t as select 1 as id, 2.5 as x from range(3)")
    suite = Suite(
        table="core.t",
        checks=(
            Check(
                name="mean",
                severity=PLAUSIBILITY,
                says="The mean of x is small.",
                expectation="ExpectColumnMeanToBeBetween",
                arguments={"column": "x", "max_value": 1},
            ),
            Check(
                name="unique",
                severity=STRUCTURAL,
                says="Every id is there once.",
                expectation="ExpectColumnValuesToBeUnique",
                arguments={"column": "id"},
            ),
            Check(
                name="unknown",
                severity=STRUCTURAL,
                says="A column that is not there is filled.",
                expectation="ExpectColumnValuesToNotBeNull",
                arguments={"column": "nowhere"},
            ),
        ),
    )
    mean, unique, unknown = run_suites(home.warehouse, [suite], home.data_docs / "warehouse")
    assert (mean.passed, mean.observed, type(mean.observed)) == (False, 2.5, float)
    assert (unique.passed, unique.unexpected_count, type(unique.unexpected_count)) == (False, 3, int)
    assert unique.exception is None
    assert "nowhere" in str(unknown.exception)
    json.dumps([result.observed for result in (mean, unique, unknown)])


CHECK = "{{name: a, severity: {severity}, says: At least one., {rest}}}"


@pytest.mark.parametrize(
    ("table", "severity", "rest", "said"),
    [
        ("core.other", "structural", "unexpected_rows: 'from {batch}'", "file and content must agree"),
        ("core.t", "fatal", "unexpected_rows: 'from {batch}'", "severity"),
        ("core.t", "structural", "arguments: {}", "needs unexpected_rows or expectation"),
        ("core.t", "structural", "unexpected_rows: 'from core.t'", "unexpected_rows"),
        ("core.t", "structural", "unexpected_row: 'from {batch}'", "unexpected_row"),
        ("[", "structural", "", "not YAML"),
    ],
)
def test_a_suite_with_a_mistake_is_refused_with_its_file(
    tmp_path: Path, table: str, severity: str, rest: str, said: str
) -> None:
    check = CHECK.format(severity=severity, rest=rest)
    (tmp_path / "core.t.yml").write_text(f"table: {table}\nchecks: [{check}]")
    with pytest.raises(ConfigurationError, match=said) as refusal:
        read_suites(tmp_path)
    assert "core.t.yml" in str(refusal.value)
