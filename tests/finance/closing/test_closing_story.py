"""A period is closed, news comes late, the period is opened and closed again: told by the command line alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from finance.closing.books import LEDGER, LEDGER_HEADER, Answer, Books, differences, moment

pytestmark = pytest.mark.slow

# A movement of an item that nobody delivered yet: in quarantine until the item comes.
MOVEMENT_HEADER = (
    "movement_id,movement_type,plant_id,item_id,order_id,qty,uom,amount,currency_code,posting_date,reversal_of"
)
UNKNOWN_ITEM = f"{MOVEMENT_HEADER}\nQ1,issue,SP,BOLT,B,10,EA,30.00,EUR,2026-03-28,\n"
BOLT = """\
item_id,company_id,name,item_type,base_uom,procurement,valuation
BOLT,SMALL,Bolt,raw,EA,buy,standard
"""
LATE_MOVEMENTS = f"""\
{MOVEMENT_HEADER}
M1,issue,SP,STEEL,B,40,KG,200.00,EUR,2026-03-28,
M2,issue,SP,STEEL,A,-20,KG,-100.00,EUR,2026-03-27,1
"""
LATE_INVOICE = """\
invoice_id,line_no,plant_id,receipt_id,receipt_line_no,item_id,qty,amount,currency_code,posting_date
I1,1,SP,R1,1,STEEL,100,530.00,EUR,2026-03-30
"""
# L9 is posted late, L10 takes L3 back.
LATE_LEDGER = f"""\
{LEDGER_HEADER}
L9,1,SMALL,SP,6000,,2026-03-31,2026-03,77.00,EUR,,
L9,2,SMALL,SP,1600,,2026-03-31,2026-03,-77.00,EUR,,
L10,1,SMALL,SP,6000,,2026-03-31,2026-03,-800.00,EUR,,L3
L10,2,SMALL,SP,1600,,2026-03-31,2026-03,800.00,EUR,,L3
"""
# L1 is corrected, L2 is no longer there.
CORRECTED_LEDGER = "".join(
    line.replace("5100.00", "5150.00") for line in LEDGER.splitlines(keepends=True) if not line.startswith("L2")
)


@dataclass
class Story:
    """What was seen at each stage; commands' answers, published builds kept aside, and moments."""

    books: Books
    answers: dict[str, Answer] = field(default_factory=dict)
    builds: dict[str, Path] = field(default_factory=dict)
    moments: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def keep(self, name: str, build: Path) -> None:
        """Keep a published build aside, as readers had it, and the moment."""
        self.builds[name] = build.parent.parent / f"kept-{name}.duckdb"
        shutil.copyfile(build / "warehouse.duckdb", self.builds[name])
        self.moments[name] = moment()

    def seen(self, build: str, sql: str) -> list[tuple[Any, ...]]:
        """Ask a build kept aside."""
        with duckdb.connect(self.builds[build], read_only=True) as connection:
            return connection.execute(sql).fetchall()


KILLED = """
import os, serving.closing
serving.closing.append_line = lambda *_: os._exit(9)
from dagster_project.command_line.main import run
run()
"""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    books = Books(tmp_path_factory.mktemp("closing") / "home")
    told = Story(books)
    told.answers["nothing published"] = books.run("close", "--period", "2026-03")
    books.deliver_first()
    books.deliver("2026-04-01", goods_movement=UNKNOWN_ITEM)
    told.keep("first", books.night())

    for name, arguments in {
        "no such period": ["--period", "2026-13"],
        "no such company": ["--period", "2026-03", "--company", "NOBODY"],
        "anyway without reason": ["--period", "2026-03", "--anyway"],
    }.items():
        told.answers[name] = books.run("close", *arguments)
    told.answers["not closed"] = books.run("reopen", "--period", "2026-03", "--because", "no reason")
    with books.home.hold():
        told.answers["held"] = books.run("close", "--period", "2026-03")
    told.answers["unexplained"] = books.run("close", "--period", "2026-03")
    despite = ["--anyway", "--because", "month end"]
    told.answers["killed"] = books.run("close", "--period", "2026-03", *despite, code=KILLED)
    told.answers["after the kill"] = books.run("query", "select 1")
    told.rows["after the kill"] = [{"folders": sorted(p.name for p in books.home.closings.iterdir())}]
    told.answers["closed"] = books.run("close", "--period", "2026-03", "--by", "Ada", *despite)
    told.answers["closed twice"] = books.run("close", "--period", "2026-03")

    # The night whose news is the closing, and everything that came late.
    books.deliver("2026-04-01", ledger_posting=CORRECTED_LEDGER)
    books.deliver(
        "2026-04-08",
        item=BOLT,
        goods_movement=LATE_MOVEMENTS,
        purchase_invoice=LATE_INVOICE,
        ledger_posting=LATE_LEDGER,
    )
    told.keep("late", books.night())

    told.answers["reopened without reason"] = books.run("reopen", "--period", "2026-03")
    told.answers["reopened"] = books.run("reopen", "--period", "2026-03", "--because", "freight of March")
    told.keep("reopened", books.night())
    told.answers["closed again"] = books.run("close", "--period", "2026-03", *despite)
    told.keep("closed again", books.night())
    yield told


def test_what_cannot_be_closed_is_refused_in_one_line(story: Story) -> None:
    expected = {
        "nothing published": (2, "nothing is published yet"),
        "no such period": (2, "there is no period 2026-13; write it as 2026-03, between 2026-03 and 2026-03"),
        "no such company": (2, "there is no company NOBODY; name one of SMALL"),
        "anyway without reason": (2, "--anyway needs its reason"),
        "not closed": (2, "period 2026-03 is not closed"),
        "held": (3, "another tieout run holds this home"),
        "closed twice": (2, "period 2026-03 is closed already"),
        "reopened without reason": (2, "a reopening needs its reason"),
    }
    for name, (status, words) in expected.items():
        answer = story.answers[name]
        assert (answer.status, answer.err.count("\n")) == (status, 1), (name, answer)
        assert words in answer.err, name


def test_amounts_that_nothing_explains_stand_against_closing(story: Story) -> None:
    answer = story.answers["unexplained"]
    assert answer.status == 1
    assert "SMALL 2026-03: account 1450 has " in answer.err
    assert answer.err.splitlines()[-1] == "tieout: nothing was closed; settle this, or --anyway --because TEXT"
    lines = [json.loads(line) for line in story.books.home.closings_file.read_text().splitlines()]
    assert "account 1450 has" in lines[0]["despite"]


def test_a_kill_before_the_line_has_closed_nothing(story: Story) -> None:
    assert story.answers["killed"].status == 9
    assert story.rows["after the kill"] == [{"folders": ["2026-03.SMALL.1"]}]
    assert story.answers["closed"].status == 0, story.answers["closed"].err
    assert "as 2026-03.SMALL.1" in story.answers["closed"].out


def test_every_decision_is_on_file_and_published(story: Story) -> None:
    lines = [json.loads(line) for line in story.books.home.closings_file.read_text().splitlines()]
    assert [(line["state"], line["closing_id"]) for line in lines] == [
        ("closed", "2026-03.SMALL.1"),
        ("reopened", "2026-03.SMALL.1"),
        ("closed", "2026-03.SMALL.2"),
    ]
    rows = story.seen(
        "closed again",
        "select decision_no, period_state, is_last_decision, decided_by, because from finance.closing "
        "where period_id = '2026-03' order by decision_no",
    )
    assert [row[:3] for row in rows] == [(1, "closed", False), (2, "reopened", False), (3, "closed", True)]
    assert rows[0][3:] == ("Ada", "month end")
    assert story.seen("first", "select period_state from finance.closing where period_id = '2026-03'") == [("open",)]


def causes(story: Story, mart: str) -> dict[tuple[str, str], str]:
    rows = story.seen(
        "late",
        f"select figure, cause, difference_amount::decimal(18, 2)::varchar from finance.restatement "
        f"where mart = '{mart}' and difference_amount <> 0",
    )
    return {(figure, cause): amount for figure, cause, amount in rows}


def test_the_ledger_differs_by_what_was_recorded_late_line_by_line(story: Story) -> None:
    assert causes(story, "core.fct_ledger_posting") == {
        ("6000", "late posting"): "77.00",
        ("1600", "late posting"): "-77.00",
        ("6000", "reversal"): "-800.00",
        ("1600", "reversal"): "800.00",
        ("1450", "correction of a row"): "50.00",
        ("1400", "correction of a row"): "-50.00",
        ("1400", "row withdrawn"): "-500.00",
        ("1600", "row withdrawn"): "520.00",
        ("5000", "row withdrawn"): "-20.00",
    }


def test_bookings_on_orders_differ_by_their_own_causes(story: Story) -> None:
    assert causes(story, "core.fct_order_posting") == {
        ("material", "back-dated movement"): "200.00",
        ("material", "reversal"): "-100.00",
        ("material", "replay of quarantined rows"): "30.00",
    }


def test_work_in_process_names_that_more_than_one_cause_moved_an_order(story: Story) -> None:
    found = causes(story, "cost.wip_order_period")
    if found:  # order B is unfinished: a movement and a healed row; order A was settled
        assert found == {("closing_amount", "several causes"): "230.00"}


def test_accounts_differ_in_the_reconciliation_as_in_the_ledger(story: Story) -> None:
    ledger = causes(story, "core.fct_ledger_posting")
    rows = story.seen(
        "late",
        "select figure, cause, difference_amount::decimal(18, 2)::varchar from finance.restatement "
        "where mart = 'finance.gl_reconciliation' and measure = 'ledger_amount' and difference_amount <> 0",
    )
    # Rent has no role in costing, so the reconciliation does not hold its account.
    assert {(figure, cause): amount for figure, cause, amount in rows} == {
        key: amount for key, amount in ledger.items() if key[0] != "6000"
    }


def test_each_document_that_came_late_is_a_finding(story: Story) -> None:
    rows = story.seen(
        "late",
        "select subject, finding_amount::decimal(18, 2)::varchar from meta.finding "
        "where finding = 'posting_to_closed_period' order by all",
    )
    if rows:
        assert dict(rows) == {
            "I1": "530.00",
            "L1": "50.00",
            "L10": "800.00",
            "L2": "520.00",
            "L9": "77.00",
            "M1": "200.00",
            "M2": "-100.00",
            "Q1": "30.00",
        }


def test_a_restatement_is_the_whole_figure_then_and_now(story: Story) -> None:
    rows = story.seen(
        "late",
        """
        with now as (select sum(amount) as amount from core.fct_ledger_posting where account_id = '1600'),
        closed as (
            select sum(as_closed_amount) as closed, sum(as_now_amount) as now, sum(difference_amount) as difference
            from finance.restatement where mart = 'core.fct_ledger_posting' and figure = '1600'
        )
        select closed.closed, closed.now, difference, amount from closed, now
        """,
    )
    assert [str(value) for value in rows[0]] == ["-1320.0000", "-77.0000", "1243.0000", "-77.0000"]
    assert (
        story.seen("first", "select sum(amount) from core.fct_ledger_posting where account_id = '1600'")[0][0] == -1320
    )


def test_what_came_late_is_listed_with_both_dates(story: Story) -> None:
    rows = story.seen(
        "late",
        "select posting_date::varchar, recorded_at > known_at, cause, source_file from finance.restated_document "
        "where source_document_id = 'L9' and source_key = 'L9|1'",
    )
    assert rows == [("2026-03-31", True, "late posting", "2026-04-08/ledger_posting.csv")]


def test_a_reopened_period_has_no_restatement_and_a_new_closing_no_difference(story: Story) -> None:
    assert story.seen("reopened", "select count(*) from finance.restatement") == [(0,)]
    rows = story.seen("closed again", "select distinct closing_id, cause, difference_amount from finance.restatement")
    assert {(closing, cause, str(amount)) for closing, cause, amount in rows} == {
        ("2026-03.SMALL.2", "unchanged", "0.0000")
    }


@pytest.mark.parametrize("stage", ["first", "late", "reopened"])
def test_a_past_moment_is_answered_as_it_was_published(story: Story, stage: str) -> None:
    """Row for row, every table but the build's own description; from the raw store alone, no published build kept."""
    home = story.books.home
    others = [build for build in home.published.iterdir() if not build.is_symlink() and build != home.current.resolve()]
    for build in others:
        shutil.rmtree(build)
    before = home.current.resolve()
    # A night may hold the home meanwhile, and a BI tool the published build.
    with home.hold(), duckdb.connect(before / "warehouse.duckdb", read_only=True):
        story.books.must("query", "select 1", "--as-of", story.moments[stage])
    built = max(home.root.glob("build/as_of/*/warehouse.duckdb"), key=lambda file: file.parent.stat().st_mtime)
    assert differences(story.builds[stage], built, {"meta.build"}) == {}
    assert len(list(home.root.glob("build/as_of/*/warehouse.duckdb"))) <= 2
    assert home.current.resolve() == before


def test_a_kept_build_answers_for_its_moment(story: Story) -> None:
    answer = story.books.run("query", "select build_id from meta.build", "--as-of", story.moments["closed again"])
    assert story.books.home.current.resolve().name in answer.out
    assert "building" not in answer.err


def test_before_the_first_row_nothing_was_known(story: Story) -> None:
    answer = story.books.run("query", "select 1", "--as-of", "2020-01-01")
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "nothing had been recorded by 2020-01-01" in answer.err
