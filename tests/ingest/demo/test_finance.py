from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from ingest.demo.tables import COLUMNS


def postings(factory) -> list[dict[str, object]]:
    columns = COLUMNS["ledger_posting"]
    return [dict(zip(columns, row, strict=True)) for row in factory.log.current("ledger_posting")]


def test_every_document_balances(factory):
    balance: dict[object, Decimal] = defaultdict(Decimal)
    for posting in postings(factory):
        balance[posting["document_id"]] += posting["amount"]
    assert len(balance) > 10_000
    assert set(balance.values()) == {Decimal(0)}


def test_every_posting_lies_in_the_period_of_its_date(factory):
    assert all(posting["period_id"] == f"{posting['posting_date']:%Y-%m}" for posting in postings(factory))


def test_work_in_process_of_completed_orders_is_settled(factory):
    status = {row[0]: row[14] for row in factory.log.current("production_order", factory.log.days - 5)}
    left: dict[object, Decimal] = defaultdict(Decimal)
    for posting in postings(factory):
        if posting["account_id"] == "1450":
            left[posting["order_id"]] += posting["amount"]
    completed = [order_id for order_id, its_status in status.items() if its_status == "completed"]
    settled = [order_id for order_id in completed if left[order_id] == 0]
    assert len(settled) > 0.9 * len(completed)  # late and reversed papers leave the rest for the next settlement


def test_the_budget_covers_each_month_and_cost_center_once(factory):
    rows = factory.log.current("budget")
    assert len({(row[2], row[3], row[4]) for row in rows}) == len(rows)
    assert {row[4] for row in rows} == {f"2026-{month:02d}" for month in range(1, 13)}
