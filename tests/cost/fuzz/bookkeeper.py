"""The company's bookkeeper: reads what happened, event by event, and writes the general ledger in double entry.

Perpetual standard cost, partial plan: work in process takes issues as posted and hours at planned rates, gives output
up at what it is booked at, and what is left of an order that has ended is settled. Nothing here knows of variances by
cause, so that the balance settled with an order is an independent check on the sum of its variances.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from efficiency.case import Facts, Row

from cost.fuzz.company import CURRENCY, Company, period_of, stock_role

OVERHEADS = {"machine": "machine_seconds", "setup": "setup_seconds", "variable_overhead": "machine_seconds",
             "fixed_overhead": "machine_seconds"}  # fmt: skip
ENDED = ("completed", "closed", "cancelled")


def in_cents(amount: Fraction) -> int:
    """Whole cents, a half away from zero."""
    doubled = abs(amount) * 200
    cents = (doubled.numerator // doubled.denominator + 1) // 2
    return cents if amount >= 0 else -cents


@dataclass
class Document:
    """One booking: its lines add up to nothing. Amounts in cents, debit positive."""

    number: str
    day: date
    source: str | None = None
    lines: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)

    def book(self, debit: str, credit: str, cents: int, **at: Any) -> None:
        self.line(debit, cents, **at)
        self.line(credit, -cents, **at)

    def line(self, role: str, cents: int, **at: Any) -> None:
        if cents:
            self.lines.append((role, cents, at))


class Bookkeeper:
    """Books one company's year; `settled` holds what each order was settled with, in cents by period."""

    def __init__(self, company: Company) -> None:
        self.facts: Facts = company.facts
        self.choices = company.choices
        self.documents: list[Document] = []
        self.wip: dict[str, list[tuple[date, int]]] = defaultdict(list)
        self.settled: dict[tuple[str, str], int] = {}
        self.orders = {row["order_id"]: row for row in self.facts["production_order"]}
        self.base_uom = {row["item_id"]: row["base_uom"] for row in self.facts["item"]}
        self.clocks = {row["plant_id"]: ZoneInfo(row["time_zone"]) for row in self.facts["plant"]}
        centers = {row["work_center_id"]: row["cost_center_id"] for row in self.facts["work_center"]}
        self.center_of_unit = {row["work_unit_id"]: centers[row["work_center_id"]] for row in self.facts["work_unit"]}
        self.center_of_operation = {
            (row["order_id"], row["operation_no"]): centers[row["work_center_id"]]
            for row in self.facts["order_operation"]
        }
        self.stock: dict[tuple[str, str], list[tuple[date, Fraction]]] = defaultdict(list)
        self.book_everything()

    # What things are worth

    def standard(self, plant: str, item: str, day: date) -> Fraction | None:
        """The item's standard price on a day, to the twelfth decimal; None where none or more than one is valid."""
        valid = [
            row
            for row in self.facts["standard_cost"]
            if (row["plant_id"], row["item_id"]) == (plant, item)
            and row["valid_from"] <= day
            and (row["valid_to"] is None or day < row["valid_to"])
        ]
        if len({row["version_id"] for row in valid}) != 1:
            return None
        micros = 0
        for row in valid:
            per_million = Fraction(row["amount"]) * 10**6 / Fraction(row["price_unit_qty"])
            micros += int(per_million * 10**6 + Fraction(1, 2))
        return Fraction(micros, 10**12)

    def in_base(self, item: str, qty: Any, uom: str) -> Fraction:
        """The quantity in the item's base unit, to the sixth decimal, a half away from zero."""
        factor = Fraction(1)
        if uom != self.base_uom[item]:
            found = {
                row["item_id"]: Fraction(row["numerator"], row["denominator"])
                for row in self.facts["uom_conversion"]
                if row["from_uom"] == uom and row["to_uom"] == self.base_uom[item]
            }
            factor = found.get(item, found.get(None)) or Fraction(0)
        return Fraction(in_cents(Fraction(qty) * factor * 10_000), 10**6)

    def rate(self, center: str | None, activity: str, day: date) -> Fraction | None:
        """The planned price of an hour."""
        for row in self.facts["activity_rate"]:
            if (
                (row["cost_center_id"], row["activity"], row["rate_type"]) == (center, activity, "planned")
                and row["valid_from"] <= day
                and (row["valid_to"] is None or day < row["valid_to"])
            ):
                return Fraction(row["hourly_amount"])
        return None

    def exchange(self, currency: str, day: date) -> Fraction:
        """What one unit of the currency is worth on a day."""
        if currency == CURRENCY:
            return Fraction(1)
        known = [
            (row["valid_from"], row["rate"])
            for row in self.facts["exchange_rate"]
            if row["rate_type"] == self.choices["exchange_rate_type"]
            and row["from_currency_code"] == currency
            and row["valid_from"] <= day
        ]
        return Fraction(max(known)[1])

    # The year

    def book_everything(self) -> None:
        self.movements()
        self.purchases()
        self.confirmations()
        self.labour()
        self.settlements()
        self.revaluations()
        self.month_ends()

    def open(self, number: str, day: date, source: str | None) -> Document:
        document = Document(number, day, source)
        self.documents.append(document)
        return document

    def charge(self, document: Document, order: str, against: str, cents: int, **at: Any) -> None:
        """Work in process of the order takes the amount."""
        document.line("wip", cents, order_id=order, **at)
        document.line(against, -cents, order_id=order, **at)
        self.wip[order].append((document.day, cents))

    def movements(self) -> None:
        for row in self.facts["goods_movement"]:
            item, plant, day, kind = row["item_id"], row["plant_id"], row["posting_date"], row["movement_type"]
            qty = self.in_base(item, row["qty"], row["uom"])
            if row["amount"] is not None:
                cents = in_cents(Fraction(row["amount"]))
            else:
                price = self.standard(plant, item, day)
                if price is None:
                    continue
                cents = in_cents(qty * price)
            stock, order = stock_role(self.facts, item), row["order_id"]
            document = self.open(f"MV-{row['movement_id']}", day, row["movement_id"])
            at = {"item_id": item, "plant_id": plant}
            if kind == "transfer":
                continue
            direction = -1 if kind in ("issue", "scrap") else 1
            self.stock[plant, item].append((day, direction * qty))
            if order is not None:
                self.charge(document, order, stock, -direction * cents, **at)
            else:
                document.book(stock, "scrap", direction * cents, cost_center_id=row["cost_center_id"], **at)

    def purchases(self) -> None:
        received: dict[tuple[str, str], tuple[dict[str, Any], Fraction, Fraction, int]] = {}
        by_receipt: dict[str, list[Document]] = {}
        for row in self.facts["purchase_receipt"]:
            day, item, plant = row["posting_date"], row["item_id"], row["plant_id"]
            qty = self.in_base(item, row["qty"], row["uom"])
            price = Fraction(row["price_amount"]) / Fraction(row["price_unit_qty"])
            foreign = Fraction(in_cents(Fraction(row["qty"]) * price), 100)
            value = in_cents(foreign * self.exchange(row["currency_code"], day))
            received[row["receipt_id"], row["line_no"]] = (row, qty, foreign, value)
            documents = by_receipt.setdefault(row["receipt_id"], [])
            if not documents:
                documents.append(self.open(f"GR-{row['receipt_id']}", day, row["receipt_id"]))
            [document] = documents
            at = {"item_id": item, "plant_id": plant}
            if row["order_id"] is not None:
                self.charge(document, row["order_id"], "goods_received_not_invoiced", value, **at)
                continue
            self.stock[plant, item].append((day, qty))
            standard = self.standard(plant, item, day)
            at_standard = standard is not None and self.choices["price_variance_at"] == "purchase"
            taken = in_cents(qty * standard) if standard is not None and at_standard else value
            document.line(stock_role(self.facts, item), taken, **at)
            document.line("goods_received_not_invoiced", -value, **at)
            document.line("ppv", value - taken, **at)
        for row in self.facts["purchase_invoice"]:
            self.invoice(row, received)

    def invoice(
        self, row: dict[str, Any], received: dict[tuple[str, str], tuple[dict[str, Any], Fraction, Fraction, int]]
    ) -> None:
        day = row["posting_date"]
        now = self.exchange(row["currency_code"], day)
        amount = in_cents(Fraction(row["amount"]) * now)
        document = self.open(f"IV-{row['invoice_id']}", day, row["invoice_id"])
        at = {"item_id": row["item_id"], "plant_id": row["plant_id"]}
        settled = exchanged = 0
        order = row["order_id"]
        if row["qty"] is not None:
            receipt, qty, foreign, value = received[row["receipt_id"], row["receipt_line_no"]]
            share = Fraction(row["qty"]) / qty
            settled = in_cents(Fraction(value, 100) * share)
            then = self.exchange(receipt["currency_code"], receipt["posting_date"])
            exchanged = in_cents(Fraction(in_cents(foreign * share), 100) * (now - then))
            order = order or receipt["order_id"]
        document.line("goods_received_not_invoiced", settled, **at)
        document.line("payables", -amount, **at)
        document.line("exchange_difference", exchanged, **at)
        rest = amount - settled - exchanged
        if order is None:
            # Where a price difference counts only when goods are used, stock takes it.
            document.line("ppv", rest, **at)
        else:
            document.line("wip", rest, order_id=order, **at)
            self.wip[order].append((day, rest))

    def plants_with_receipts(self) -> set[str]:
        return {
            order["plant_id"]
            for row in self.facts["goods_movement"]
            if row["movement_type"] == "receipt" and (order := self.orders.get(row["order_id"]))
            and row["item_id"] == order["item_id"]
        }  # fmt: skip

    def plants_with_labour_time(self) -> set[str]:
        """The plants whose hours are booked from time sheets."""
        if "labour_from" in self.choices:
            every = {row["plant_id"] for row in self.facts["plant"]}
            return every if self.choices["labour_from"] == "labour_time" else set()
        return {
            self.orders[row["order_id"]]["plant_id"]
            for row in self.facts["labour_time"]
            if row["order_id"] and row["activity"] in ("direct", "setup", "rework")
        }

    def confirmations(self) -> None:
        with_labour_time, with_receipts = self.plants_with_labour_time(), self.plants_with_receipts()
        received = {
            row["order_id"]
            for row in self.facts["goods_movement"]
            if row["movement_type"] == "receipt" and row["order_id"]
            and row["item_id"] == self.orders[row["order_id"]]["item_id"]
        }  # fmt: skip
        last: dict[str, int] = {}
        for row in self.facts["order_operation"]:
            last[row["order_id"]] = max(row["operation_no"], last.get(row["order_id"], 0))
        placed = {row["order_id"] for row in self.facts["confirmation"] if row["operation_no"] is not None}
        for row in self.facts["confirmation"]:
            order = self.orders[row["order_id"]]
            day, name = row["posting_date"], row["order_id"]
            center = self.center_of_unit.get(row["work_unit_id"]) or self.center_of_operation.get(
                (name, row["operation_no"])
            )
            document = self.open(f"CF-{row['confirmation_id']}", day, row["confirmation_id"])
            at = {"plant_id": order["plant_id"]}
            for activity, column in OVERHEADS.items():
                seconds = row[column]
                if activity.endswith("overhead") and self.choices["absorption_base"] == "standard_hours":
                    seconds = self.standard_seconds(row, order)
                rate = self.rate(center, activity, day)
                if seconds and rate is not None:
                    cents = in_cents(Fraction(seconds) * rate / 3600)
                    self.charge(document, name, "overhead_absorbed", cents, cost_center_id=center, **at)
            if row["labour_seconds"] and order["plant_id"] not in with_labour_time:
                rate = self.rate(center, "labour", day) or Fraction(0)
                cents = in_cents(Fraction(row["labour_seconds"]) * rate / 3600)
                self.charge(document, name, "labour_absorbed", cents, cost_center_id=center, **at)
            stands_in = name not in received and (
                order["plant_id"] not in with_receipts or order["status"] in ("completed", "closed")
            )
            is_last = row["operation_no"] == last.get(name) or name not in placed
            if stands_in and is_last and row["good_qty"]:
                price = self.standard(order["plant_id"], order["item_id"], day)
                if price is not None:
                    qty = Fraction(row["good_qty"])
                    stock = stock_role(self.facts, order["item_id"])
                    self.stock[order["plant_id"], order["item_id"]].append((day, qty))
                    self.charge(document, name, stock, -in_cents(qty * price), item_id=order["item_id"], **at)

    def standard_seconds(self, row: dict[str, Any], order: dict[str, Any]) -> Fraction | None:
        """Standard machine time of the good pieces confirmed, in milliseconds of a second."""
        versions = [
            one
            for one in self.facts["routing_operation"]
            if (one["plant_id"], one["item_id"]) == (order["plant_id"], order["item_id"])
            and order["routing_version_id"] in (None, one["version_id"])
        ]
        lowest = min((one["version_id"] for one in versions), default=None)
        for one in versions:
            if one["version_id"] == lowest and one["operation_no"] == row["operation_no"]:
                if one["run_seconds_per_unit"] is None:
                    return None
                exact = Fraction(row["good_qty"]) * Fraction(one["run_seconds_per_unit"]) / Fraction(one["base_qty"])
                return Fraction(in_cents(exact * 10), 1000)
        return None

    def labour(self) -> None:
        plants = self.plants_with_labour_time()
        for row in self.facts["labour_time"]:
            if row["order_id"] is None or row["activity"] not in ("direct", "setup", "rework"):
                continue
            if self.orders[row["order_id"]]["plant_id"] not in plants:
                continue
            center = (
                row["cost_center_id"]
                or self.center_of_unit.get(row["work_unit_id"])
                or self.center_of_operation.get((row["order_id"], row["operation_no"]))
            )
            rate = self.rate(center, "labour", row["work_date"]) or Fraction(0)
            document = self.open(f"LT-{row['time_id']}", row["work_date"], row["time_id"])
            cents = in_cents(Fraction(row["hours"]) * rate)
            plant = self.orders[row["order_id"]]["plant_id"]
            self.charge(document, row["order_id"], "labour_absorbed", cents, cost_center_id=center, plant_id=plant)

    def completion(self, order: dict[str, Any]) -> date:
        """The day the order ended by its plant's clock, else its last booking."""
        if order["actual_end_at"] is None:
            return max(day for day, _ in self.wip[order["order_id"]])
        return datetime.fromisoformat(order["actual_end_at"]).astimezone(self.clocks[order["plant_id"]]).date()

    def settlements(self) -> None:
        """What is left of an order that has ended goes to variance; later bookings follow in their own period."""
        for name, bookings in list(self.wip.items()):
            order = self.orders[name]
            if order["status"] not in ENDED:
                continue
            ended = self.completion(order)
            periods: dict[str, list[tuple[date, int]]] = defaultdict(list)
            for day, cents in bookings:
                day = max(day, ended)
                periods[period_of(self.facts, day)[0]].append((day, cents))
            for period, parts in periods.items():
                balance = sum(cents for _, cents in parts)
                self.settled[name, period] = balance
                if balance:
                    document = self.open(f"ST-{name}-{period}", max(day for day, _ in parts), None)
                    document.book("production_variance", "wip", balance, order_id=name, plant_id=order["plant_id"])

    def revaluations(self) -> None:
        """Stock on hand takes the new standard on the day it becomes valid."""
        for (plant, item), moved in self.stock.items():
            starts = {
                row["valid_from"]
                for row in self.facts["standard_cost"]
                if (row["plant_id"], row["item_id"]) == (plant, item)
            }
            for start in sorted(starts):
                before = self.standard(plant, item, start - timedelta(days=1))
                after = self.standard(plant, item, start)
                on_hand = sum((qty for day, qty in moved if day < start), Fraction(0))
                if before is None or after is None or not on_hand or before == after:
                    continue
                cents = in_cents(on_hand * (after - before))
                number = f"REVAL-{plant}-{item}-{start}"
                document = self.open(number, start, number)
                document.book(stock_role(self.facts, item), "revaluation", cents, item_id=item, plant_id=plant)

    def month_ends(self) -> None:
        for number, row in enumerate(self.facts["wages"]):
            at = {"cost_center_id": row["cost_center_id"], "plant_id": row["plant_id"]}
            document = self.open(f"PAY-{number}", row["posting_date"], None)
            document.book("labour_actual", "wages_payable", in_cents(Fraction(row["amount"])), text="wages", **at)
        for number, row in enumerate(self.facts["overhead"]):
            at = {"cost_center_id": row["cost_center_id"], "plant_id": row["plant_id"]}
            document = self.open(f"OH-{number}", row["posting_date"], None)
            document.book(row["role"], "accruals", in_cents(Fraction(row["amount"])), **at)
        for number, row in enumerate(self.facts["allocation"]):
            document = self.open(f"AL-{number}", row["posting_date"], None)
            sent = sum(row["received"].values())
            document.line("allocation", -in_cents(Fraction(sent)), cost_center_id=row["sender"],
                          plant_id=row["plant_id"])  # fmt: skip
            for center, amount in row["received"].items():
                document.line("allocation", in_cents(Fraction(amount)), cost_center_id=center,
                              plant_id=row["plant_id"])  # fmt: skip

    # The books

    def ledger(self) -> Iterator[Row]:
        """The lines as the ledger delivers them."""
        accounts = {row["role"]: row["account_id"] for row in self.facts["account"]}
        for document in self.documents:
            period = period_of(self.facts, document.day)[0]
            assert sum(cents for _, cents, _ in document.lines) == 0, document
            for number, (role, cents, at) in enumerate(document.lines, start=1):
                values = {
                    "document_id": document.number,
                    "line_no": str(number),
                    "posting_date": document.day,
                    "period_id": period,
                    "account_id": accounts[role],
                    "amount": Decimal(cents).scaleb(-2),
                    "currency_code": CURRENCY,
                    "source_document": document.source,
                }
                yield Row("ledger_posting", values | at)

    def settled_of(self, order: str) -> int:
        """All that the order was settled with, in cents."""
        return sum(cents for (name, _), cents in self.settled.items() if name == order)


def ledger_of(company: Company) -> tuple[Row, ...]:
    """The company's general ledger: its own where it has one written by hand."""
    return company.ledger if company.ledger is not None else tuple(Bookkeeper(company).ledger())
