"""The simulated books: balanced, complete, and in agreement with the truth that other code works out."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ingest import demo
from ingest.demo.accounts import ACCOUNTS, ALLOCATION, EXCHANGE_DIFFERENCE, PRICE_VARIANCE, PRODUCTION_VARIANCE, WIP
from ingest.demo.budget import FORECAST, PLAN
from ingest.demo.costs import ACTIVITIES
from ingest.demo.overheads import SERVICE_COST
from ingest.demo.tables import COLUMNS
from ingest.demo.truth_money import Money

ROLE = {account_id: role for account_id, (_, _, role) in ACCOUNTS.items()}
SOMETIMES = (4, 6, 22, 36, 47, 59)
"""Nights on which the books are looked at: after wrong rows and after their correction, before and after month ends."""


def rows(factory: demo.DemoFactory, dataset: str, night: int | None = None) -> list[dict[str, object]]:
    columns = COLUMNS[dataset]
    return [dict(zip(columns, row, strict=True)) for row in factory.log.current(dataset, night)]


def by(entries: list[dict[str, object]], *columns: str) -> dict[object, Decimal]:
    sums: dict[object, Decimal] = defaultdict(Decimal)
    for entry in entries:
        sums[tuple(entry[column] for column in columns)] += entry["amount"]
    return {key: amount for key, amount in sums.items() if amount}


@pytest.fixture(scope="module")
def ledger(factory) -> list[dict[str, object]]:
    return rows(factory, "ledger_posting")


@pytest.fixture(scope="module", params=SOMETIMES)
def night(request) -> int:
    """One of the nights on which the books are looked at."""
    return request.param


@pytest.fixture(scope="module")
def as_of(factory, night) -> tuple[list[dict[str, object]], Money]:
    """The ledger and the truth as a night knows them."""
    return rows(factory, "ledger_posting", night), Money(factory.log, night)


def lost_lines(factory: demo.DemoFactory, night: int) -> list[dict[str, object]]:
    """The lines that came broken and never again, as far as their file can be read."""
    found = []
    for fault in factory.faults:
        if fault.dataset == "ledger_posting" and fault.night <= night:
            file = next(f for f in factory.files[fault.night] if f.path == f"{fault.source}/{fault.source_file}")
            fields = file.lines[fault.source_line - 1].split(",")
            found.append(dict(zip(COLUMNS["ledger_posting"], fields, strict=True)))
    return found


def test_every_document_balances_on_every_night_but_for_the_line_that_is_lost(factory):
    of_night: dict[object, Decimal] = defaultdict(Decimal)
    nights: dict[object, set[int]] = defaultdict(set)
    for night, row in factory.log.rows["ledger_posting"]:
        of_night[row[0]] += row[COLUMNS["ledger_posting"].index("amount")]
        nights[row[0]].add(night)
    assert len(of_night) > 20_000
    (lost,) = lost_lines(factory, factory.log.days)
    assert lost["posting_date"].endswith("-32")
    assert of_night.pop(lost["document_id"]) == -Decimal(lost["amount"])
    assert set(of_night.values()) == {Decimal(0)}
    assert {len(of_document) for of_document in nights.values()} == {1}


def test_every_posting_lies_in_the_period_of_its_date_and_is_entered_no_earlier(factory, ledger):
    clock = factory.clocks["P2"]
    assert all(posting["period_id"] == f"{posting['posting_date']:%Y-%m}" for posting in ledger)
    assert all(
        posting["posting_date"] <= clock.date_of(posting["entered_at"]) + timedelta(days=1) for posting in ledger
    )


def test_leaves_and_settlements_of_every_order_are_the_same_money(as_of):
    """The truth works leaves out from events and standards; the ledger only ever knew what was posted."""
    ledger, money = as_of
    settled = by([line for line in ledger if line["account_id"] == PRODUCTION_VARIANCE], "order_id")
    leaves = by([leaf for leaf in money.leaves() if leaf["account_role"] == "production_variance"], "order_id")
    assert leaves == settled
    assert settled


def test_work_in_process_of_the_ledger_is_that_of_the_events(as_of):
    ledger, money = as_of
    posted = by([line for line in ledger if line["account_id"] == WIP], "order_id", "period_id")
    told = {
        (row["order_id"], row["period_id"]): row["debit_amount"] - row["credit_amount"] - row["settled_amount"]
        for row in money.work_in_process()
    }
    assert posted == {key: amount for key, amount in told.items() if amount}


def test_a_finished_order_leaves_no_work_in_process_at_any_period_s_end(as_of):
    _, money = as_of
    finished = {order["order_id"] for order in money.orders if order["status"] == "completed"}
    ended = {leaf["order_id"]: leaf["period_id"] for leaf in money.leaves()}
    for row in money.work_in_process():
        if row["order_id"] in finished and row["period_id"] >= ended.get(row["order_id"], "9999-12"):
            assert row["closing_amount"] == 0, row
        balance = row["opening_amount"] + row["debit_amount"] - row["credit_amount"] - row["settled_amount"]
        assert row["closing_amount"] == balance


def test_price_and_exchange_of_every_purchase_are_those_of_the_ledger(as_of):
    ledger, money = as_of
    lines = money.purchase_lines()
    for account_id, column in (
        (PRICE_VARIANCE, "price_variance_amount"),
        (EXCHANGE_DIFFERENCE, "exchange_difference_amount"),
    ):
        posted = by([line for line in ledger if line["account_id"] == account_id], "source_document")
        told = {(line["document_id"],): line[column] for line in lines if line[column]}
        assert posted == told


def test_every_line_that_has_an_event_names_it(ledger):
    documents: dict[object, set[object]] = defaultdict(set)
    for posting in ledger:
        documents[posting["source_document"]].add(posting["text"])
    without = documents.pop(None)
    assert {text.split(" of ")[0] for text in without} == {
        "opening balance",
        "settlement",
        "wages",
        "energy",
        "tools and consumables",
        "machine leasing and service",
        "depreciation",
        "rent",
        "administration",
        "maintenance",
        "allocation",
    }
    assert len(documents) > 15_000


def test_a_corrected_event_is_taken_back_and_posted_anew(factory, ledger):
    """What was delivered wrong stands in the ledger as it was, with its reversal and the right document."""
    of_document = {posting["document_id"]: posting for posting in ledger}
    reversals = [posting for posting in of_document.values() if posting["reversal_of"]]
    assert {"taken back" in str(posting["text"]) for posting in reversals} == {True, False}
    for posting in reversals:
        original = of_document[posting["reversal_of"]]
        is_same_event = posting["source_document"] == original["source_document"]
        assert is_same_event == ("taken back" in str(posting["text"]))
        assert posting["entered_at"] > original["entered_at"]


def test_stock_is_what_moved_at_the_standards_of_its_date(factory, ledger):
    """Each item's stock account: movements and purchases as posted, carried to the new standards on their day."""
    revaluations = {posting["source_document"] for posting in ledger if ROLE[posting["account_id"]] == "revaluation"}
    assert len(revaluations) == 23
    assert all(str(source).startswith("REVAL-P") and str(source).endswith("-2026-03-16") for source in revaluations)
    money = Money(factory.log, 47)
    old, new = date(2026, 3, 15), date(2026, 3, 16)
    stocks = [
        line
        for line in rows(factory, "ledger_posting", 47)
        if ROLE[line["account_id"]] in ("raw_material", "packaging", "semi_finished_goods", "finished_goods")
        and line["posting_date"] <= new
        and (line["posting_date"] < new or str(line["source_document"]).startswith("REVAL"))
    ]
    valued = by(stocks, "item_id", "plant_id")
    before = by([line for line in stocks if line["posting_date"] < new], "item_id", "plant_id")
    for (item_id, plant_id), amount in before.items():
        if item_id == "V300":
            continue
        assert amount > 0, item_id
        was, becomes = (money.basis.price(item_id, plant_id, on) for on in (old, new))
        expected = float(amount) * float(becomes) / float(was)
        assert abs(float(valued[item_id, plant_id]) - expected) < max(abs(float(amount)) * 1e-4, 3.0), item_id


def test_service_cost_centers_are_left_with_nothing(ledger):
    allocated = {posting["period_id"] for posting in ledger if posting["account_id"] == ALLOCATION}
    assert allocated == {"2026-02", "2026-03"}
    left = by([p for p in ledger if p["cost_center_id"] in SERVICE_COST and p["period_id"] in allocated], "period_id")
    assert left == {}
    assert by([posting for posting in ledger if posting["account_id"] == ALLOCATION], "document_id") == {}
    assert {p["cost_center_id"] for p in ledger if p["account_id"] == ALLOCATION} > set(SERVICE_COST)


def test_payroll_is_the_wages_of_the_ledger(factory, ledger):
    payroll = rows(factory, "payroll")
    assert {row["pay_code"] for row in payroll} == {"regular", "overtime", "leave"}
    wages = by([posting for posting in ledger if ROLE[posting["account_id"]] == "labour_actual"], "period_id")
    assert wages == by(payroll, "period_id")


def test_the_truth_of_accounts_adds_up(factory, night, as_of):
    ledger, money = as_of
    lost = sum((Decimal(line["amount"]) for line in lost_lines(factory, night)), Decimal(0))
    balances = money.account_balances()
    for balance in balances:
        moved = balance["debit_amount"] - balance["credit_amount"]
        assert balance["closing_amount"] == balance["opening_amount"] + moved
    last = max(balance["period_id"] for balance in balances)
    assert sum(balance["closing_amount"] for balance in balances if balance["period_id"] == last) == -lost
    assert sum(line["amount"] for line in ledger) == -lost


def test_some_of_what_the_ledger_knows_is_in_quarantine(factory, ledger):
    """A movement that the ledger posted, and a ledger line of a movement that is known, came broken and never again."""
    movement = next(fault for fault in factory.faults if "that the ledger has posted" in fault.description)
    file = next(f for f in factory.files[movement.night] if f.dataset == movement.dataset)
    movement_id = file.lines[movement.source_line - 1].split(",")[0]
    movements = {row["movement_id"] for row in rows(factory, "goods_movement")}
    assert movement_id not in movements
    assert movement_id in {posting["source_document"] for posting in ledger}
    (line,) = lost_lines(factory, factory.log.days)
    assert line["source_document"] in movements


def test_foreign_documents_carry_their_own_currency(factory, ledger):
    foreign = [posting for posting in ledger if posting["transaction_currency_code"] is not None]
    assert {posting["transaction_currency_code"] for posting in foreign} == {"CAD"}
    assert {ROLE[posting["account_id"]] for posting in foreign} == {"goods_received_not_invoiced", "payables"}
    assert all(Decimal("0.60") < p["amount"] / p["transaction_amount"] < Decimal("0.73") for p in foreign)
    daily = {row["rate"] for row in rows(factory, "exchange_rate") if row["rate_type"] == "daily"}
    assert len(daily) > 20


def test_papers_of_a_closed_month_arrive_late_of_every_kind(factory):
    """February's books are closed on 4 March; what comes for it afterwards was still counted in February."""
    closed = factory.log.night_on(date(2026, 3, 4))
    late: dict[str, set[object]] = defaultdict(set)
    for dataset in ("purchase_invoice", "goods_movement", "ledger_posting"):
        for night, row in factory.log.rows[dataset]:
            values = dict(zip(COLUMNS[dataset], row, strict=True))
            if night > closed and values["posting_date"].month == 2:
                late[dataset].add(values.get("movement_type") or values.get("text") or "invoice")
                late[f"{dataset} taken back"] |= {values["reversal_of"]} - {None} if "reversal_of" in values else set()
    assert late["purchase_invoice"] == {"invoice"}
    assert {"issue", "scrap"} <= late["goods_movement"]
    assert late["goods_movement taken back"]
    assert {"issue", "scrap", "purchase invoice", "settlement"} <= late["ledger_posting"]


def test_papers_laid_aside_are_complete_and_balance(factory):
    files = {file.dataset: file for file in factory.later}
    assert set(files) == {"goods_movement", "purchase_invoice", "ledger_posting"}
    assert {file.path.split("/")[1] for file in factory.later} == {"2026-04-11"}
    lines = [line.split(",") for line in files["ledger_posting"].lines[1:]]
    position = COLUMNS["ledger_posting"].index("amount")
    assert sum(Decimal(line[position]) for line in lines) == 0
    assert {line[COLUMNS["ledger_posting"].index("period_id")] for line in lines} == {"2026-02"}


def test_the_budget_covers_each_month_account_and_cost_center_once(factory):
    budget = rows(factory, "budget")
    keys = {(row["version_id"], row["cost_center_id"], row["account_id"], row["period_id"]) for row in budget}
    assert len(keys) == len(budget)
    months = {version: {key[3] for key in keys if key[0] == version} for version in (PLAN, FORECAST)}
    assert months[PLAN] == {f"2026-{month:02d}" for month in range(2, 13)}
    assert months[FORECAST] == {f"2026-{month:02d}" for month in range(3, 13)}
    assert {row["version_id"] for row in rows(factory, "budget", 20)} == {PLAN}
    of_fixed = {row["driver"] for row in budget if row["behaviour"] == "fixed" and row["account_id"] == "5100"}
    assert of_fixed == {"machine_hours"}


def test_planned_overhead_rates_are_budgeted_cost_by_budgeted_hours(factory):
    plan = [row for row in rows(factory, "budget") if row["version_id"] == PLAN]
    planned = {
        (row["cost_center_id"], row["activity"]): row["hourly_amount"]
        for row in rows(factory, "activity_rate")
        if row["rate_type"] == "planned" and row["valid_from"] == date(2026, 1, 1)
    }
    for activity, roles in (
        ("fixed_overhead", {"fixed_overhead_actual", "allocation"}),
        ("variable_overhead", {"variable_overhead_actual"}),
    ):
        for cost_center_id in {row["cost_center_id"] for row in plan if row["driver"] == "machine_hours"}:
            mine = [row for row in plan if row["cost_center_id"] == cost_center_id and ROLE[row["account_id"]] in roles]
            hours = sum({row["period_id"]: row["driver_qty"] for row in mine if row["driver_qty"]}.values())
            rate = sum(row["amount"] for row in mine) / hours
            assert abs(planned[cost_center_id, activity] - rate) <= Decimal("0.0051"), cost_center_id
    assert {activity for _, activity in planned} == set(ACTIVITIES)


def test_machines_reach_most_of_their_budgeted_hours(factory):
    center_of = {row["work_unit_id"]: row["work_center_id"] for row in rows(factory, "work_unit")}
    worked: dict[object, int] = defaultdict(int)
    for row in rows(factory, "confirmation"):
        if row["work_unit_id"] and row["posting_date"].month == 3:
            worked[f"CC-{center_of[row['work_unit_id']]}"] += row["machine_seconds"]
    budgeted = {
        row["cost_center_id"]: row["driver_qty"]
        for row in rows(factory, "budget")
        if row["version_id"] == PLAN and row["account_id"] == "5100" and row["period_id"] == "2026-03"
    }
    for cost_center_id, hours in budgeted.items():
        assert Decimal("0.70") < Decimal(worked[cost_center_id]) / 3600 / hours < Decimal("0.95"), cost_center_id
