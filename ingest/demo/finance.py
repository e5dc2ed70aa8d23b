"""The ERP's books, kept night by night: what each event posts, and what is posted again when an event is corrected.

Perpetual standard cost: stock at standard, labour, machine time and overheads absorbed at planned rates, and whatever
a completed order leaves in work in process settled to production variance in the night that tells of it. An event
that is delivered again with other figures is taken back in the ledger and posted anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from ingest.demo.accounts import (
    EQUITY,
    EXCHANGE_DIFFERENCE,
    LABOUR_ABSORBED,
    NOT_INVOICED,
    OVERHEAD_ABSORBED,
    PAYABLES,
    PRICE_VARIANCE,
    PRODUCTION_VARIANCE,
    REVALUATION,
    SCRAP,
    STOCK_ACCOUNT,
    WIP,
)
from ingest.demo.budget import Budget
from ingest.demo.clock import WallClock
from ingest.demo.costs import ACTIVITIES, CENTERS, PlannedRates, PriceList, rounded
from ingest.demo.event_log import EventLog
from ingest.demo.exchange import ExchangeRates
from ingest.demo.ledger import Draft, Ledger, Line
from ingest.demo.month_end import MonthEnd
from ingest.demo.plant_layout import CURRENCY, WorkUnit
from ingest.demo.products import FIRST_VERSION, ITEM, ITEMS, SECOND_VERSION, operations_of
from ingest.demo.services import BASE_UNITS_PER, STOCK_SIGN, opening_date, opening_stock
from ingest.demo.tables import COLUMNS, KEY_POSITIONS

EVENTS = ("goods_movement", "purchase_receipt", "purchase_invoice", "confirmation", "labour_time")
CHARGED_ACTIVITIES = ("direct", "setup", "rework")
WIP_MOVEMENTS = {"issue": 1, "return": -1, "by_product": -1, "receipt": -1}
"""The sign with which movements on orders charge work in process."""
OPENED_AT, SETTLED_AT, REVALUED_AT = 1, 23, 21

Key = tuple[str, ...]
Record = dict[str, Any]


class Finance:
    """Keeps the ledger. Run it last: it reads the finished log night by night."""

    def __init__(
        self,
        log: EventLog,
        clocks: dict[str, WallClock],
        units: list[WorkUnit],
        prices: PriceList,
        exchange: ExchangeRates,
        new_version_from: date,
        copies: int,
        seed: str,
    ) -> None:
        self._log = log
        self._clocks = clocks
        self._prices = prices
        self._exchange = exchange
        self._new_version_from = new_version_from
        self._center_of_unit = {unit.work_unit_id: unit.work_center for unit in units}
        self._center_of_cost = {center.cost_center_id: center for center in CENTERS.values()}
        units_at = dict.fromkeys(CENTERS, 0)
        for unit in units:
            units_at[unit.work_center.work_center_id] += 1
        self._budget = Budget(log.first_date, units_at, copies)
        planned = PlannedRates(log.first_date)
        self._rates = {
            (center_id, version): {activity: planned.of(center, activity, version) for activity in ACTIVITIES}
            for center_id, center in CENTERS.items()
            for version in (FIRST_VERSION, SECOND_VERSION)
        }
        self.ledger = Ledger(log, WIP)
        self._month_end = MonthEnd(log, clocks, units, self._budget, self.ledger, seed)
        self._posted: dict[Key, tuple[str | None, Draft]] = {}
        self._receipts: dict[str, tuple[Decimal, Decimal, date]] = {}
        """Value, value in the currency of the transaction, and date of each purchase receipt."""
        self._orders: dict[str, Record] = {}
        self._completed_on: dict[str, date] = {}
        self._has_receipt: set[str] = set()
        self._last_reports: dict[str, dict[str, Record]] = defaultdict(dict)
        """By order without receipts: the confirmations of its last operation."""
        self._stock: dict[str, dict[Key, tuple[date, Decimal]]] = defaultdict(dict)
        self._restocked: set[str] = set()
        self._touched: set[str] = set()
        self._drafts: dict[str, Callable[[Record], Draft | None]] = {
            "goods_movement": self._movement,
            "purchase_receipt": self._receipt,
            "purchase_invoice": self._invoice,
            "confirmation": self._confirmation,
            "labour_time": self._labour,
        }

    def record(self) -> None:
        """Record all postings and the budget."""
        news = {dataset: self._log.by_night(dataset) for dataset in (*EVENTS, "production_order")}
        self._open()
        for night in range(self._log.days):
            self._touched.clear()
            self._restocked.clear()
            for row in news["production_order"].get(night, ()):
                self._learn_order(dict(zip(COLUMNS["production_order"], row, strict=True)))
            for dataset in EVENTS:
                columns, first = COLUMNS[dataset], KEY_POSITIONS[dataset][0]
                draft_of = self._drafts[dataset]
                for row in news[dataset].get(night, ()):
                    values = dict(zip(columns, row, strict=True))
                    self._book(night, (dataset, row[first]), draft_of(values), values.get("reversal_of"))
                    if values["order_id"] is not None:
                        self._touched.add(values["order_id"])
            self._book_unreceived_output(night)
            self._revalue(night)
            self._settle(night)
            self._month_end.post(night)
        self._budget.record(self._log)

    def _open(self) -> None:
        """Take the opening stock into the books at the first standards, one document per item."""
        on = opening_date(self._log)
        for item in ITEMS:
            quantity = opening_stock(item)
            amount = self._prices.amount(item.item_id, quantity, on)
            if amount:
                self._stock[item.item_id]["opening", item.item_id] = (on, quantity)
                lines = (Line(STOCK_ACCOUNT[item.item_type], amount), Line(EQUITY, -amount))
                draft = Draft(on, item.plant_id, lines, "opening balance", None, item.item_id)
                self.ledger.post(0, draft, hour=OPENED_AT)

    def _learn_order(self, order: Record) -> None:
        order_id = order["order_id"]
        self._orders[order_id] = order
        self._touched.add(order_id)
        if order["status"] == "completed":
            self._completed_on[order_id] = self._clocks[order["plant_id"]].date_of(order["actual_end_at"])

    def _book(self, night: int, key: Key, draft: Draft | None, reverses: str | None = None, hour: int = 22) -> None:
        """Post what an event moves; where it was posted otherwise before, take that back first."""
        document_id, before = self._posted.get(key, (None, None))
        if before == draft:
            return
        if before is not None and document_id is not None:
            self.ledger.post(night, before.taken_back(), document_id, hour)
        if draft is None:
            self._posted.pop(key, None)
            return
        original, _ = self._posted.get((key[0], reverses), (None, None)) if reverses else (None, None)
        self._posted[key] = (self.ledger.post(night, draft, original, hour), draft)

    def _rates_on(self, center_id: str, on: date) -> dict[str, Decimal]:
        return self._rates[center_id, SECOND_VERSION if on >= self._new_version_from else FIRST_VERSION]

    # -- what each event posts ------------------------------------------------------------------------------------

    def _movement(self, row: Record) -> Draft | None:
        item, kind, on, order_id = ITEM[row["item_id"]], row["movement_type"], row["posting_date"], row["order_id"]
        base_qty = Decimal(row["qty"])
        if row["uom"] != item.base_uom:
            base_qty *= BASE_UNITS_PER[row["uom"]]
        if kind != "transfer":
            self._stock[item.item_id]["goods_movement", row["movement_id"]] = (on, STOCK_SIGN[kind] * base_qty)
            self._restocked.add(item.item_id)
        if kind == "receipt" and order_id is not None:
            self._has_receipt.add(order_id)
        amount = row["amount"]
        if amount is None:
            amount = self._prices.amount(item.item_id, base_qty, on)
        if amount is None or kind == "transfer":
            return None
        stock = STOCK_ACCOUNT[item.item_type]
        if order_id is not None and kind in WIP_MOVEMENTS:
            charged = WIP_MOVEMENTS[kind] * amount
            lines = (Line(stock, -charged), Line(WIP, charged))
        else:
            gained = STOCK_SIGN[kind] * amount
            lines = (Line(stock, gained), Line(SCRAP, -gained, row["cost_center_id"]))
        text = kind.replace("_", "-")
        return Draft(on, item.plant_id, lines, text, order_id, item.item_id, row["movement_id"])

    def _functional(self, amount: Decimal, currency: str, on: date) -> Decimal:
        return amount if currency == CURRENCY else rounded(amount * self._exchange.on(on))

    def _receipt(self, row: Record) -> Draft:
        on, currency, order_id = row["posting_date"], row["currency_code"], row["order_id"]
        charged = rounded(row["qty"] * row["price_amount"] / row["price_unit_qty"])
        value = self._functional(charged, currency, on)
        self._receipts[row["receipt_id"]] = (value, charged, on)
        is_foreign = currency != CURRENCY
        not_invoiced = Line(NOT_INVOICED, -value, foreign=-charged if is_foreign else None)
        if order_id is not None:
            lines: tuple[Line, ...] = (Line(WIP, value), not_invoiced)
        else:
            item = ITEM[row["item_id"]]
            self._stock[item.item_id]["purchase_receipt", row["receipt_id"]] = (on, row["qty"])
            self._restocked.add(item.item_id)
            standard = self._prices.amount(item.item_id, row["qty"], on)
            standard = value if standard is None else standard
            lines = (
                Line(STOCK_ACCOUNT[item.item_type], standard),
                not_invoiced,
                Line(PRICE_VARIANCE, value - standard),
            )
        return Draft(
            on,
            row["plant_id"],
            lines,
            "outside work" if order_id else "purchase receipt",
            order_id,
            row["item_id"],
            row["receipt_id"],
            currency if is_foreign else None,
        )

    def _invoice(self, row: Record) -> Draft:
        """An invoice without quantity is a later charge: all of it is price."""
        on, currency, order_id = row["posting_date"], row["currency_code"], row["order_id"]
        is_foreign = currency != CURRENCY
        amount = self._functional(row["amount"], currency, on)
        received, ordered, received_on = self._receipts[row["receipt_id"]]
        if row["qty"] is None:
            received = ordered = Decimal(0)
        exchange = Decimal(0)
        if is_foreign:
            exchange = rounded(ordered * (self._exchange.on(on) - self._exchange.on(received_on)))
        lines = (
            Line(NOT_INVOICED, received, foreign=ordered if is_foreign else None),
            Line(PAYABLES, -amount, foreign=-row["amount"] if is_foreign else None),
            Line(PRICE_VARIANCE if order_id is None else WIP, amount - received - exchange),
            Line(EXCHANGE_DIFFERENCE, exchange),
        )
        return Draft(
            on,
            row["plant_id"],
            lines,
            "purchase invoice",
            order_id,
            row["item_id"],
            row["invoice_id"],
            currency if is_foreign else None,
        )

    def _confirmation(self, row: Record) -> Draft | None:
        order_id, on = row["order_id"], row["posting_date"]
        if row["operation_no"] == operations_of(self._orders[order_id]["item_id"])[-1].operation_no:
            self._last_reports[order_id][row["confirmation_id"]] = row
        center = self._center_of_unit.get(row["work_unit_id"])
        if center is None:
            return None
        rates = self._rates_on(center.work_center_id, on)
        run, setup = int(row["machine_seconds"]), int(row["setup_seconds"])
        seconds = {"machine": run, "setup": setup, "variable_overhead": run, "fixed_overhead": run}
        absorbed = sum((rounded(rates[activity] * lasts / 3600) for activity, lasts in seconds.items()), Decimal(0))
        lines = (Line(WIP, absorbed), Line(OVERHEAD_ABSORBED, -absorbed, center.cost_center_id))
        item_id = self._orders[order_id]["item_id"]
        return Draft(on, row["plant_id"], lines, "activities", order_id, item_id, row["confirmation_id"])

    def _labour(self, row: Record) -> Draft | None:
        order_id, on = row["order_id"], row["work_date"]
        if order_id is None or row["activity"] not in CHARGED_ACTIVITIES:
            return None
        center = self._center_of_cost.get(row["cost_center_id"]) or self._center_of_unit[row["work_unit_id"]]
        amount = rounded(row["hours"] * self._rates_on(center.work_center_id, on)["labour"])
        lines = (Line(WIP, amount), Line(LABOUR_ABSORBED, -amount, center.cost_center_id))
        item_id = self._orders[order_id]["item_id"]
        return Draft(on, row["plant_id"], lines, "labour", order_id, item_id, row["time_id"])

    # -- what follows from the events of a night ------------------------------------------------------------------

    def _book_unreceived_output(self, night: int) -> None:
        """Take the output of completed orders into stock whose receipts nobody posted."""
        for order_id in sorted(self._touched & self._completed_on.keys()):
            order = self._orders[order_id]
            item = ITEM[order["item_id"]]
            for confirmation_id, row in self._last_reports[order_id].items():
                key = ("output", confirmation_id)
                draft = None
                if order_id not in self._has_receipt:
                    draft = self._output(row, order_id, item.item_id)
                if draft is not None:
                    self._stock[item.item_id][key] = (draft.on, Decimal(row["good_qty"]))
                    self._restocked.add(item.item_id)
                elif self._stock[item.item_id].pop(key, None) is not None:
                    self._restocked.add(item.item_id)
                self._book(night, key, draft)

    def _output(self, row: Record, order_id: str, item_id: str) -> Draft | None:
        amount = self._prices.amount(item_id, Decimal(row["good_qty"]), row["posting_date"])
        if amount is None:
            return None
        lines = (Line(STOCK_ACCOUNT[ITEM[item_id].item_type], amount), Line(WIP, -amount))
        return Draft(row["posting_date"], row["plant_id"], lines, "output", order_id, item_id, row["confirmation_id"])

    def _revalue(self, night: int) -> None:
        """Value what was in stock before the new standards at the new ones; again where that stock has changed."""
        valid_from = self._new_version_from
        first = self._log.night_on(valid_from)
        if night < first:
            return
        for item in ITEMS:
            if night > first and item.item_id not in self._restocked:
                continue
            change = self._prices.change(item.item_id)
            on_hand = sum((qty for on, qty in self._stock[item.item_id].values() if on < valid_from), Decimal(0))
            if change is None:
                continue
            amount = rounded(on_hand * change[0] / change[1])
            lines = (Line(STOCK_ACCOUNT[item.item_type], amount), Line(REVALUATION, -amount))
            source = f"REVAL-{item.plant_id}-{item.item_id}-{valid_from}"
            draft = Draft(valid_from, item.plant_id, lines, "stock revaluation", None, item.item_id, source)
            self._book(night, ("revaluation", item.item_id), draft, hour=REVALUED_AT)

    def _settle(self, night: int) -> None:
        """Settle what completed orders leave in work in process: one document per order and posting period."""
        for order_id in sorted(self._touched & self._completed_on.keys()):
            left = self.ledger.work_in_process.pop(order_id, [])
            order, completed_on = self._orders[order_id], self._completed_on[order_id]
            periods: dict[tuple[int, int], list[tuple[date, Decimal]]] = defaultdict(list)
            for on, amount in left:
                counts_on = max(on, completed_on)
                periods[counts_on.year, counts_on.month].append((counts_on, amount))
            for _, entries in sorted(periods.items()):
                balance = sum((amount for _, amount in entries), Decimal(0))
                on = max(day for day, _ in entries)
                lines = (Line(PRODUCTION_VARIANCE, balance), Line(WIP, -balance))
                draft = Draft(on, order["plant_id"], lines, "settlement", order_id, order["item_id"])
                self.ledger.post(night, draft, hour=SETTLED_AT)
            self.ledger.work_in_process.pop(order_id, None)
