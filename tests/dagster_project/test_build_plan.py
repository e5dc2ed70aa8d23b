"""How much of the warehouse a night computes."""

from dataclasses import replace
from datetime import date

import pytest

from dagster_project.build_plan import BuildRequest, plan_build
from dagster_project.build_state import BuildState, Stage
from settings.errors import ConfigurationError

CHOICES = {"TIEOUT_MINOR_STOP_SECONDS": "300"}
LAST = BuildState("20260301T010000Z", "2026-03-01T01:00:00", "sql-1", None, "sql-1", CHOICES, Stage.PUBLISHED)
NOTHING_SPECIAL = BuildRequest()
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def plan(request=NOTHING_SPECIAL, *, pending=(), state=LAST, exist=True, fingerprint="sql-1", choices=CHOICES):
    return plan_build(
        request, pending=pending, state=state, build_files_exist=exist, fingerprint=fingerprint, choices=choices
    )


def test_an_ordinary_night_computes_the_dates_with_news():
    night = plan(pending=(TUESDAY, MONDAY))
    assert not night.full_refresh
    assert night.affected_dates == (MONDAY, TUESDAY)
    assert night.dbt_environment("b", "t", "c")["TIEOUT_AFFECTED_DATES"] == f"{MONDAY},{TUESDAY}"
    arguments = night.dbt_arguments()
    assert "--full-refresh" not in arguments
    assert arguments[arguments.index("--exclude") + 1] == "config.materialized:view"


def test_a_night_without_news_computes_no_date():
    night = plan()
    assert night.affected_dates == () and not night.full_refresh


def test_dates_asked_for_are_added_to_those_with_news():
    night = plan(BuildRequest(from_date=MONDAY, to_date=TUESDAY), pending=(date(2026, 2, 1),))
    assert night.affected_dates == (date(2026, 2, 1), MONDAY, TUESDAY)


@pytest.mark.parametrize(
    "arguments",
    [
        {"request": BuildRequest(full_refresh=True)},
        {"request": BuildRequest(as_of="2026-03-01T00:00:00")},
        {"state": None},
        {"exist": False},
        {"fingerprint": "sql-2"},
        {"choices": {"TIEOUT_MINOR_STOP_SECONDS": "60"}},
        {"state": replace(LAST, as_of="2026-02-01T00:00:00")},
        {"pending": "all"},
    ],
)
def test_everything_is_computed_when_the_build_files_cannot_be_added_to(arguments):
    night = plan(arguments.pop("request", BuildRequest()), **arguments)
    assert night.full_refresh and night.reason
    assert night.affected_dates == "all"
    dbt_arguments = night.dbt_arguments()
    assert "--full-refresh" in dbt_arguments
    assert "--exclude" not in dbt_arguments


def test_unit_tests_run_once_for_each_state_of_the_sql():
    assert plan(state=None).run_unit_tests
    assert plan(fingerprint="sql-2").run_unit_tests
    ordinary = plan()
    assert not ordinary.run_unit_tests
    assert "--exclude-resource-type" in ordinary.dbt_arguments()


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(ConfigurationError, match="before --from"):
        BuildRequest(from_date=TUESDAY, to_date=MONDAY)
