"""Every charge and credit of every order, as the oracle reads them from what was delivered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from cost.fuzz.company import Company, period_of
from cost.fuzz.numbers import cents, to_places
from cost.fuzz.purchases import purchase_lines
from cost.fuzz.reference import Reference

ACTIVITIES = ("labour", "machine", "setup", "variable_overhead", "fixed_overhead")


@dataclass(frozen=True)
class Booking:
    """One charge, positive, or credit, negative, of an order, in the company's currency."""

    order: str
    dataset: str
    document: str
    kind: str
    component: str
    day: date
    booked: Fraction | None
    actual: Fraction | None
    item: str | None = None
    operation: int | None = None
    center: str | None = None
    qty: Fraction = Fraction(0)
    seconds: Fraction = Fraction(0)
    is_delivered: bool = True
    """Whether the amount was delivered; one that we value ourselves is at standard."""


class Bookings:
    """The bookings of a company by order, and what is done with them over time."""

    def __init__(self, company: Company) -> None:
        self.facts = company.facts
        self.choices = company.choices
        self.reference = Reference(self.facts)
        self.all = list(self.read())
        self.of_order: dict[str, list[Booking]] = {name: [] for name in self.reference.orders}
        for booking in self.all:
            self.of_order[booking.order].append(booking)

    def read(self) -> Iterator[Booking]:
        yield from self.materials()
        yield from self.outputs()
        yield from self.hours()
        yield from self.outside_work()

    def valued(self, row: dict[str, Any]) -> tuple[Fraction, Fraction | None]:
        """A movement's quantity in base units, and its amount: as delivered, else at standard."""
        qty = self.reference.in_base(row["item_id"], row["qty"], row["uom"])
        if row["amount"] is not None:
            return qty, Fraction(row["amount"])
        price = self.reference.price(row["plant_id"], row["item_id"], row["posting_date"])
        return qty, None if price is None else cents(qty * price)

    def materials(self) -> Iterator[Booking]:
        for row in self.facts["goods_movement"]:
            if row["order_id"] is None or row["movement_type"] not in ("issue", "return", "by_product"):
                continue
            sign = 1 if row["movement_type"] == "issue" else -1
            qty, amount = self.valued(row)
            amount = None if amount is None else sign * amount
            yield Booking(row["order_id"], "goods_movement", row["movement_id"], row["movement_type"], "material",
                          row["posting_date"], amount, amount, row["item_id"], row["operation_no"], qty=sign * qty,
                          is_delivered=row["amount"] is not None)  # fmt: skip

    def is_output(self, row: dict[str, Any]) -> bool:
        order = self.reference.orders.get(row["order_id"])
        return row["movement_type"] == "receipt" and order is not None and order["item_id"] == row["item_id"]

    def outputs(self) -> Iterator[Booking]:
        """Receipts; where there are none, what was confirmed as good at the last operation."""
        receipts = [row for row in self.facts["goods_movement"] if self.is_output(row)]
        for row in receipts:
            qty, amount = self.valued(row)
            amount = None if amount is None else -amount
            yield Booking(row["order_id"], "goods_movement", row["movement_id"], "output", "output",
                          row["posting_date"], amount, amount, row["item_id"], qty=-qty,
                          is_delivered=row["amount"] is not None)  # fmt: skip
        received = {row["order_id"] for row in receipts}
        plants = {self.reference.orders[order]["plant_id"] for order in received}
        for row in self.facts["confirmation"]:
            order = self.reference.orders[row["order_id"]]
            if row["order_id"] in received or (
                order["plant_id"] in plants and order["status"] not in ("completed", "closed")
            ):
                continue
            if self.names_operations(row["order_id"]) and row["operation_no"] != self.last_operation(row["order_id"]):
                continue
            price = self.reference.price(order["plant_id"], order["item_id"], row["posting_date"])
            qty = Fraction(row["good_qty"])
            amount = None if price is None else -cents(qty * price)
            yield Booking(row["order_id"], "confirmation", row["confirmation_id"], "output", "output",
                          row["posting_date"], amount, amount, order["item_id"], qty=-qty,
                          is_delivered=False)  # fmt: skip

    def names_operations(self, order: str) -> bool:
        """Whether any confirmation says where in the order it belongs; if none does, all of them are output."""
        return any(row["operation_no"] is not None for row in self.facts["confirmation"] if row["order_id"] == order)

    def last_operation(self, order: str) -> int | None:
        planned = [row["operation_no"] for row in self.facts["order_operation"] if row["order_id"] == order]
        confirmed = [
            row["operation_no"]
            for row in self.facts["confirmation"]
            if row["order_id"] == order and row["operation_no"] is not None
        ]
        return max(planned or confirmed, default=None)

    def hour(self, of: str, document: str, dataset: str, activity: str, kind: str, seconds: Fraction,
             operation: int | None, center: str | None, day: date) -> Booking | None:  # fmt: skip
        planned = self.reference.rate(center, activity, day)
        if planned is None:
            overheads = ("variable_overhead", "fixed_overhead")
            if activity in overheads and any(self.reference.rate(center, one, day) is not None for one in overheads):
                return None
            # A cost center without any rate of the kind: the hours have a price, and we do not know it.
            return Booking(of, dataset, document, kind, activity, day, None, None, None, operation, center,
                           seconds=seconds, is_delivered=False)  # fmt: skip
        actual = self.reference.rate(center, activity, day, "actual") if activity in ACTIVITIES[:3] else None
        return Booking(of, dataset, document, kind, activity, day, cents(seconds * planned / 3600),
                       cents(seconds * (planned if actual is None else actual) / 3600), None, operation, center,
                       seconds=seconds, is_delivered=False)  # fmt: skip

    def hours(self) -> Iterator[Booking]:
        charged = [
            row
            for row in self.facts["labour_time"]
            if row["order_id"] is not None and row["activity"] in ("direct", "setup", "rework")
        ]
        plants = {self.reference.orders[row["order_id"]]["plant_id"] for row in charged}
        timed = {row["order_id"] for row in charged}
        for row in charged:
            if not self.is_timed(row["order_id"], plants):
                continue
            center = (
                row["cost_center_id"]
                or self.reference.unit_center.get(row["work_unit_id"])
                or self.reference.planned_center.get((row["order_id"], row["operation_no"]))
            )
            kind = "rework" if row["activity"] == "rework" else "labour"
            booking = self.hour(row["order_id"], row["time_id"], "labour_time", "labour", kind,
                                Fraction(row["hours"]) * 3600, row["operation_no"], center,
                                row["work_date"])  # fmt: skip
            if booking:
                yield booking
        for row in self.facts["confirmation"]:
            center = self.reference.unit_center.get(row["work_unit_id"]) or self.reference.planned_center.get(
                (row["order_id"], row["operation_no"])
            )
            overhead = self.overhead_seconds(row)
            is_timed = self.is_timed(row["order_id"], plants)
            if is_timed and row["order_id"] not in timed and row["labour_seconds"]:
                # Somebody worked, and nobody says how long: unknown, not nothing.
                yield Booking(row["order_id"], "confirmation", row["confirmation_id"], "labour", "labour",
                              row["posting_date"], None, None, None, row["operation_no"], center,
                              seconds=Fraction(row["labour_seconds"]), is_delivered=False)  # fmt: skip
            seconds = {
                "labour": None if is_timed else row["labour_seconds"],
                "machine": row["machine_seconds"],
                "setup": row["setup_seconds"],
                "variable_overhead": overhead,
                "fixed_overhead": overhead,
            }
            for activity, taken in seconds.items():
                if taken:
                    booking = self.hour(row["order_id"], row["confirmation_id"], "confirmation", activity, activity,
                                        Fraction(taken), row["operation_no"], center, row["posting_date"])  # fmt: skip
                    if booking:
                        yield booking

    def is_timed(self, order: str, plants: set[str]) -> bool:
        """Whether the order's labour comes from labour time: as declared, else where the plant's names orders."""
        declared = self.choices.get("labour_from")
        if declared is not None:
            return declared == "labour_time"
        return self.reference.orders[order]["plant_id"] in plants

    def overhead_seconds(self, row: dict[str, Any]) -> Any:
        """The hours that overhead is charged on: the machine's, or the standard ones of what was good."""
        if self.choices["absorption_base"] == "actual_hours":
            return row["machine_seconds"]
        order = self.reference.orders[row["order_id"]]
        for step in self.reference.routing(order, row["posting_date"]):
            if step.number == row["operation_no"]:
                return to_places(Fraction(row["good_qty"]) * step.run_seconds / step.base, 3)
        return None

    def outside_work(self) -> Iterator[Booking]:
        for line in purchase_lines(self.facts, self.choices, self.reference):
            if line.order is None:
                continue
            booked = line.value if line.kind == "receipt" else line.price_part
            dataset = "purchase_receipt" if line.kind == "receipt" else "purchase_invoice"
            yield Booking(line.order, dataset, line.document, "subcontract", "subcontract", line.day, booked, booked,
                          line.item, line.operation,
                          qty=line.qty if line.kind == "receipt" else Fraction(0))  # fmt: skip

    # Over time

    def standard_date(self, order: str) -> date | None:
        """The day whose standards the order is measured by: its last output, else what was last done for it."""
        outputs = [one.day for one in self.of_order[order] if one.component == "output" and one.qty]
        return max(outputs or self.days(order), default=None)

    def days(self, order: str) -> list[date]:
        """When something was booked or reported for the order."""
        found = [
            row["posting_date"]
            for name in ("goods_movement", "confirmation", "purchase_receipt")
            for row in self.facts[name]
            if row["order_id"] == order
        ]
        return found + [
            row["work_date"]
            for row in self.facts["labour_time"]
            if row["order_id"] == order and row["activity"] in ("direct", "setup", "rework")
        ]

    def completion(self, order: str) -> date | None:
        """The day a finished order ended: as recorded, else its last booking."""
        row = self.reference.orders[order]
        if row["status"] not in ("completed", "closed", "cancelled"):
            return None
        return self.reference.ended(row) or max((one.day for one in self.of_order[order]), default=None)

    def period(self, day: date) -> str:
        return period_of(self.facts, day)[0]
