"""What may be closed and reopened, on a published warehouse made by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from serving.closing import Decision, close_period, reopen_period
from settings.errors import ConfigurationError, GateError
from settings.home import Home
from settings.line_file import read_lines

WAREHOUSE = """
create schema core; create schema finance; create schema meta; create schema cost;
create table meta.load as select timestamp '2026-05-02 02:00:00' as recorded_at;
create table core.dim_company as
    from (values ('A', 'Europe/Berlin'), ('B/1', 'America/Toronto')) as companies (company_id, time_zone);
create table finance.closing as
    select company_id, period_id, start_date::date as start_date, end_date::date as end_date, posting_count,
        true as is_last_decision
    from (values
        ('A', '2026-02', '2026-02-01', '2026-02-28', 0), ('A', '2026-03', '2026-03-01', '2026-03-31', 5),
        ('A', '2026-04', '2026-04-01', '2026-04-30', 5), ('A', '2026-05', '2026-05-01', '2026-05-31', 1),
        ('B/1', '2026-03', '2026-03-01', '2026-03-31', 2), ('B/1', '2026-04', '2026-04-01', '2026-04-30', 2)
    ) as periods (company_id, period_id, start_date, end_date, posting_count);
create table finance.gl_reconciliation as
    select company_id, period_id, account_id, 'wip' as account_role, 100.00::decimal(18, 4) as ledger_amount,
        90.00::decimal(18, 4) as subledger_amount, unexplained::decimal(18, 4) as unexplained_amount, unexplained_count
    from (values
        ('A', '2026-03', '1450', 0, 0), ('A', '2026-04', '1450', 12.4, 1), ('A', '2026-04', '1500', 0, 2),
        ('B/1', '2026-03', '1450', 0, 0)
    ) as accounts (company_id, period_id, account_id, unexplained, unexplained_count);
create table cost.wip_order_period as
    select 'A' as company_id, 'P' as plant_id, 'O' || range as order_id, '2026-03' as period_id,
        (range * 1.11)::decimal(18, 4) as closing_amount
    from range(3);
"""
NOW = datetime(2026, 5, 3, 12, 0, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    build = home.published / "b1"
    build.mkdir(parents=True)
    with duckdb.connect(build / "warehouse.duckdb") as connection:
        connection.execute(WAREHOUSE)
    home.current.symlink_to("b1")
    return home


def decision(period: str, company: str | None = "A", *, because: str | None = None, anyway: bool = False) -> Decision:
    return Decision(period, company, "Ada", because, anyway)


def frozen(home: Home, closing_id: str) -> list[tuple[Any, ...]]:
    file = home.closings / closing_id / "figures.parquet"
    return duckdb.sql(f"select mart, figure_key, measure, amount::varchar from '{file}' order by all").fetchall()


def test_figures_are_frozen_as_published(home: Home) -> None:
    (closing,) = close_period(home, decision("2026-03"), soft=False, now=NOW)
    assert (closing.closing_id, closing.figures) == ("2026-03.A.1", 5)
    assert frozen(home, "2026-03.A.1") == [
        ("cost.wip_order_period", "O0", "closing_amount", "0.0000"),
        ("cost.wip_order_period", "O1", "closing_amount", "1.1100"),
        ("cost.wip_order_period", "O2", "closing_amount", "2.2200"),
        ("finance.gl_reconciliation", "1450", "ledger_amount", "100.0000"),
        ("finance.gl_reconciliation", "1450", "subledger_amount", "90.0000"),
    ]
    (line,) = read_lines(home.closings_file)
    assert line["known_at"] == "2026-05-02T02:00:00"
    assert line["marts"] == "cost.wip_order_period,finance.gl_reconciliation"
    assert line["build_id"] == "b1"


def test_without_a_company_all_that_have_postings_are_closed(home: Home) -> None:
    closings = close_period(home, decision("2026-03", None), soft=False, now=NOW)
    assert [closing.company_id for closing in closings] == ["A", "B/1"]
    assert len({closing.closing_id for closing in closings}) == 2
    assert all("/" not in closing.closing_id for closing in closings)


def test_what_stands_against_closing_is_said_line_by_line(home: Home) -> None:
    with pytest.raises(GateError) as refused:
        close_period(home, decision("2026-04"), soft=False, now=NOW)
    assert str(refused.value).splitlines() == [
        "A 2026-04: earlier periods are open: 2026-03",
        "A 2026-04: account 1450 has 12.40 that nothing explains; tieout reconcile names it",
        "A 2026-04: account 1500 has 0.00 that nothing explains; tieout reconcile names it",
        "nothing was closed; settle this, or --anyway --because TEXT",
    ]
    with pytest.raises(GateError, match="the period is not over, it ends on 2026-05-31"):
        close_period(home, decision("2026-05"), soft=True, now=NOW)
    assert not home.closings_file.exists()


def test_a_period_is_over_by_the_company_s_own_clock(home: Home) -> None:
    just_after_midnight_utc = datetime(2026, 5, 1, 1, 0, tzinfo=UTC).replace(tzinfo=None)
    close_period(home, decision("2026-03", None), soft=False, now=NOW)
    with pytest.raises(GateError, match="not over"):  # in Toronto it is still April
        close_period(home, decision("2026-04", "B/1"), soft=False, now=just_after_midnight_utc)
    close_period(home, decision("2026-04", "A"), soft=True, now=just_after_midnight_utc)


def test_anyway_keeps_the_obstacle_and_the_reason(home: Home) -> None:
    close_period(home, decision("2026-04", because="agreed", anyway=True), soft=False, now=NOW)
    (line,) = read_lines(home.closings_file)
    assert line["because"] == "agreed"
    assert "earlier periods are open: 2026-03" in line["despite"] and "account 1450 has 12.40" in line["despite"]


def test_a_soft_closing_leaves_amounts_unexplained_and_a_closing_may_follow(home: Home) -> None:
    close_period(home, decision("2026-03"), soft=False, now=NOW)
    close_period(home, decision("2026-04"), soft=True, now=NOW)
    with pytest.raises(ConfigurationError, match="closed already"):
        close_period(home, decision("2026-04"), soft=True, now=NOW)
    with pytest.raises(GateError, match="account 1450"):
        close_period(home, decision("2026-04"), soft=False, now=NOW)
    close_period(home, decision("2026-04", because="agreed", anyway=True), soft=False, now=NOW)
    assert [line["state"] for line in read_lines(home.closings_file)] == ["closed", "soft_closed", "closed"]


def test_a_later_closed_period_stands_against_reopening(home: Home) -> None:
    close_period(home, decision("2026-03"), soft=False, now=NOW)
    close_period(home, decision("2026-04"), soft=True, now=NOW)
    with pytest.raises(GateError, match="closed later periods: 2026-04"):
        reopen_period(home, decision("2026-03", because="freight"), now=NOW)
    reopen_period(home, decision("2026-04", because="freight"), now=NOW)
    reopen_period(home, decision("2026-03", because="freight"), now=NOW)
    with pytest.raises(ConfigurationError, match="is not closed"):
        reopen_period(home, decision("2026-03", because="again"), now=NOW)
    (closing,) = close_period(home, decision("2026-03"), soft=False, now=NOW)
    assert closing.closing_id == "2026-03.A.2"
    assert (home.closings / "2026-03.A.1" / "figures.parquet").exists()


def test_a_line_half_written_was_never_said(home: Home) -> None:
    close_period(home, decision("2026-03"), soft=False, now=NOW)
    with home.closings_file.open("a") as stream:
        stream.write('{"closing_id": "2026-04.A.1", "company_id": "A", "per')
    assert len(read_lines(home.closings_file)) == 1
    close_period(home, decision("2026-04"), soft=True, now=NOW)
    texts = home.closings_file.read_text().splitlines()
    assert [json.loads(text)["closing_id"] for text in texts] == ["2026-03.A.1", "2026-04.A.1"]


def test_a_line_that_is_no_json_is_named(home: Home) -> None:
    home.closings_file.write_text('{"a": 1}\nnot json\n')
    with pytest.raises(ConfigurationError, match=r"closings\.jsonl: line 2: not a JSON object"):
        read_lines(home.closings_file)


def test_a_build_that_shows_the_past_is_not_closed(home: Home) -> None:
    (home.current / "manifest.json").write_text('{"as_of": "2026-04-02T00:00:00"}')
    with pytest.raises(ConfigurationError, match="shows what was known at 2026-04-02"):
        close_period(home, decision("2026-03"), soft=False, now=NOW)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (decision("2026-3"), "there is no period 2026-3; write it as 2026-03, between 2026-03 and 2026-05"),
        (decision("2026-02"), "period 2026-02 has no postings"),
        (decision("2026-03", "Z"), "there is no company Z; name one of A, B/1"),
        (decision("2026-03", anyway=True), "--anyway needs its reason"),
    ],
)
def test_a_wrong_question_is_refused(home: Home, asked: Decision, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        close_period(home, asked, soft=False, now=NOW)
