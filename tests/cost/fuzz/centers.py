"""Cost centers and budgets as the oracle reads them: what was paid, planned and charged to orders, and the difference.

Amounts come from the ledger by the role of the account; hours from what was booked on orders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from efficiency.case import Row

from cost.fuzz.bookings import ACTIVITIES, Booking, Bookings
from cost.fuzz.numbers import cents, micros

ZERO = Fraction(0)
OVERHEADS = ("variable_overhead", "fixed_overhead")
COST_ROLES = ("labour_actual", "variable_overhead_actual", "fixed_overhead_actual", "allocation")
CENTER_ROLES = (*COST_ROLES, "labour_absorbed", "overhead_absorbed")
At = tuple[str | None, str]
"""cost center and period"""


@dataclass
class CenterPeriod:
    """What a cost center did in a period."""

    booked: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    actual: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    hours: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    standard_hours: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    at_machine_hours: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    at_standard_hours: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    ledger: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    labour_rates: set[Fraction] = field(default_factory=set)
    exact_labour: Fraction = ZERO
    budgeted_fixed: Fraction | None = None


class Centers:
    """One company's cost centers and budgets."""

    def __init__(self, bookings: Bookings, ledger: Iterable[Row]) -> None:
        self.bookings, self.facts, self.reference = bookings, bookings.facts, bookings.reference
        self.on_standard = bookings.choices["absorption_base"] == "standard_hours"
        self.roles = {row["account_id"]: row["role"] for row in self.facts["account"]}
        self.plant_of = {row["cost_center_id"]: row["plant_id"] for row in self.facts["cost_center"]}
        self.kind_of = {row["cost_center_id"]: row["kind"] for row in self.facts["cost_center"]}
        self.lines = [row.values for row in ledger]
        self.at: dict[At, CenterPeriod] = defaultdict(CenterPeriod)
        versions = {row["version_id"] for row in self.facts["budget"]}
        self.version = bookings.choices.get("budget_version") or min(versions, default=None)
        for one in bookings.all:
            if one.component in ACTIVITIES and one.center is not None:
                self.work(one)
        self.should_have_taken()
        for line in self.lines:
            role = self.roles[line["account_id"]]
            if role in CENTER_ROLES:
                held = self.at[line.get("cost_center_id"), line["period_id"]]
                held.ledger[role] += Fraction(line["amount"])
        for row in self.facts["budget"]:
            held = self.at[row["cost_center_id"], row["period_id"]]
            if row["version_id"] == self.version and self.roles[row["account_id"]] == "fixed_overhead_actual":
                held.budgeted_fixed = (held.budgeted_fixed or ZERO) + Fraction(row["amount"])
        self.paid = self.paid_hours()

    def work(self, one: Booking) -> None:
        held = self.at[one.center, self.bookings.period(one.day)]
        held.hours[one.component] += micros(one.seconds / 3600)
        held.booked[one.component] += one.booked or ZERO
        held.actual[one.component] += one.actual or ZERO
        rate = self.reference.rate(one.center, one.component, one.day)
        if one.component == "labour" and one.booked is not None and rate is not None:
            held.labour_rates.add(rate)
            held.exact_labour += micros(one.seconds * rate / 3600)
        if one.component == "machine":
            for overhead in OVERHEADS:
                hourly = self.reference.rate(one.center, overhead, one.day) or ZERO
                held.at_machine_hours[overhead] += cents(one.seconds * hourly / 3600)

    def should_have_taken(self) -> None:
        """Standard hours of what was put out in a period, at the rates of the order's standard date."""
        for order, bookings in self.bookings.of_order.items():
            day = self.bookings.standard_date(order)
            if day is None:
                continue
            good: dict[str, Fraction] = defaultdict(Fraction)
            for one in bookings:
                if one.component == "output":
                    good[self.bookings.period(one.day)] -= one.qty
            for step in self.reference.routing(self.reference.orders[order], day):
                for period, qty in good.items():
                    held = self.at[step.center, period]
                    entered = micros(qty * step.entering)
                    machine = micros(entered * step.run_seconds / step.base / 3600)
                    held.standard_hours["machine"] += machine
                    held.standard_hours["labour"] += micros(entered * step.labour_seconds / step.base / 3600)
                    for overhead in OVERHEADS:
                        hourly = self.reference.rate(step.center, overhead, day) or ZERO
                        held.at_standard_hours[overhead] += cents(machine * hourly)

    def paid_hours(self) -> dict[At, Fraction]:
        """Hours of payroll, shared among a plant's cost centers as the ledger shares its wages."""
        workers = {row["worker_id"]: row["plant_id"] for row in self.facts["worker"]}
        paid: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for row in self.facts["payroll"]:
            paid[workers[row["worker_id"]], row["period_id"]] += Fraction(row["hours"])
        found: dict[At, Fraction] = {}
        for (plant, period), hours in paid.items():
            weights = {
                center: held.ledger["labour_actual"]
                for (center, of), held in self.at.items()
                if of == period and center and self.plant_of[center] == plant and held.ledger["labour_actual"] > 0
            }
            total, units = sum(weights.values(), ZERO), hours * 10**6
            whole = {center: units * weight // total for center, weight in weights.items()}
            order = sorted(weights, key=lambda one: (whole[one] - units * weights[one] / total, one))
            for place, center in enumerate(order):
                found[center, period] = Fraction(whole[center] + (place < units - sum(whole.values())), 10**6)
        return found

    def dates(self) -> list[date]:
        """Every date that anything names."""
        named = [line["posting_date"] for line in self.lines]
        for dataset in ("goods_movement", "confirmation", "purchase_receipt", "purchase_invoice"):
            named += [row["posting_date"] for row in self.facts[dataset]]
        named += [row["work_date"] for row in self.facts["labour_time"]]
        named += [row["valid_from"] for row in self.facts["standard_cost"]]
        return named

    def labour_rate(self, center: str, period: str, held: CenterPeriod) -> Fraction | None:
        """The planned price of an hour: that of the hours worked, or on average where it changed meanwhile."""
        if len(held.labour_rates) > 1:
            hours = held.hours["labour"]
            return micros(held.exact_labour / hours) if hours else None
        if held.labour_rates:
            return next(iter(held.labour_rates))
        for day in sorted({one for one in self.dates() if self.bookings.period(one) == period}, reverse=True):
            rate = self.reference.rate(center, "labour", day)
            if rate is not None:
                return rate
        return None

    def idle_ratio(self, center: str, period: str) -> Fraction:
        for day in sorted({one for one in self.dates() if self.bookings.period(one) == period}, reverse=True):
            for row in self.facts["activity_rate"]:
                if (row["cost_center_id"], row["activity"], row["rate_type"]) == (center, "labour", "planned") and (
                    row["valid_from"] <= day and (row["valid_to"] is None or day < row["valid_to"])
                ):
                    return Fraction(row["expected_idle_ratio"] or 0)
        return ZERO

    # Leaves

    def leaves(self) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
        """(plant, cost center, period, leaf) and its amount; leaves that nobody can know are left out."""
        posted = {(self.roles[line["account_id"]], line["period_id"]) for line in self.lines}
        for (center, period), held in self.at.items():
            assert center is not None
            for leaf, amount in self.of_center(center, period, held, posted):
                if amount is not None:
                    yield (self.plant_of[center], center, period, leaf), {"amount": amount}

    def of_center(
        self, center: str, period: str, held: CenterPeriod, posted: set[tuple[str, str]]
    ) -> Iterator[tuple[str, Fraction | None]]:
        yield from self.labour_leaves(center, period, held, ("labour_actual", period) in posted)
        booked = held.booked["machine"] + held.booked["setup"]
        actual = held.actual["machine"] + held.actual["setup"]
        if booked or actual:
            yield "MCH.RATE", actual - booked
        yield "MCH.POOL", -actual
        worked, should = (
            (held.at_machine_hours, held.booked) if self.on_standard else (held.booked, held.at_standard_hours)
        )
        voh_worked, foh_worked = worked["variable_overhead"], worked["fixed_overhead"]
        voh_should, foh_should = should["variable_overhead"], should["fixed_overhead"]
        yield "VOH.EFF", voh_worked - voh_should
        yield "FOH.EFF", foh_worked - foh_should
        budget, allocated = held.budgeted_fixed, held.ledger["allocation"]
        is_production = self.kind_of[center] == "production"
        if budget is not None:
            if is_production:
                yield "FOH.VOL", budget - foh_should
            yield "FOH.CAP" if is_production else "FOH.UNCHARGED", budget - foh_worked
        if not any((role, period) in posted for role in COST_ROLES[1:3]):
            return
        spent = held.ledger["fixed_overhead_actual"]
        yield "VOH.SPEND", held.ledger["variable_overhead_actual"] - voh_worked
        if budget is not None:
            yield "FOH.SPEND", spent - budget
            yield "FOH.ALLOC", allocated
        else:
            yield "FOH.UNSPLIT", spent + allocated - foh_worked
        yield "OH.LEDGER", held.ledger["overhead_absorbed"] + booked + sum(held.booked[one] for one in OVERHEADS)

    def labour_leaves(
        self, center: str, period: str, held: CenterPeriod, has_wages: bool
    ) -> Iterator[tuple[str, Fraction | None]]:
        if not has_wages:
            return
        paid, hours = held.ledger["labour_actual"], self.paid.get((center, period))
        rate = self.labour_rate(center, period, held)
        if hours is None or rate is None:
            yield "LAB.UNSPLIT", paid - held.booked["labour"]
        else:
            planned = cents(hours * micros(rate * (1 - self.idle_ratio(center, period))))
            yield "LAB.RATE", paid - planned
            yield "LAB.IDLE", planned - held.booked["labour"]
        yield "LAB.LEDGER", held.ledger["labour_absorbed"] + held.booked["labour"]

    # Budgets

    def walk(self) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
        """(plant, cost center, account, period, version) from static to actual; years are all one here."""
        orders = self.reference.orders
        actual: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
        for line in self.lines:
            center, order = line.get("cost_center_id"), line.get("order_id")
            plant = self.plant_of[center] if center else line.get("plant_id") or (
                orders[order]["plant_id"] if order else None
            )  # fmt: skip
            actual[plant, center, line["account_id"], line["period_id"]] += Fraction(line["amount"])
        last = max((line["period_id"] for line in self.lines), default="")
        versions = {row["version_id"] for row in self.facts["budget"]} or {None}
        planned = {
            (self.plant_of[row["cost_center_id"]], row["cost_center_id"], row["account_id"], row["period_id"],
             row["version_id"]): row for row in self.facts["budget"]
        }  # fmt: skip
        used = {driver: any(held.hours[driver] for held in self.at.values())
                and any(held.standard_hours[driver] for held in self.at.values())
                for driver in ("machine", "labour")}  # fmt: skip
        for key in {*planned, *((*at, version) for at in actual for version in versions)}:
            plant, center, account, period, version = key
            row, is_posted = planned.get(key), period <= last
            spent = actual.get(key[:4], ZERO) if is_posted else None
            static: Fraction | None = Fraction(row["amount"]) if row else ZERO if version else None
            flexed = at_driver = static
            is_variable = row is not None and row["behaviour"] == "variable"
            if is_variable and row is not None and static is not None:
                driver, held = row["driver"].removesuffix("_hours"), self.at[center, period]
                known = used[driver]
                flexed = self.scaled(static, held.standard_hours[driver], row, is_posted) if known else None
                at_driver = self.scaled(static, held.hours[driver], row, is_posted) if known else None
            yield (
                key,
                self.steps(static, flexed, at_driver, spent, is_variable and self.roles[account] == "labour_actual"),
            )

    @staticmethod
    def scaled(static: Fraction, qty: Fraction, row: dict[str, Any], is_posted: bool) -> Fraction | None:
        return cents(static * qty / Fraction(row["driver_qty"])) if is_posted or qty else None

    @staticmethod
    def steps(static: Fraction | None, flexed: Fraction | None, at_driver: Fraction | None, actual: Fraction | None,
              is_priced: bool) -> dict[str, Any]:  # fmt: skip
        """Static → flexed to the output → at the activity that was used → actual."""
        values: dict[str, Any] = {"static_amount": static, "flexed_amount": flexed, "actual_amount": actual}
        steps = ("activity", "efficiency", "rate", "spending", "undivided")
        values |= {f"{step}_variance_amount": None for step in steps}
        if actual is None or static is None:
            return values
        if flexed is None or at_driver is None:
            return values | {"undivided_variance_amount": actual - static}
        price = actual - at_driver
        parts = (flexed - static, at_driver - flexed, price if is_priced else ZERO, ZERO if is_priced else price, ZERO)
        return values | {f"{step}_variance_amount": part for step, part in zip(steps, parts, strict=True)}
