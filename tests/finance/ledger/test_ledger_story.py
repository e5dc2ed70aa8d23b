"""A works whose books tie out, and the same with every way in which books and events come apart: each is named.

Both homes run the real `tieout nightly`; what is wrong is read from what `tieout reconcile` prints and from the
published tables, as a controller would.
"""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from finance.ledger.works import (
    BANK,
    EXCHANGE,
    LABOUR,
    MACHINE,
    NO_ROLE,
    NOT_IN_CHART,
    PAYABLES,
    REVALUED,
    SCRAP,
    STOCK,
    TIEOUT_YML,
    WIP,
    Works,
)
from settings.home import Home

pytestmark = pytest.mark.slow
TIEOUT = str(Path(sys.executable).with_name("tieout"))


def sound() -> Works:
    """What every works has: an order, a purchase and its invoice, scrap, a new standard, wages."""
    works = Works()
    works.run_order("01", "2026-03-02")
    works.settle("01", "2026-03-02")
    works.receive("R01", "2026-03-02", 100, "2.10", "210.00")
    works.invoice("I01", "R01", "2026-03-09", "215.00", "210.00", "215.00")
    works.move("scrap", "M901", "2026-03-03", 5, "10.00", cost_center_id="CC")
    works.post("2026-03-03", [(STOCK, -10), (SCRAP, 10)], source_document="M901", cost_center_id="CC")
    works.move("adjustment", "M902", "2026-03-04", 2, "")
    works.post("2026-03-04", [(STOCK, 4), (SCRAP, -4)], source_document="M902")
    works.move("transfer", "M903", "2026-03-04", 7, "")
    works.pay("2026-03", "3000.00", 3000)
    return works


class Faulty:
    """The sound works and its faults; documents by the name of the fault."""

    def __init__(self) -> None:
        self.works = works = sound()
        self.document: dict[str, str] = {}
        self._one_cent_changes()
        self._explained()
        self._by_hand()
        self._bad_input()
        works.revalue(works.on_hand_before_the_new_standard())
        self._refused()

    def _one_cent_changes(self) -> None:
        works, document = self.works, self.document
        document["movement"] = works.run_order("02", "2026-03-03", worth="120.01")
        works.settle("02", "2026-03-03")
        works.order("03", "2026-03-03")
        document["confirmation"] = works.confirm("03", "C03", "2026-03-03", 3601, posted_seconds=3600)
        works.output("03", "M032", "2026-03-03")
        works.settle("03", "2026-03-03")
        document["receipt"] = works.receive("R02", "2026-03-04", 100, "2.0001", "200.00")
        works.receive("R03", "2026-03-04", 100, "2.00", "200.00")
        document["invoice"] = works.invoice("I03", "R03", "2026-03-05", "210.01", "200.00", "210.00")
        document["ledger line"] = works.run_order("04", "2026-03-04")
        self._line(document["ledger line"], WIP)["amount"] = "120.01"
        works.settle("04", "2026-03-04")

    def _explained(self) -> None:
        works, document = self.works, self.document
        works.order("05", "2026-04-01")
        document["cut_off"] = works.issue("05", "M051", "2026-03-31", 60, "150.00", booked_on="2026-04-01")
        works.output("05", "M052", "2026-04-01")
        works.settle("05", "2026-04-01")
        works.order("06", None)
        works.move("issue", "M061", "2026-04-20", 10, "25.00", order_id="06")
        works.order("07", "2026-04-15")
        works.issue("07", "M071", "2026-04-15", 10, "25.00")
        works.output("07", "M072", "2026-04-15")
        document["not_extracted"] = works.post(
            "2026-04-14", [(WIP, 108), (LABOUR, -36), (MACHINE, -72)], source_document="C99"
        )
        works.order("11", None)
        works.move("issue", "M111", "2026-03-06", 10, "20.00", order_id="11")
        works.move("issue", "M112", "2026-03-06", -10, "-20.00", order_id="11", reversal_of="M111")
        works.move("scrap", "M921", "2026-03-06", "1.0025", "")
        document["rounding"] = works.post("2026-03-06", [(STOCK, "-2.00"), (SCRAP, "2.00")], source_document="M921")
        document["exchange"] = works.receive(
            "R04",
            "2026-03-06",
            100,
            "3.00",
            "243.00",
            currency_code="USD",
            transaction_amount="-300.00",
            transaction_currency_code="USD",
        )
        works.move("scrap", "M951", "2026-03-06", 5, "10.00")
        works.post("2026-03-06", [(STOCK, -10), (NO_ROLE, 10)], source_document="M951")

    def _by_hand(self) -> None:
        works, document = self.works, self.document
        document["opening_balance"] = works.post("2026-02-27", [(STOCK, 1000), (BANK, -1000)])
        document["no_subledger"] = works.post("2026-03-20", [(PAYABLES, 215), (BANK, -215)])
        document["revaluation"] = works.post("2026-03-31", [(STOCK, -77), (REVALUED, 77)])
        document["exchange by hand"] = works.post("2026-03-31", [(EXCHANGE, 5), (PAYABLES, -5)])
        document["taken back"] = works.post("2026-03-10", [(SCRAP, 40), (BANK, -40)])
        document["reversed"] = works.post("2026-04-02", [(SCRAP, -40), (BANK, 40)], reversal_of=document["taken back"])
        document["journal"] = works.post("2026-03-11", [(SCRAP, "33.33"), (BANK, "-33.33")], text="provision")
        works.run_order("08", "2026-03-11")
        document["journal on an order"] = works.post("2026-03-11", [(WIP, 15), (BANK, -15)], order_id="08")
        works.settle("08", "2026-03-11")
        works.run_order("09", "2026-03-12")  # and never settled

    def _bad_input(self) -> None:
        works, document = self.works, self.document
        document["not in chart"] = works.post("2026-03-12", [(NOT_IN_CHART, 12), (BANK, -12)])
        document["other period"] = works.run_order("12", "2026-03-13", period_id="2026-04")
        works.settle("12", "2026-03-13")
        document["no rate"] = works.receive("R05", "2026-03-12", 100, "1.00", "100.00", currency_code="GBP")
        document["other currency"] = works.post("2026-03-12", [(SCRAP, 9), (BANK, -9)], currency_code="USD")

    def _refused(self) -> None:
        """After the new standard, whose value the books take from what they know to be there."""
        works, document = self.works, self.document
        works.run_order("10", "2026-03-17")
        works.move("issue", "M103", "2026-03-17", "viele", "50.00", order_id="10")
        document["refused event"] = works.post(
            "2026-03-17", [(WIP, 50), (STOCK, -50)], order_id="10", source_document="M103"
        )
        works.settle("10", "2026-03-17")
        self._line(works.run_order("13", "2026-03-17"), WIP)["currency_code"] = "Euro"
        works.settle("13", "2026-03-17")

    def _line(self, document: str, account: str) -> dict[str, object]:
        (line,) = [
            row
            for row in self.works.rows["ledger_posting"]
            if row["document_id"] == document and row["account_id"] == account
        ]
        return line


def tieout(home: Home, *arguments: str, status: int = 0) -> str:
    done = subprocess.run(
        [TIEOUT, "--home", str(home.root), *arguments], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def ask(home: Home, sql: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(tieout(home, "query", sql, "--format", "json"))
    return rows


def night(folder: Path, works: Works) -> Home:
    folder.mkdir(parents=True)
    (folder / "tieout.yml").write_text(TIEOUT_YML, encoding="utf-8")
    works.write(folder / "inbox" / "erp")
    home = Home(folder)
    tieout(home, "nightly")
    return home


@pytest.fixture(scope="module")
def tied(tmp_path_factory: pytest.TempPathFactory) -> Home:
    works = sound()
    works.revalue(works.on_hand_before_the_new_standard())
    return night(tmp_path_factory.mktemp("tied") / "plant", works)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Faulty]:
    story = Faulty()
    return night(tmp_path_factory.mktemp("faulty") / "plant", story.works), story


def test_books_that_follow_the_events_tie_out_on_every_account(tied: Home) -> None:
    told = tieout(tied, "reconcile", "--period", "2026-03")
    assert "!!" not in told.replace("!! unexplained", "") and "unexplained documents: 0" in told
    states = ask(tied, "select reconciliation_status as s, count(*) as n from finance.gl_reconciliation group by all")
    assert {row["s"] for row in states} == {"tied out", "no subledger"}
    assert ask(tied, "select count(*) as n from finance.reconciling_item") == [{"n": 0}]
    balances = ask(
        tied,
        "select account_id, closing_ledger_amount::varchar as ledger, closing_subledger_amount::varchar as events "
        "from finance.gl_reconciliation where account_role in ('wip', 'raw_material', 'revaluation') order by all",
    )
    # 210 − 120 − 10 + 4 at standard 2.00 (the receipt at 200.00) and 0.50 more for each of the 37 kg left.
    assert balances == [
        {"account_id": "1300", "ledger": "92.5000", "events": "92.5000"},
        {"account_id": "1450", "ledger": "0.0000", "events": "0.0000"},
        {"account_id": "5700", "ledger": "-18.5000", "events": "-18.5000"},
    ]


def kinds(home: Home, where: str) -> set[tuple[object, object, object]]:
    rows = ask(
        home,
        "select account_id, reconciling_kind as kind, sum(reconciling_amount)::decimal(18, 2)::varchar as amount "
        f"from finance.reconciling_item where {where} group by all order by all",
    )
    return {(row["account_id"], row["kind"], row["amount"]) for row in rows}


ONE_CENT = {
    "movement": {("1300", "0.01"), ("1450", "-0.01")},
    "confirmation": {("1450", "-0.03"), ("5200", "0.01"), ("5300", "0.02")},
    "receipt": {("2010", "0.01"), ("5400", "-0.01")},
    "invoice": {("2000", "0.01"), ("5400", "-0.01")},
    "ledger line": {("1450", "0.01")},
}


@pytest.mark.parametrize("change", ONE_CENT)
def test_one_cent_is_reported_with_its_document_file_and_line(faulty: tuple[Home, Faulty], change: str) -> None:
    home, story = faulty
    document = story.document[change]
    expected = {(account, "unexplained", amount) for account, amount in ONE_CENT[change]}
    assert kinds(home, f"named_document = '{document}' and follows_from is null") == expected
    report = json.loads(tieout(home, "reconcile", "--period", "2026-03", "--format", "json", status=1))
    items = [item for item in report["items"] if item["named_document"] == document and not item["follows_from"]]
    assert "ledger_posting.csv" in {item["source_file"] for item in items}
    for item in items:
        line = (
            (home.inbox / "erp" / item["source_file"]).read_text(encoding="utf-8").splitlines()[item["source_line"] - 1]
        )
        assert line.startswith((document, item["source_document_id"]))


@pytest.mark.parametrize("change", ["movement", "confirmation", "ledger line"])
def test_what_differs_on_an_order_comes_back_when_it_is_settled(faulty: tuple[Home, Faulty], change: str) -> None:
    home, story = faulty
    document = story.document[change]
    at_first = dict(ONE_CENT[change])["1450"]
    comes_back = f"{-Decimal(at_first):.2f}"
    assert kinds(home, f"follows_from = '{document}'") == {
        ("1450", "unexplained", comes_back),
        ("5500", "unexplained", at_first),
    }


EXPLAINED = {
    "cut_off": {("1300", "0.00"), ("1450", "0.00")},
    "not_extracted": {("1450", "108.00"), ("5200", "-36.00"), ("5300", "-72.00")},
    "rounding": {("1300", "0.01"), ("5600", "-0.01")},
    "exchange": {("2010", "-3.00"), ("5400", "3.00")},
    "exchange by hand": {("5800", "5.00"), ("2000", "-5.00")},
    "unmapped_account": {("5600", "-10.00")},
    "opening_balance": {("1300", "1000.00")},
    "no_subledger": {("2000", "215.00")},
    "revaluation": {("1300", "-77.00"), ("5700", "77.00")},
    "reversed": {("5600", "0.00")},
    "refused event": {("1300", "-50.00"), ("1450", "50.00")},
    "refused line": {("1450", "-120.00")},
    "other period": {("1300", "0.00"), ("1450", "0.00")},
}
KIND = {
    "exchange by hand": "exchange",
    "refused event": "quarantined",
    "refused line": "quarantined",
    "other period": "cut_off",
}
NOT_POSTED = {"unmapped_account": "M951", "refused line": "M131"}
"""Differences without a ledger line on the account go by the event."""


@pytest.mark.parametrize("fault", EXPLAINED)
def test_every_kind_of_difference_is_explained_on_every_account(faulty: tuple[Home, Faulty], fault: str) -> None:
    home, story = faulty
    expected = {(account, KIND.get(fault, fault), amount) for account, amount in EXPLAINED[fault]}
    document = NOT_POSTED.get(fault) or story.document[fault]
    assert kinds(home, f"named_document = '{document}' and follows_from is null") == expected


def test_what_the_ledger_has_not_posted_yet_and_never_will(faulty: tuple[Home, Faulty]) -> None:
    home, _ = faulty
    assert kinds(home, "source_document_id = 'M061'") == {
        ("1300", "not_yet_posted", "25.00"),
        ("1450", "not_yet_posted", "-25.00"),
    }
    # Ended on the ledger's last day: its settlement is the next night's work.
    assert kinds(home, "order_id = '07'") == {
        ("1450", "not_yet_posted", "-275.00"),
        ("5500", "not_yet_posted", "275.00"),
    }
    # Ended in March: the settlement is missing.
    assert kinds(home, "order_id = '09'") == {("1450", "unexplained", "-72.00"), ("5500", "unexplained", "72.00")}
    # Taken back before it was posted.
    assert kinds(home, "order_id = '11'") == {("1300", "reversed", "0.00"), ("1450", "reversed", "0.00")}


def test_what_was_refused_comes_back_as_such_when_its_order_is_settled(faulty: tuple[Home, Faulty]) -> None:
    home, story = faulty
    assert kinds(home, f"follows_from = '{story.document['refused event']}'") == {
        ("1450", "quarantined", "-50.00"),
        ("5500", "quarantined", "50.00"),
    }


def test_ledger_is_subledger_and_items_to_the_cent_and_the_proofs_hold(faulty: tuple[Home, Faulty]) -> None:
    home, _ = faulty
    assert ask(
        home,
        "select count(*) as n from finance.gl_reconciliation "
        "where ledger_amount <> subledger_amount + explained_amount + unexplained_amount",
    ) == [{"n": 0}]
    proofs = ask(
        home,
        "select distinct identity_id, status from meta.proof "
        "where identity_id like 'LEDGER.%' or identity_id like 'I4%' or identity_id like 'I5%'",
    )
    state = {(row["identity_id"], row["status"]) for row in proofs}
    assert ("LEDGER.MATCHED", "holds") in state and ("LEDGER.MATCHED", "broken") not in state
    assert {("I4", "holds"), ("I5", "holds"), ("I4.UNEXPLAINED", "unexplained")} <= state


FINDINGS = {
    "ledger_document_unbalanced": ("ledger line", "0.0100"),
    "account_without_role": (NO_ROLE, "10.0000"),
    "account_not_in_chart": (NOT_IN_CHART, "12.0000"),
    "period_not_of_posting_date": ("other period", "240.0000"),
    "ledger_line_in_other_currency": ("other currency", "18.0000"),
    "exchange_rate_missing": ("GBP", "100.0000"),
    "event_without_value": ("R05", None),
}


@pytest.mark.parametrize("finding", FINDINGS)
def test_bad_input_is_named_valued_and_says_what_to_do(faulty: tuple[Home, Faulty], finding: str) -> None:
    home, story = faulty
    subject, amount = FINDINGS[finding]
    rows = ask(
        home,
        "select subject, finding_amount::varchar as amount, what_to_do from meta.finding "
        f"where finding = '{finding}' order by all",
    )
    assert (story.document.get(subject, subject), amount) in {(row["subject"], row["amount"]) for row in rows}
    assert all(row["what_to_do"] for row in rows)


def test_the_report_names_each_unexplained_document_and_only_those(faulty: tuple[Home, Faulty]) -> None:
    home, story = faulty
    told = tieout(home, "reconcile", "--period", "2026-03", status=1)
    unexplained = [story.document[name] for name in (*ONE_CENT, "journal", "journal on an order", "no rate")]
    assert f"unexplained documents: {len(unexplained) + 1}" in told
    for document in unexplained:
        assert document in told
    assert "settlement of order 09 is missing in the ledger" in told
    assert "ledger_posting.csv, line " in told and "goods_movement.csv, line " in told
    assert story.document["rounding"] not in told
    csv_text = tieout(home, "reconcile", "--period", "2026-03", "--format", "csv", status=1)
    assert csv_text.startswith("row,company_id,period_id,account_id")


def test_a_person_accepts_a_journal_with_a_reason_and_takes_it_back(faulty: tuple[Home, Faulty]) -> None:
    home, story = faulty
    journal, on_order = story.document["journal"], story.document["journal on an order"]
    published = "select count(*) as n from finance.reconciling_item where reconciling_kind = 'accepted'"
    before = tieout(home, "reconcile", "--period", "2026-03", status=1)
    assert "33.33" in tieout(home, "reconcile", "--accept", journal, "--because", "provision", "--by", "Erika")
    tieout(home, "reconcile", "--accept", on_order, "--because", "freight")
    at_once = tieout(home, "reconcile", "--period", "2026-03", status=1)
    assert journal in before and journal not in at_once and on_order not in at_once
    assert ask(home, published) == [{"n": 0}]
    tieout(home, "nightly")
    assert kinds(home, "reconciling_kind = 'accepted'") == {
        ("5600", "accepted", "33.33"),
        ("1450", "accepted", "0.00"),
        ("5500", "accepted", "15.00"),
    }
    told = ask(home, f"select explanation from finance.reconciling_item where named_document = '{journal}'")
    assert told == [{"explanation": f"journal {journal} accepted by Erika: provision"}]
    tieout(home, "reconcile", "--withdraw", journal)
    assert journal in tieout(home, "reconcile", "--period", "2026-03", status=1)
    decisions = [json.loads(line) for line in home.accepted_items_file.read_text(encoding="utf-8").splitlines()]
    assert [(one["document_id"], one["is_withdrawn"]) for one in decisions] == [
        (journal, False),
        (on_order, False),
        (journal, True),
    ]


def test_what_cannot_be_answered_is_told_in_one_line(tied: Home, tmp_path: Path) -> None:
    def refusal(home: Home, *arguments: str) -> str:
        told = tieout(home, "reconcile", *arguments, status=2)
        assert told.count("\n") == 1
        return told

    assert "write it as 2026-03" in refusal(tied, "--period", "March")
    assert "2026-03 to 2026-03" in refusal(tied, "--period", "2026-09")
    assert "there is LC" in refusal(tied, "--period", "2026-03", "--company", "XX")
    assert "no such document" in refusal(tied, "--accept", "FI9999", "--because", "x")
    assert "ties out" in refusal(tied, "--accept", "FI0001", "--because", "x")
    assert "--because" in refusal(tied, "--accept", "FI0001")
    assert "nothing to withdraw" in refusal(tied, "--withdraw", "FI0001")
    assert "nothing is published" in refusal(Home(tmp_path / "none"), "--period", "2026-03")


def test_a_works_without_a_ledger_is_told_what_to_deliver(tmp_path: Path) -> None:
    works = sound()
    del works.rows["ledger_posting"]
    home = night(tmp_path / "plant", works)
    assert "deliver ledger_posting" in tieout(home, "reconcile", "--period", "2026-03", status=2)
