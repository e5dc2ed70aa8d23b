"""The truth about what was booked on each order: what work in process was charged with and credited for.

Hours are booked at planned rates, record by record to the cent; what they did cost is told by the month's actual rate
once it is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ingest.demo.exact import round_half_away
from ingest.demo.truth_basis import Basis, cents
from ingest.demo.truth_purchases import PurchaseLine
from ingest.demo.truth_states import Record

MATERIAL_SIGN = {"issue": 1, "return": -1, "by_product": -1}
CHARGED_ACTIVITIES = ("direct", "setup", "rework")
OVERHEADS = ("variable_overhead", "fixed_overhead")
FINISHED = ("completed", "closed", "cancelled")
OUTPUT_TAKEN_WITHOUT_RECEIPT = ("completed", "closed")


@dataclass(frozen=True, slots=True)
class Booking:
    """One charge of an order, debit positive; `booked` and `actual` are None where no price or rate is known."""

    kind: str
    component: str
    document_id: str
    on: date
    booked: Decimal | None
    actual: Decimal | None
    item_id: str | None = None
    operation_no: str | None = None
    cost_center_id: str | None = None
    qty: Decimal = Decimal(0)
    seconds: Decimal = Decimal(0)
    exact: Decimal = Decimal(0)
    """Hours at the planned rate, to a millionth."""


@dataclass(frozen=True, slots=True)
class Output:
    """One credit of an order: good pieces at what they were booked at, None where no price is known."""

    document_id: str
    on: date
    qty: Decimal
    booked: Decimal | None


@dataclass
class OrderBooks:
    """Everything booked on one order."""

    order: Record
    charges: list[Booking] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    scrap: dict[str | None, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """Confirmed scrap by operation."""
    good: Decimal = Decimal(0)
    scrapped: Decimal = Decimal(0)
    reworked: Decimal = Decimal(0)
    dates: list[date] = field(default_factory=list)
    """Of every paper that names the order."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing more is to be made."""
        return self.order["status"] in FINISHED

    def booked_on(self) -> set[date]:
        """Return the dates of all charges and credits."""
        return {charge.on for charge in self.charges} | {output.on for output in self.outputs}

    @property
    def standard_date(self) -> date | None:
        """The day whose standards it is measured by: of its last good output, else of its last paper."""
        delivered = [output.on for output in self.outputs if output.qty]
        return max(delivered or self.dates, default=None)


def at_rate(seconds: Decimal, rate: Decimal, places: int) -> Decimal:
    """Return seconds at an hourly rate, rounded once."""
    numerator = abs(int(seconds * 1_000_000)) * int(rate * 10_000) * 10**places
    denominator = 3600 * 1_000_000 * 10_000
    value = (2 * numerator + denominator) // (2 * denominator)
    return Decimal(-value if seconds < 0 else value).scaleb(-places)


class Bookings:
    """The books of every order, as they stand after a night."""

    def __init__(self, basis: Basis, purchases: list[PurchaseLine]) -> None:
        self._basis = basis
        self.of_order = {order_id: OrderBooks(order) for order_id, order in basis.orders.items()}
        self._receipts: dict[str, list[Output]] = defaultdict(list)
        self._take_movements()
        self._take_purchases(purchases)
        self._plants_with_labour: set[str] = set()
        self._orders_with_labour: set[str] = set()
        self._take_labour()
        reports = self._take_confirmations()
        self._take_output(reports)

    def _books(self, record: Record) -> OrderBooks | None:
        return self.of_order.get(record["order_id"]) if record["order_id"] is not None else None

    def _take_movements(self) -> None:
        basis = self._basis
        for record in basis.rows("goods_movement"):
            books = self._books(record)
            if books is None:
                continue
            on, item_id, kind = record["posting_date"], record["item_id"], record["movement_type"]
            books.dates.append(on)
            is_output = kind == "receipt" and item_id == books.order["item_id"]
            if not is_output and kind not in MATERIAL_SIGN:
                continue
            qty = basis.base_qty(record)
            amount = record["amount"]
            if amount is None:
                price = basis.price(item_id, record["plant_id"], on)
                amount = None if price is None else cents(qty * price)
            plain_qty = round_half_away(qty, 6)
            if is_output:
                self._receipts[record["order_id"]].append(Output(record["movement_id"], on, plain_qty, amount))
                continue
            sign = MATERIAL_SIGN[kind]
            booked = None if amount is None else sign * amount
            booking = Booking(
                kind,
                "material",
                record["movement_id"],
                on,
                booked,
                booked,
                item_id,
                record["operation_no"],
                qty=sign * plain_qty,
            )
            books.charges.append(booking)

    def _take_purchases(self, purchases: list[PurchaseLine]) -> None:
        for line in purchases:
            books = self.of_order.get(line.order_id or "")
            if books is None:
                continue
            if line.line_kind == "receipt":
                books.dates.append(line.posting_date)
            qty = line.qty if line.line_kind == "receipt" else Decimal(0)
            amount = line.order_amount
            booking = Booking(
                "subcontract",
                "subcontract",
                line.document_id,
                line.posting_date,
                amount,
                amount,
                line.item_id,
                line.operation_no,
                qty=qty,
            )
            books.charges.append(booking)

    def _take_labour(self) -> None:
        """Charge labour records, and learn which plants and orders have any."""
        for record in self._basis.rows("labour_time"):
            books = self._books(record)
            if books is None or record["activity"] not in CHARGED_ACTIVITIES:
                continue
            self._plants_with_labour.add(books.order["plant_id"])
            self._orders_with_labour.add(record["order_id"])
            books.dates.append(record["work_date"])
            kind = "rework" if record["activity"] == "rework" else "labour"
            seconds = Decimal(record["hours"]) * 3600
            self._charge(books, kind, "labour", record["time_id"], record, record["work_date"], seconds)

    def _take_confirmations(self) -> dict[str, list[Record]]:
        """Charge machine time, set-up, overheads and, in plants that keep no labour records, labour.

        In the others the labour of an order without a record is unknown where its confirmations tell of any. Return the
        confirmations by order.
        """
        reports: dict[str, list[Record]] = defaultdict(list)
        for record in self._basis.rows("confirmation"):
            books = self._books(record)
            if books is None:
                continue
            reports[record["order_id"]].append(record)
            on = record["posting_date"]
            books.dates.append(on)
            books.scrap[record["operation_no"]] += Decimal(record["scrap_qty"])
            books.scrapped += Decimal(record["scrap_qty"])
            books.reworked += Decimal(record["rework_qty"] or 0)
            seconds = {
                "machine": record["machine_seconds"],
                "setup": record["setup_seconds"],
                "variable_overhead": record["machine_seconds"],
                "fixed_overhead": record["machine_seconds"],
            }
            if books.order["plant_id"] not in self._plants_with_labour:
                seconds["labour"] = record["labour_seconds"]
            elif record["labour_seconds"] and record["order_id"] not in self._orders_with_labour:
                unknown = Booking("labour", "labour", record["confirmation_id"], on, None, None)
                books.charges.append(unknown)
            center = self._basis.cost_center(record)
            overhead_known = any(self._basis.rate(center, overhead, on) is not None for overhead in OVERHEADS)
            for activity, lasted in seconds.items():
                is_missing = activity in OVERHEADS and self._basis.rate(center, activity, on) is None
                if lasted and not (is_missing and overhead_known):
                    self._charge(books, activity, activity, record["confirmation_id"], record, on, Decimal(lasted))
        return reports

    def _charge(
        self,
        books: OrderBooks,
        kind: str,
        activity: str,
        document_id: str,
        record: Record,
        on: date,
        seconds: Decimal,
    ) -> None:
        center = self._basis.cost_center(record)
        planned = self._basis.rate(center, activity, on)
        actual = None if activity in OVERHEADS else self._basis.rate(center, activity, on, "actual")
        actual = planned if actual is None else actual
        booking = Booking(
            kind,
            activity,
            document_id,
            on,
            None if planned is None else at_rate(seconds, planned, 2),
            None if actual is None else at_rate(seconds, actual, 2),
            None,
            record["operation_no"],
            center,
            seconds=seconds,
            exact=Decimal(0) if planned is None else at_rate(seconds, planned, 6),
        )
        books.charges.append(booking)

    def _take_output(self, reports: dict[str, list[Record]]) -> None:
        """Credit receipts; reports of the last operation stand in where there are none to come."""
        delivering = {self.of_order[order_id].order["plant_id"] for order_id in self._receipts}
        for order_id, books in self.of_order.items():
            order = books.order
            if order_id in self._receipts:
                books.outputs = self._receipts[order_id]
            elif order["plant_id"] not in delivering or order["status"] in OUTPUT_TAKEN_WITHOUT_RECEIPT:
                books.outputs = list(self._reported(order, reports[order_id]))
            books.good = sum((output.qty for output in books.outputs), Decimal(0))

    def _reported(self, order: Record, reports: list[Record]) -> Iterator[Output]:
        last = self._basis.last_planned_operation.get(order["order_id"])
        if last is None:
            last = max((int(r["operation_no"]) for r in reports if r["operation_no"] is not None), default=None)
        for record in reports:
            if record["operation_no"] is not None and int(record["operation_no"]) == last:
                on, good = record["posting_date"], Decimal(record["good_qty"])
                price = self._basis.price(order["item_id"], order["plant_id"], on)
                booked = None if price is None else cents(Fraction(good) * price)
                yield Output(record["confirmation_id"], on, good, booked)
