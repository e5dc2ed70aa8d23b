"""The variances of an order by cause, as the oracle works them out: every leaf, exact to the millionth and in cents.

Each leaf is a sum of parts that are rounded to a millionth one by one. What the parts of a cost component add up to is
what the order was charged with in it less the standard of what it delivered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from cost.fuzz.bookings import ACTIVITIES, Booking, Bookings
from cost.fuzz.numbers import cents, in_whole_cents, micros, to_places
from cost.fuzz.reference import COMPONENTS, Line, Step

ZERO = Fraction(0)
RATE_LEAVES = {"labour": ("LAB.RATE", "labour_absorbed"), "machine": ("MCH.RATE", "overhead_absorbed"),
               "setup": ("MCH.RATE", "overhead_absorbed")}  # fmt: skip
EFFICIENCY = {"labour": "LAB.EFF", "machine": "MCH.EFF", "setup": "MCH.EFF", "variable_overhead": "VOH.EFF",
              "fixed_overhead": "FOH.EFF"}  # fmt: skip
HALF_CENT = Fraction(5, 1000)

LeafKey = tuple[str, str | None, int | None]
"""leaf code, component item, operation"""


@dataclass(frozen=True)
class OrderVariance:
    """An order's figures by cost component: actual, booked, standard in cents, and its leaves."""

    actual: dict[str, Fraction]
    booked: dict[str, Fraction]
    standard: dict[str, Fraction]
    exact: dict[str, dict[LeafKey, Fraction]]
    """cost component → leaf → amount to the millionth"""
    unvalued: int

    def in_cents(self) -> dict[str, dict[LeafKey, Fraction]]:
        """The leaves as published: cents that add up to actual − standard, component by component."""
        return {
            component: in_whole_cents(parts, self.total(component))  # type: ignore[arg-type]
            for component, parts in self.exact.items()
        }

    def total(self, component: str) -> Fraction:
        return self.actual[component] - self.standard[component]

    @property
    def on_production_variance(self) -> Fraction:
        """What of the published leaves the account of production variances takes."""
        rates = {leaf for leaf, _ in RATE_LEAVES.values()}
        return sum(
            (amount for leaves in self.in_cents().values() for (leaf, *_), amount in leaves.items()
             if leaf not in rates), ZERO,
        )  # fmt: skip


class OrderLeaves:
    """The leaves of one finished order."""

    def __init__(self, bookings: Bookings, order: str) -> None:
        self.reference, self.choices = bookings.reference, bookings.choices
        self.order = self.reference.orders[order]
        self.plant, self.item = self.order["plant_id"], self.order["item_id"]
        self.all = bookings.of_order[order]
        self.known = [one for one in self.all if one.booked is not None]
        self.confirmed = [row for row in bookings.facts["confirmation"] if row["order_id"] == order]
        self.leaves: dict[str, dict[LeafKey, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        day = bookings.standard_date(order)
        assert day is not None
        self.day = day
        self.outputs = [one for one in self.all if one.component == "output"]
        self.good = sum((-one.qty for one in self.outputs), ZERO)
        self.steps = self.reference.routing(self.order, day)
        self.lines = self.reference.structure(self.order, day, self.steps, self.good)
        self.standard = self.reference.standard(self.plant, self.item, day)
        self.target: dict[str, Fraction] = dict.fromkeys(COMPONENTS, ZERO)

    def add(
        self, component: str, leaf: str, amount: Fraction, item: str | None = None, step: int | None = None
    ) -> None:
        self.leaves[component][leaf, item, step] += amount

    def of(self, component: str) -> list[Booking]:
        return [one for one in self.known if one.component == component]

    def rate(self, center: str | None, activity: str) -> Fraction:
        return self.reference.rate(center, activity, self.day) or ZERO

    def price(self, item: str) -> Fraction | None:
        return self.reference.price(self.plant, item, self.day)

    # What the output should have cost

    def line_standards(self) -> list[tuple[Booking, dict[str, Fraction] | None]]:
        return [(one, self.reference.standard(self.plant, self.item, one.day)) for one in self.outputs]

    def variance(self) -> OrderVariance:
        """Work everything out."""
        lines = self.line_standards()
        is_rework = self.order["order_type"] == "rework"
        has_standard = (is_rework or self.standard is not None) and all(
            found is not None for one, found in lines if one.qty
        )
        actual = {c: sum((one.actual or ZERO for one in self.of(c)), ZERO) for c in COMPONENTS}
        booked = {c: sum((one.booked or ZERO for one in self.of(c)), ZERO) for c in COMPONENTS}
        standard = dict.fromkeys(COMPONENTS, ZERO)
        if has_standard:
            standard = {
                c: sum((cents(-one.qty * found[c]) for one, found in lines if found is not None), ZERO)
                for c in COMPONENTS
            }
        credit = -sum((one.booked or ZERO for one in self.of("output")), ZERO)
        actual["output"] = booked["output"] = -credit
        standard["output"] = -sum(standard.values(), ZERO)
        for component, (leaf, _) in RATE_LEAVES.items():
            for one in self.of(component):
                self.add(component, leaf, one.actual - one.booked, None, one.operation)  # type: ignore[operator]
        if not has_standard:
            for component in (*COMPONENTS, "output"):
                self.add(component, "STD.NONE", booked[component])
        elif is_rework:
            for component in COMPONENTS:
                self.add(component, "REWORK", booked[component] - standard[component])
            self.output_price(standard["output"], booked["output"])
        else:
            self.by_cause(lines, standard)
            self.output_price(standard["output"], booked["output"])
        exact = {
            component: {key: amount for key, amount in parts.items() if amount}
            for component, parts in self.leaves.items()
        }
        figures = OrderVariance(actual, booked, standard, exact, len(self.all) - len(self.known))
        for component, parts in exact.items():
            assert sum(parts.values(), ZERO) == figures.total(component), (self.order, component)
        return figures

    def output_price(self, standard: Fraction, booked: Fraction) -> None:
        """What the output was booked at beside its standard; within rounding it is no price."""
        difference = booked - standard
        components = sum(1 for amount in (self.standard or {}).values() if amount)
        is_rounding = abs(difference) <= HALF_CENT * len(self.outputs) * (components + 1)
        self.add("output", "ROUND" if is_rounding else "OUT.PRICE", difference)

    def by_cause(self, lines: list[tuple[Booking, dict[str, Fraction] | None]], standard: dict[str, Fraction]) -> None:
        assert self.standard is not None
        abnormal = self.abnormal_scrap()
        self.material(abnormal)
        for activity in ACTIVITIES:
            self.hours(activity, abnormal)
        self.outside(abnormal)
        for component in COMPONENTS:
            at_last = micros(self.good * self.standard[component])
            line_by_line = sum((micros(-one.qty * found[component]) for one, found in lines if found), ZERO)
            self.add(component, "OUT.MIXED", self.target[component] - at_last)
            self.add(component, "STD.REVAL", at_last - line_by_line)
            self.add(component, "ROUND", line_by_line - standard[component])

    # Scrap

    def abnormal_scrap(self) -> dict[int, Fraction]:
        """Pieces scrapped at each operation beyond those that are planned to be."""
        if not self.steps:
            return {}
        numbers = [step.number for step in self.steps]
        scrapped = dict.fromkeys(numbers, ZERO)
        for row in self.confirmed:
            at = row["operation_no"] if row["operation_no"] in scrapped else numbers[-1]
            scrapped[at] += Fraction(row["scrap_qty"])
        return {
            step.number: scrapped[step.number] - micros(self.good * (step.entering - step.passed))
            for step in self.steps
        }

    def reached(self, abnormal: dict[int, Fraction]) -> Iterable[tuple[int, Step, Fraction]]:
        """Operation of the scrap, an operation up to it, and the pieces that this one worked for the scrap."""
        for late in self.steps:
            for early in self.steps:
                if early.number <= late.number:
                    yield late.number, early, micros(abnormal[late.number] * early.entering / late.entering)

    # Material

    def material(self, abnormal: dict[int, Fraction]) -> None:
        booked = self.of("material")
        components = [one for one in booked if one.kind != "by_product"]
        by_products = [one for one in booked if one.kind == "by_product"]
        used: dict[str, Fraction] = {}
        for item in sorted({one.item for one in components if one.item}):
            used[item] = self.price_and_revaluation(item, [one for one in components if one.item == item], 1)
        credited: dict[str, Fraction] = {}
        for item in sorted({one.item for one in by_products if one.item}):
            credited[item] = self.price_and_revaluation(item, [one for one in by_products if one.item == item], -1)
        if self.lines is None:
            assert self.standard is not None
            self.target["material"] = micros(self.good * self.standard["material"])
            self.add("material", "MAT.USAGE", sum(used.values(), ZERO) - self.target["material"])
            for item, amount in credited.items():
                self.add("material", "BYP", -amount, item)
            return
        scrap = self.material_scrap(abnormal)
        planned: dict[str, list[Line]] = defaultdict(list)
        beside: dict[str, list[Line]] = defaultdict(list)
        for line in self.lines:
            (beside if line.is_by_product else planned)[line.item].append(line)
        standard = {item: self.at_standard(lines) for item, lines in planned.items()}
        self.target["material"] = sum(standard.values(), ZERO)
        substituted = any(item not in planned for item in used)
        groups = self.mix_groups(planned)
        quantity = self.quantities(components)
        for item in sorted({*used, *planned}):
            actual, should, lost = used.get(item, ZERO), standard.get(item, ZERO), scrap.get(item, ZERO)
            if item not in planned or (substituted and item not in used):
                self.add("material", "MAT.SUBST", actual - should - lost, item)
            elif item in groups:
                self.mix(item, groups[item], quantity, actual, should, lost)
            else:
                self.add("material", "MAT.USAGE", actual - should - lost, item)
        for item in sorted({*credited, *beside}):
            should = self.at_standard(beside[item])
            self.target["material"] -= should
            self.add("material", "BYP", should - credited.get(item, ZERO), item)

    def at_standard(self, lines: list[Line]) -> Fraction:
        return sum((micros(line.standard_qty * (self.price(line.item) or ZERO)) for line in lines), ZERO)

    @staticmethod
    def quantities(bookings: list[Booking]) -> dict[str, Fraction]:
        found: dict[str, Fraction] = defaultdict(Fraction)
        for one in bookings:
            found[one.item or ""] += one.qty
        return found

    def price_and_revaluation(self, item: str, bookings: list[Booking], sign: int) -> Fraction:
        """Add the item's price and revaluation leaves; return its quantity at the order's standard.

        `sign` is −1 for what is credited: its quantity then counts positive.
        """
        booked = sum((one.booked or ZERO for one in bookings), ZERO)
        at_the_time = ZERO
        for one in bookings:
            price = self.reference.price(self.plant, item, one.day)
            at_the_time += (one.booked or ZERO) if price is None else micros(one.qty * price)
        taken = sum((one.qty for one in bookings), ZERO)
        price = self.price(item)
        at_standard = sign * at_the_time if price is None else micros(sign * taken * price)
        difference = booked - at_the_time
        if self.choices["price_variance_at"] == "purchase" and abs(difference) <= HALF_CENT * len(bookings):
            self.add("material", "ROUND", difference)
        else:
            joint = ZERO
            if self.choices["joint_variance"] == "separate" and taken and sign == 1 and self.lines is not None:
                planned = sum((line.standard_qty for line in self.lines
                               if line.item == item and not line.is_by_product), ZERO)  # fmt: skip
                joint = micros(difference * (taken - planned) / taken)
            self.add("material", "MAT.JOINT", joint, item)
            self.add("material", "MAT.PRICE", difference - joint, item)
        self.add("material", "STD.REVAL", at_the_time - sign * at_standard, item)
        return at_standard

    def material_scrap(self, abnormal: dict[int, Fraction]) -> dict[str, Fraction]:
        """What of each component went into pieces scrapped beyond plan; added to SCRAP where they were scrapped."""
        lost: dict[str, Fraction] = defaultdict(Fraction)
        for at, step, pieces in self.reached(abnormal):
            for line in self.lines or []:
                if line.step == step.number and not line.is_by_product:
                    amount = micros(micros(pieces * line.per_processed) * (self.price(line.item) or ZERO))
                    lost[line.item] += amount
                    self.add("material", "SCRAP", amount, None, at)
        return lost

    def mix_groups(self, planned: dict[str, list[Line]]) -> dict[str, dict[str, Fraction]]:
        """item → what of each member of its mix group a good piece takes"""
        groups: dict[str, dict[str, Fraction]] = defaultdict(dict)
        for item, lines in planned.items():
            for line in lines:
                if line.mix_group is not None:
                    members = groups[line.mix_group]
                    members[item] = members.get(item, ZERO) + line.per_good
        return {item: members for members in groups.values() for item in members}

    def mix(self, item: str, members: dict[str, Fraction], quantity: dict[str, Fraction], actual: Fraction,
            standard: Fraction, lost: Fraction) -> None:  # fmt: skip
        used, share = sum((quantity.get(one, ZERO) for one in members), ZERO), sum(members.values(), ZERO)
        expected_qty = micros(used * members[item] / share)
        expected = micros(expected_qty * (self.price(item) or ZERO))
        moved = ZERO
        if self.choices["mix_method"] == "average_price":
            worth = sum((qty * (self.price(one) or ZERO) for one, qty in members.items()), ZERO)
            average = micros(worth / share * 10**6) / 10**6
            moved = micros((quantity.get(item, ZERO) - expected_qty) * average)
        self.add("material", "MAT.MIX", actual - expected - moved, item)
        self.add("material", "MAT.YIELD", expected - standard - lost + moved, item)

    # Hours

    def hours(self, activity: str, abnormal: dict[int, Fraction]) -> None:
        leaf = EFFICIENCY[activity]
        for one in self.of(activity):
            assert one.booked is not None
            then = self.reference.rate(one.center, activity, one.day)
            now = self.reference.rate(one.center, activity, self.day)
            at_the_time = micros(one.seconds * (then or ZERO) / 3600)
            at_standard = at_the_time if now is None else micros(one.seconds * now / 3600)
            self.add(activity, "ROUND", one.booked - at_the_time)
            step = one.operation
            self.add(activity, "STD.REVAL", at_the_time - at_standard, None, step)
            if one.kind == "rework":
                self.add(activity, "REWORK", at_standard, None, step)
            else:
                self.add(activity, leaf, at_standard, None, step if self.steps else None)
        if not self.steps:
            assert self.standard is not None
            self.target[activity] = micros(self.good * self.standard[activity])
            self.add(activity, leaf, -self.target[activity])
            return
        lot = self.reference.lot_size(self.plant, self.item, self.day) or Fraction(self.order["planned_qty"])
        for step in self.steps:
            rate = self.rate(step.center, activity)
            run, setup = self.standard_seconds(activity, step)
            per_piece = to_places(run / step.base * step.entering, 12)
            should = micros(micros(self.good * per_piece) * rate / 3600)
            of_lot = micros(setup * rate / 3600)
            of_output = micros(setup * self.good / lot * rate / 3600)
            self.add(activity, leaf, -should - of_lot, None, step.number)
            self.add(activity, "LOT", of_lot - of_output, None, step.number)
            self.target[activity] += should + of_output
        for at, step, pieces in self.reached(abnormal):
            run, _ = self.standard_seconds(activity, step)
            amount = micros(pieces * run / step.base / 3600 * self.rate(step.center, activity))
            self.add(activity, "SCRAP", amount, None, at)
            self.add(activity, leaf, -amount, None, step.number)

    @staticmethod
    def standard_seconds(activity: str, step: Step) -> tuple[Fraction, Fraction]:
        """Of base_qty, and of one set-up."""
        if activity == "labour":
            return step.labour_seconds, step.labour_setup_seconds
        if activity == "setup":
            return ZERO, step.setup_seconds
        return step.run_seconds, ZERO

    # Outside work

    def outside(self, abnormal: dict[int, Fraction]) -> None:
        outside = {step.number: step for step in self.steps if step.outside_amount is not None}
        first = min(outside, default=None)
        booked: dict[int | None, Fraction] = defaultdict(Fraction)
        taken: dict[int | None, Fraction] = defaultdict(Fraction)
        for one in self.of("subcontract"):
            at = one.operation if one.operation in outside else first
            booked[at] += one.booked or ZERO
            taken[at] += one.qty
        if not self.steps:
            assert self.standard is not None
            self.target["subcontract"] = micros(self.good * self.standard["subcontract"])
            self.add("subcontract", "SUB.QTY", sum(booked.values(), ZERO) - self.target["subcontract"])
            return
        for at in {*booked, *outside}:
            if at is None:
                self.add("subcontract", "SUB.QTY", booked[at])
                continue
            amount, base = outside[at].outside_amount or ZERO, outside[at].base
            of_taken = micros(taken[at] * amount / base)
            should = micros(micros(self.good * outside[at].entering) * amount / base)
            self.add("subcontract", "SUB.PRICE", booked[at] - of_taken, None, at)
            self.add("subcontract", "SUB.QTY", of_taken - should, None, at)
            self.target["subcontract"] += should
        for at, step, pieces in self.reached(abnormal):
            if step.outside_amount is not None:
                amount = micros(pieces * step.outside_amount / step.base)
                self.add("subcontract", "SCRAP", amount, None, at)
                self.add("subcontract", "SUB.QTY", -amount, None, step.number)


def order_variances(bookings: Bookings) -> dict[str, OrderVariance]:
    """The figures of every finished order on which anything was booked."""
    return {
        order: OrderLeaves(bookings, order).variance()
        for order, row in bookings.reference.orders.items()
        if row["status"] in ("completed", "closed", "cancelled") and bookings.of_order[order]
    }
