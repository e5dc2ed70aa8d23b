"""Work in process at standard: what the confirmed operations of an order should have cost, less what was put out."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from cost.fuzz.bookings import Bookings
from cost.fuzz.numbers import cents, micros, to_places

ZERO = Fraction(0)


class TargetWip:
    """One order's target by period; not known where no standard or no routing says what its work should cost."""

    def __init__(self, bookings: Bookings, order: str) -> None:
        self.changes: dict[str, Fraction] = defaultdict(Fraction)
        reference, row, day = bookings.reference, bookings.reference.orders[order], bookings.standard_date(order)
        if day is None or reference.price(row["plant_id"], row["item_id"], day) is None:
            return
        steps = reference.routing(row, day)
        if not steps:
            return
        lot = reference.lot_size(row["plant_id"], row["item_id"], day) or Fraction(row["planned_qty"])
        lines = reference.structure(row, day, steps, ZERO) or []

        def nine(value: Fraction) -> Fraction:
            return to_places(value, 9)

        costs: dict[int, tuple[Fraction, Fraction, Fraction, Fraction]] = {}
        for step in steps:
            rate = {
                activity: reference.rate(step.center, activity, day) or ZERO
                for activity in ("labour", "machine", "setup", "variable_overhead", "fixed_overhead")
            }
            hourly = rate["machine"] + rate["variable_overhead"] + rate["fixed_overhead"]
            processed = sum(
                (nine(line.per_processed * (reference.price(row["plant_id"], line.item, day) or ZERO))
                 for line in lines if line.step == step.number and not line.is_by_product), ZERO,
            )  # fmt: skip
            processed += nine(step.run_seconds * hourly / step.base / 3600)
            processed += nine(step.labour_seconds * rate["labour"] / step.base / 3600)
            processed += nine((step.outside_amount or ZERO) / step.base)
            of_lot = nine(step.setup_seconds * rate["setup"] / lot / 3600)
            of_lot += nine(step.labour_setup_seconds * rate["labour"] / lot / 3600)
            costs[step.number] = (processed, of_lot, step.entering, step.passed)
        for one in bookings.facts["confirmation"]:
            if one["order_id"] != order or one["operation_no"] not in costs:
                continue
            processed, of_lot, entering, passed = costs[one["operation_no"]]
            pieces = Fraction(one["good_qty"])
            period = bookings.period(one["posting_date"])
            self.changes[period] += micros(pieces * processed * entering / passed) + micros(pieces * of_lot / passed)
        for booking in bookings.of_order[order]:
            if booking.component == "output":
                self.changes[bookings.period(booking.day)] += booking.booked or ZERO

    def at(self, period: str) -> Fraction | None:
        """The target at the end of the period; not known before anything was confirmed or put out."""
        known = [change for of, change in self.changes.items() if of <= period]
        return cents(sum(known, ZERO)) if known else None
