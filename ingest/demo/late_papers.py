"""Papers of a month that come when its books are closed: invoices, forgotten issues and scrap, a reversal.

Some arrive within the simulated nights. A few more are kept aside, with their ledger documents, for whoever wants to
see a closed month restated by putting them into the inbox.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from ingest.demo.accounts import PAYABLES, PRICE_VARIANCE, PRODUCTION_VARIANCE, SCRAP, STOCK_ACCOUNT, WIP
from ingest.demo.clock import DAY, HOUR, WallClock
from ingest.demo.costs import PriceList
from ingest.demo.disturbances import Disturbance
from ingest.demo.event_log import EventLog, Row
from ingest.demo.plant_layout import COMPANY_ID, CURRENCY
from ingest.demo.products import ITEM, components_of
from ingest.demo.tables import COLUMNS

LATE_AFTER_DAYS = 6
"""Days from a month's end until its late papers come; the books of the month were closed two days before."""
LATE_INVOICES = 2

Record = dict[str, Any]


class LatePapers:
    """Delays and adds papers of each month whose end is followed by enough nights."""

    def __init__(self, log: EventLog, clocks: dict[str, WallClock], prices: PriceList, seed: str) -> None:
        self._log = log
        self._clocks = clocks
        self._prices = prices
        self._random = Random(f"{seed}/late papers")
        self._movements = 0
        self.done: list[Disturbance] = []

    def record(self) -> None:
        """Record what comes late within the simulated nights."""
        for month_end in self._month_ends():
            night = self._log.night_on(month_end) + LATE_AFTER_DAYS
            self._delay_invoices(month_end, night)
            order = self._completed_order(month_end)
            if order is not None:
                self._add(night + 1, self._forgotten_issue(order, night + 1))
            self._add(night + 1, self._forgotten_scrap(month_end, night + 1))
            self._reverse_an_issue(month_end, night + 2)

    def _month_ends(self) -> Iterator[date]:
        month = self._log.first_date.replace(day=1)
        while True:
            month = (month + timedelta(days=32)).replace(day=1)
            month_end = month - timedelta(days=1)
            if self._log.night_on(month_end) + LATE_AFTER_DAYS + 3 >= self._log.days:
                return
            yield month_end

    def _rows(self, dataset: str) -> Iterator[tuple[int, int, Record]]:
        """Yield position, night and values of each row."""
        columns = COLUMNS[dataset]
        for index, (night, row) in enumerate(self._log.rows[dataset]):
            yield index, night, dict(zip(columns, row, strict=True))

    # -- within the simulated nights ------------------------------------------------------------------------------

    def _delay_invoices(self, month_end: date, night: int) -> None:
        """Deliver some invoices of the month's last days, for stock and outside work, after its books are closed."""
        last = self._log.night_on(month_end)
        for is_outside in (False, True):
            waiting = [
                (index, row["invoice_id"])
                for index, at, row in self._rows("purchase_invoice")
                if at <= last
                and month_end - timedelta(days=9) <= row["posting_date"] <= month_end
                and (row["order_id"] is not None) == is_outside
            ]
            delayed = self._random.sample(waiting, min(LATE_INVOICES, len(waiting)))
            for number, (index, invoice_id) in enumerate(delayed):
                _, row = self._log.rows["purchase_invoice"][index]
                self._log.rows["purchase_invoice"][index] = (night + number, row)
                self.done.append(Disturbance(night + number, "purchase_invoice", (invoice_id, 10), "late"))

    def _completed_order(self, month_end: date) -> Record | None:
        """Return an order with standard cost that was completed in the month."""
        completed = [
            row
            for _, _, row in self._rows("production_order")
            if row["status"] == "completed"
            and row["order_type"] == "standard"
            and self._clocks[row["plant_id"]].date_of(row["actual_end_at"]).replace(day=1) == month_end.replace(day=1)
            and self._clocks[row["plant_id"]].date_of(row["actual_end_at"]) <= month_end
        ]
        return self._random.choice(completed) if completed else None

    def _forgotten_issue(self, order: Record, night: int) -> Record:
        on = self._clocks[order["plant_id"]].date_of(order["actual_end_at"])
        component = ITEM[components_of(order["item_id"])[0].component_id]
        quantity = Decimal(self._random.randrange(2, 9))
        return self._movement("issue", component.item_id, quantity, on, night, order_id=order["order_id"])

    def _forgotten_scrap(self, month_end: date, night: int) -> Record:
        on = max(month_end - timedelta(days=2), self._log.first_date)
        quantity = Decimal(self._random.randrange(10, 40))
        return self._movement("scrap", "BAR-ST", quantity, on, night, cost_center_id="CC-ADMIN")

    def _movement(self, kind: str, item_id: str, quantity: Decimal, on: date, night: int, **more: object) -> Record:
        item = ITEM[item_id]
        self._movements += 1
        return {
            "movement_id": f"GM9{self._movements:05d}",
            "movement_type": kind,
            "plant_id": item.plant_id,
            "item_id": item_id,
            "qty": quantity,
            "uom": item.base_uom,
            "amount": self._prices.amount(item_id, quantity, on),
            "currency_code": CURRENCY,
            "posting_date": on,
            "entered_at": self._log.begin + night * DAY + 9 * HOUR,
            **more,
        }

    def _add(self, night: int, movement: Record) -> None:
        self._log.add("goods_movement", night, **movement)
        self.done.append(Disturbance(night, "goods_movement", (movement["movement_id"],), "late"))

    def _reverse_an_issue(self, month_end: date, night: int) -> None:
        """Take an issue of the month back in the month itself, though its books are closed."""
        first = month_end.replace(day=1)
        rows = [(at, row) for _, at, row in self._rows("goods_movement")]
        times: dict[str, int] = {}
        for _, row in rows:
            for movement_id in (row["movement_id"], row["reversal_of"]):
                times[movement_id] = times.get(movement_id, 0) + 1
        chosen = [
            row
            for at, row in rows
            if row["movement_type"] == "issue"
            and first <= row["posting_date"] <= month_end
            and at <= self._log.night_on(month_end)
            and row["operation_no"] is None
            and row["amount"] is not None
            and row["reversal_of"] is None
            and times[row["movement_id"]] == 1
            and "-" not in row["movement_id"]
            and not row["movement_id"].startswith("GM9")
        ]
        if not chosen:
            return
        row = self._random.choice(chosen)
        back = {
            **row,
            "movement_id": f"{row['movement_id']}-R",
            "qty": -row["qty"],
            "amount": -row["amount"],
            "entered_at": self._log.begin + night * DAY + 9 * HOUR,
            "reversal_of": row["movement_id"],
        }
        self._log.add("goods_movement", night, **back)
        self.done.append(Disturbance(night, "goods_movement", (row["movement_id"],), "reversed"))

    # -- kept aside -----------------------------------------------------------------------------------------------

    def kept_aside(self) -> dict[str, list[Row]]:
        """Return rows of the first month that come the night after the last: a freight charge, a forgotten issue.

        Each with its ledger documents; the issue is settled as well. Where no order was completed in that month,
        scrap takes the place of the issue.
        """
        log = self._log
        night = log.days
        last_day = log.first_date + timedelta(days=log.days - 1)
        month_end = (log.first_date.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        month_end = min(month_end, last_day)
        found: dict[str, list[Row]] = {"goods_movement": [], "purchase_invoice": [], "ledger_posting": []}

        def add(dataset: str, values: Record) -> None:
            found[dataset].append(tuple(values.get(column) for column in COLUMNS[dataset]))

        def post(number: int, on: date, lines: tuple[tuple[str, Decimal], ...], **named: object) -> None:
            for line_no, (account_id, amount) in enumerate(lines, start=1):
                add(
                    "ledger_posting",
                    {
                        "document_id": f"FL{number:06d}",
                        "line_no": line_no,
                        "company_id": COMPANY_ID,
                        "account_id": account_id,
                        "posting_date": on,
                        "period_id": f"{on:%Y-%m}",
                        "entered_at": log.begin + night * DAY + 22 * HOUR,
                        "amount": amount,
                        "currency_code": CURRENCY,
                        **named,
                    },
                )

        order = self._completed_order(month_end)
        movement = (
            self._forgotten_issue(order, night)
            if order is not None
            else {**self._forgotten_scrap(month_end, night), "cost_center_id": None}
        )
        add("goods_movement", movement)
        amount, item = movement["amount"], ITEM[movement["item_id"]]
        named = {"plant_id": item.plant_id, "order_id": movement.get("order_id"), "item_id": item.item_id}
        other = WIP if order is not None else SCRAP
        lines = ((other, amount), (STOCK_ACCOUNT[item.item_type], -amount))
        source = movement["movement_id"]
        post(1, movement["posting_date"], lines, source_document=source, text=movement["movement_type"], **named)
        if order is not None:
            settled = ((PRODUCTION_VARIANCE, amount), (WIP, -amount))
            post(2, movement["posting_date"], settled, text="settlement", **{**named, "item_id": order["item_id"]})
        receipt = next(
            (
                row
                for _, _, row in self._rows("purchase_receipt")
                if row["order_id"] is None and row["currency_code"] == CURRENCY and row["posting_date"] <= month_end
            ),
            None,
        )
        if receipt is not None:
            freight = Decimal(self._random.randrange(12_000, 24_000)) / 100
            common = {"plant_id": receipt["plant_id"], "item_id": receipt["item_id"]}
            invoice = {
                "invoice_id": "PF00001",
                "line_no": 10,
                "receipt_id": receipt["receipt_id"],
                "receipt_line_no": 10,
                "amount": freight,
                "currency_code": CURRENCY,
                "posting_date": month_end,
                **common,
            }
            add("purchase_invoice", invoice)
            lines = ((PRICE_VARIANCE, freight), (PAYABLES, -freight))
            post(3, month_end, lines, source_document="PF00001", text="purchase invoice", **common)
        return found
