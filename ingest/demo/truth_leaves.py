"""The truth about why a finished order did not cost what its good output should: its leaves, to the cent.

Every leaf is a sum of parts rounded to a millionth, half away from zero; the leaves of an order's cost component add up
to what it did cost less what it was credited, and are published in cents by largest remainder.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from ingest.demo.exact import round_half_away
from ingest.demo.truth_basis import ENTERING, Basis, cents, millionths
from ingest.demo.truth_bookings import Booking, OrderBooks, at_rate

COMPONENTS = ("material", "labour", "machine", "setup", "variable_overhead", "fixed_overhead", "subcontract")
RUN_ACTIVITIES = ("labour", "machine", "variable_overhead", "fixed_overhead")
EFFICIENCY = {
    "labour": "LAB.EFF",
    "machine": "MCH.EFF",
    "setup": "MCH.EFF",
    "variable_overhead": "VOH.EFF",
    "fixed_overhead": "FOH.EFF",
}
RATE_LEAVES = {"labour": ("LAB.RATE", "labour_absorbed")} | dict.fromkeys(
    ("machine", "setup"), ("MCH.RATE", "overhead_absorbed")
)
HALF_CENT = Decimal("0.005")
ZERO = Decimal(0)

Name = tuple[str, str, str | None, str | None, str]
"""Leaf, cost component, component item, operation, and the role of the account it lands in."""


@dataclass(frozen=True)
class Leaf:
    """One published leaf of an order."""

    leaf_code: str
    cost_component: str
    component_item_id: str | None
    operation_no: str | None
    account_role: str
    amount: Decimal

    @property
    def leaf_group(self) -> str:
        """Return the branch of the tree that the leaf grows on."""
        return self.leaf_code.split(".", maxsplit=1)[0]


@dataclass
class _Step:
    """One operation of the routing that an order is measured by."""

    number: str
    center: str | None
    base: Fraction
    run_seconds: dict[str, Fraction]
    setup_seconds: dict[str, Fraction]
    outside_amount: Fraction
    enters: Decimal
    passes: Decimal
    abnormal: Decimal = ZERO


@dataclass
class _BillLine:
    """One line of the bill of material."""

    item_id: str
    is_by_product: bool
    mix_group: str | None
    step: int | None
    """Position of the operation that takes it, None without a routing."""
    per_processed: Decimal
    per_good: Decimal
    standard_qty: Decimal


def _in_order(operation_no: str | None) -> int:
    return -1 if operation_no is None else int(operation_no)


class OrderLeaves:
    """The leaves of one order."""

    def __init__(self, basis: Basis, books: OrderBooks) -> None:
        self._basis = basis
        self._books = books
        self._order = books.order
        self._plant = books.order["plant_id"]
        self._leaves: dict[Name, Decimal] = defaultdict(Decimal)

    def find(self) -> list[Leaf]:
        """Return the leaves, none for an order on which nothing was booked."""
        on = self._books.standard_date
        if on is None:
            return []
        self._on = on
        self._good = Fraction(self._books.good)
        self._rate_leaves()
        standard = self._basis.standard(self._order["item_id"], self._plant, on)
        of_lines = [
            self._basis.standard(self._order["item_id"], self._plant, output.on) for output in self._books.outputs
        ]
        if standard is None or None in of_lines:
            self._without_standard()
        else:
            credited = self._output_leaves(standard, [found for found in of_lines if found is not None])
            if self._order["order_type"] == "rework":
                for component in COMPONENTS:
                    self._add("REWORK", component, self._booked(component) - credited[component])
            else:
                self._measure(standard, credited)
        return list(_published(self._leaves))

    def _add(
        self,
        leaf_code: str,
        component: str,
        amount: Decimal,
        item_id: str | None = None,
        operation_no: str | None = None,
        role: str = "production_variance",
    ) -> None:
        self._leaves[leaf_code, component, item_id, operation_no, role] += amount

    def _charges(self, component: str) -> list[Booking]:
        """Return the bookings of a component; one without a value counts nowhere."""
        known = (booking for booking in self._books.charges if booking.booked is not None)
        return [booking for booking in known if booking.component == component]

    def _booked(self, component: str) -> Decimal:
        return sum((booking.booked or ZERO for booking in self._charges(component)), ZERO)

    # -- leaves that need no target -------------------------------------------------------------------------------

    def _rate_leaves(self) -> None:
        for component, (leaf_code, role) in RATE_LEAVES.items():
            for booking in self._charges(component):
                difference = (booking.actual or ZERO) - (booking.booked or ZERO)
                self._add(leaf_code, component, difference, None, booking.operation_no, role)

    def _without_standard(self) -> None:
        for component in COMPONENTS:
            self._add("STD.NONE", component, self._booked(component))
        credited = sum((output.booked or ZERO for output in self._books.outputs), ZERO)
        self._add("STD.NONE", "output", -credited)

    def _output_leaves(self, standard: dict[str, Fraction], of_lines: list[dict[str, Fraction]]) -> dict[str, Decimal]:
        """Add what the credit differs from the standard of the output; return that standard in cents by component."""
        outputs = self._books.outputs
        credited = {
            component: sum(
                (
                    cents(Fraction(output.qty) * found.get(component, Fraction(0)))
                    for output, found in zip(outputs, of_lines, strict=True)
                ),
                ZERO,
            )
            for component in COMPONENTS
        }
        difference = sum(credited.values(), ZERO) - sum((output.booked or ZERO for output in outputs), ZERO)
        parts = 1 + sum(amount != 0 for amount in standard.values())
        rounding = HALF_CENT * len(outputs) * parts
        self._add("ROUND" if abs(difference) <= rounding else "OUT.PRICE", "output", difference)
        return credited

    # -- the order against its target -----------------------------------------------------------------------------

    def _measure(self, standard: dict[str, Fraction], credited: dict[str, Decimal]) -> None:
        good = self._good
        self._steps = self._routing()
        lines = self._bill()
        frozen = {component: millionths(good * standard.get(component, Fraction(0))) for component in COMPONENTS}
        target = dict.fromkeys(COMPONENTS, ZERO)
        self._scrap_leaves()
        target["material"] = self._material_leaves(lines) if lines else self._material_without_bill(frozen["material"])
        for component in (*RUN_ACTIVITIES, "setup"):
            target[component] = self._hour_leaves(component, frozen[component])
        target["subcontract"] = self._outside_leaves(frozen["subcontract"])
        for component in COMPONENTS:
            as_put_out = ZERO
            for output in self._books.outputs:
                valid = self._basis.standard(self._order["item_id"], self._plant, output.on) or {}
                as_put_out += millionths(Fraction(output.qty) * valid.get(component, Fraction(0)))
            self._add("OUT.MIXED", component, target[component] - frozen[component])
            self._add("STD.REVAL", component, frozen[component] - as_put_out)
            self._add("ROUND", component, as_put_out - credited[component])

    def _routing(self) -> list[_Step]:
        rows = self._basis.routing(self._order, self._on)
        found: list[_Step] = []
        passes = Decimal(1)
        for row in reversed(rows):
            lost = Fraction(row["planned_scrap_ratio"] or 0)
            enters = round_half_away(Fraction(passes) / (1 - (lost if lost < 1 else 0)), ENTERING)
            base = Fraction(row["base_qty"] or 1)
            machine = Fraction(row["run_seconds_per_unit"] or 0)
            run = dict.fromkeys(RUN_ACTIVITIES, machine)
            run["labour"] = Fraction(row["labour_run_seconds_per_unit"] or 0)
            setup = {
                "setup": Fraction(row["setup_seconds"] or 0),
                "labour": Fraction(row["labour_setup_seconds"] or 0),
            }
            center = self._basis.center_of_work_center.get(row["work_center_id"])
            outside = Fraction(row["subcontract_amount"] or 0)
            found.append(_Step(row["operation_no"], center, base, run, setup, outside, enters, passes))
            passes = enters
        found.reverse()
        by_number = {step.number: step for step in found}
        for operation_no, scrap in self._books.scrap.items():
            if found:
                by_number.get(operation_no or "", found[-1]).abnormal += scrap
        for step in found:
            step.abnormal -= millionths(self._good * (Fraction(step.enters) - Fraction(step.passes)))
        return found

    def _bill(self) -> list[_BillLine]:
        positions = {step.number: index for index, step in enumerate(self._steps)}
        found = []
        for row in self._basis.bill(self._order, self._on):
            item_id = row["component_item_id"]
            step = positions.get(row["operation_no"], 0) if self._steps else None
            enters = Fraction(1) if step is None else Fraction(self._steps[step].enters)
            units = Fraction(row["qty"]) * self._basis.base_units(item_id, row["uom"])
            quantity = Fraction(round_half_away(units, ENTERING))
            with_scrap = quantity * (1 + Fraction(row["component_scrap_ratio"] or 0)) / Fraction(row["base_qty"])
            per_processed = round_half_away(with_scrap, ENTERING)
            per_good = round_half_away(Fraction(per_processed) * enters, ENTERING)
            standard_qty = millionths(self._good * Fraction(per_good))
            is_by_product = row["line_type"] != "component"
            found.append(
                _BillLine(item_id, is_by_product, row["mix_group"], step, per_processed, per_good, standard_qty)
            )
        return found

    def _price(self, item_id: str, on: date) -> Fraction:
        price = self._basis.price(item_id, self._plant, on)
        if price is None:
            raise ValueError(f"{item_id} is used on {self._order['order_id']} and has no standard on {on}")
        return price

    def _hourly(self, seconds: Decimal, center: str | None, activity: str) -> Decimal:
        """Return seconds at the planned rate of the standard date; 0 where there is none."""
        rate = self._basis.rate(center, activity, self._on)
        return ZERO if rate is None else at_rate(seconds, rate, 6)

    # -- scrap ----------------------------------------------------------------------------------------------------

    def _scrap_leaves(self) -> None:
        """Value scrap beyond plan at the cost up to the operation that lost it, and remember what to take out."""
        self._reprocessed: list[list[Decimal]] = [[] for _ in self._steps]
        """By operation: pieces it worked for each later operation's scrap beyond plan."""
        self._taken_out: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        """By cost component and operation."""
        for index, lost_at in enumerate(self._steps):
            for number, step in enumerate(self._steps[: index + 1]):
                pieces = millionths(Fraction(lost_at.abnormal) * Fraction(step.enters) / Fraction(lost_at.enters))
                self._reprocessed[number].append(pieces)
                values = {activity: self._run_cost(pieces, step, activity) for activity in RUN_ACTIVITIES} | {
                    "subcontract": millionths(Fraction(pieces) * step.outside_amount / step.base)
                }
                for component, amount in values.items():
                    self._taken_out[component, step.number] += amount
                    self._add("SCRAP", component, amount, None, lost_at.number)

    def _run_cost(self, pieces: Decimal, step: _Step, activity: str) -> Decimal:
        rate = self._basis.rate(step.center, activity, self._on)
        if rate is None:
            return ZERO
        return millionths(Fraction(pieces) * step.run_seconds[activity] * Fraction(rate) / step.base / 3600)

    def _scrapped_material(self, line: _BillLine) -> Decimal:
        """Value a line's material in scrap beyond plan, as part of the scrap leaves; return what is taken out."""
        if line.step is None:
            return ZERO
        taken_out = ZERO
        price = self._price(line.item_id, self._on)
        for pieces, lost_at in zip(self._reprocessed[line.step], self._steps[line.step :], strict=True):
            quantity = millionths(Fraction(pieces) * Fraction(line.per_processed))
            amount = millionths(Fraction(quantity) * price)
            self._add("SCRAP", "material", amount, None, lost_at.number)
            taken_out += amount
        return taken_out

    # -- material -------------------------------------------------------------------------------------------------

    def _material_leaves(self, lines: list[_BillLine]) -> Decimal:
        """Add the leaves of everything issued or planned; return the target."""
        on = self._on
        issued: dict[str, list[Booking]] = defaultdict(list)
        returned: dict[str, list[Booking]] = defaultdict(list)
        for booking in self._charges("material"):
            (returned if booking.kind == "by_product" else issued)[str(booking.item_id)].append(booking)
        planned: dict[str, list[_BillLine]] = defaultdict(list)
        by_products: dict[str, list[_BillLine]] = defaultdict(list)
        for line in lines:
            (by_products if line.is_by_product else planned)[line.item_id].append(line)
        at_standard = {item: self._price_leaves(item, issued[item]) for item in sorted(issued)}
        has_substitute = any(item not in planned for item in issued)
        worth = {
            item: sum((millionths(Fraction(line.standard_qty) * self._price(item, on)) for line in of_item), ZERO)
            for item, of_item in (*planned.items(), *by_products.items())
        }
        for item in sorted(issued.keys() - planned.keys()):
            self._add("MAT.SUBST", "material", at_standard[item], item)
        expected = self._expected_in_mix(planned, issued)
        for item, of_item in sorted(planned.items()):
            scrap = sum((self._scrapped_material(line) for line in of_item), ZERO)
            used = at_standard.get(item, ZERO)
            if has_substitute and item not in issued:
                self._add("MAT.SUBST", "material", -worth[item] - scrap, item)
            elif item in expected:
                self._add("MAT.MIX", "material", used - expected[item], item)
                self._add("MAT.YIELD", "material", expected[item] - worth[item] - scrap, item)
            else:
                self._add("MAT.USAGE", "material", used - worth[item] - scrap, item)
        for item in sorted(by_products.keys() | returned.keys()):
            credited = self._price_leaves(item, returned[item])
            self._add("BYP", "material", worth.get(item, ZERO) + credited, item)
        target = sum((worth[item] for item in planned), ZERO)
        return target - sum((worth[item] for item in by_products), ZERO)

    def _price_leaves(self, item_id: str, bookings: list[Booking]) -> Decimal:
        """Add price and revaluation of an item's movements; return their quantity at the price of the standard date."""
        booked = sum((booking.booked or ZERO for booking in bookings), ZERO)
        as_posted = sum(
            (millionths(Fraction(booking.qty) * self._price(item_id, booking.on)) for booking in bookings), ZERO
        )
        quantity = sum((booking.qty for booking in bookings), ZERO)
        as_measured = millionths(Fraction(quantity) * self._price(item_id, self._on))
        difference = booked - as_posted
        if abs(difference) <= HALF_CENT * len(bookings):
            self._add("ROUND", "material", difference)
        else:
            self._add("MAT.PRICE", "material", difference, item_id)
        self._add("STD.REVAL", "material", as_posted - as_measured, item_id)
        return as_measured

    def _expected_in_mix(
        self, planned: dict[str, list[_BillLine]], issued: dict[str, list[Booking]]
    ) -> dict[str, Decimal]:
        """Return, by item of a mix group, its share of what was used of the group, at standard price."""
        groups: dict[str, set[str]] = defaultdict(set)
        for item, of_item in planned.items():
            for line in of_item:
                if line.mix_group is not None:
                    groups[line.mix_group].add(item)
        found: dict[str, Decimal] = {}
        for items in groups.values():
            used = sum((booking.qty for item in items for booking in issued.get(item, ())), ZERO)
            per_good = {item: sum((line.per_good for line in planned[item]), ZERO) for item in items}
            total = sum(per_good.values(), ZERO)
            for item in items:
                quantity = millionths(Fraction(used) * Fraction(per_good[item]) / Fraction(total))
                found[item] = millionths(Fraction(quantity) * self._price(item, self._on))
        return found

    def _material_without_bill(self, frozen: Decimal) -> Decimal:
        used = ZERO
        for item in sorted({str(booking.item_id) for booking in self._charges("material")}):
            used += self._price_leaves(item, [b for b in self._charges("material") if b.item_id == item])
        self._add("MAT.USAGE", "material", used - frozen)
        return frozen

    # -- hours ----------------------------------------------------------------------------------------------------

    def _hour_leaves(self, component: str, frozen: Decimal) -> Decimal:
        """Add the leaves of booked hours against planned ones, operation by operation; return the target."""
        spent: dict[str | None, Decimal] = defaultdict(Decimal)
        for booking in self._charges(component):
            rate = self._basis.rate(booking.cost_center_id, component, self._on)
            as_measured = booking.exact if rate is None else at_rate(booking.seconds, rate, 6)
            self._add("ROUND", component, (booking.booked or ZERO) - booking.exact)
            self._add("STD.REVAL", component, booking.exact - as_measured, None, booking.operation_no)
            if booking.kind == "rework":
                self._add("REWORK", component, as_measured, None, booking.operation_no)
            else:
                spent[booking.operation_no] += as_measured
        if not self._steps:
            self._add(EFFICIENCY[component], component, sum(spent.values(), ZERO) - frozen)
            return frozen
        target = ZERO
        by_number = {step.number: step for step in self._steps}
        for operation_no in sorted(spent.keys() | by_number.keys(), key=_in_order):
            step = by_number.get(operation_no or "")
            planned = lot = lot_target = scrapped = ZERO
            if step is not None:
                planned = self._planned_run(step, component)
                lot, lot_target = self._planned_setup(step, component)
                scrapped = self._taken_out[component, step.number]
            efficiency = spent[operation_no] - planned - lot - scrapped
            self._add(EFFICIENCY[component], component, efficiency, None, operation_no)
            self._add("LOT", component, lot - lot_target, None, operation_no)
            target += planned + lot_target
        return target

    def _planned_run(self, step: _Step, component: str) -> Decimal:
        if component not in step.run_seconds:
            return ZERO
        per_good = round_half_away(step.run_seconds[component] / step.base * Fraction(step.enters), ENTERING)
        return self._hourly(millionths(self._good * Fraction(per_good)), step.center, component)

    def _planned_setup(self, step: _Step, component: str) -> tuple[Decimal, Decimal]:
        """Return one set-up, and its share for the good pieces of this order in a lot."""
        seconds = step.setup_seconds.get(component)
        rate = self._basis.rate(step.center, component, self._on)
        if not seconds or rate is None:
            return ZERO, ZERO
        lot_size = self._basis.lot_size(self._order["item_id"], self._plant, self._on)
        lot_size = Fraction(self._order["planned_qty"]) if lot_size is None else lot_size
        whole = seconds * Fraction(rate) / 3600
        return millionths(whole), millionths(whole * self._good / lot_size)

    # -- outside work ---------------------------------------------------------------------------------------------

    def _outside_leaves(self, frozen: Decimal) -> Decimal:
        """Add price and quantity of outside work by operation; return the target."""
        bookings = self._charges("subcontract")
        booked = sum((booking.booked or ZERO for booking in bookings), ZERO)
        if not self._steps:
            self._add("SUB.QTY", "subcontract", booked - frozen)
            return frozen
        by_number = {step.number: step for step in self._steps}
        outside = [step for step in self._steps if step.outside_amount]
        charged: dict[str, Decimal] = defaultdict(Decimal)
        came_back: dict[str, Decimal] = defaultdict(Decimal)
        for booking in bookings:
            step = by_number.get(booking.operation_no or "") or (outside[0] if outside else None)
            if step is None:
                self._add("SUB.QTY", "subcontract", booking.booked or ZERO)
                continue
            charged[step.number] += booking.booked or ZERO
            came_back[step.number] += booking.qty
        target = ZERO
        for step in self._steps:
            amount = step.outside_amount / step.base
            actual = millionths(Fraction(came_back[step.number]) * amount)
            planned = millionths(Fraction(millionths(self._good * Fraction(step.enters))) * amount)
            self._add("SUB.PRICE", "subcontract", charged[step.number] - actual, None, step.number)
            scrapped = self._taken_out["subcontract", step.number]
            self._add("SUB.QTY", "subcontract", actual - planned - scrapped, None, step.number)
            target += planned
        return target


def _published(leaves: dict[Name, Decimal]) -> Iterable[Leaf]:
    """Yield the leaves in whole cents: rounded down, the cents missing in each component to the largest fractions."""
    of_component: dict[str, list[Name]] = defaultdict(list)
    for name in leaves:
        of_component[name[1]].append(name)
    for component, names in of_component.items():
        whole = {name: int((leaves[name] * 100).to_integral_value(ROUND_FLOOR)) for name in names}
        total = sum((leaves[name] for name in names), ZERO) * 100
        if total != total.to_integral_value():
            raise ValueError(f"leaves of {component} do not add up to cents: {total}")
        missing = int(total) - sum(whole.values())

        def rank(name: Name, whole: dict[Name, int] = whole) -> tuple[Decimal, str, str, int]:
            fraction = leaves[name] * 100 - whole[name]
            return (-fraction, name[0], name[2] or "", _in_order(name[3]))

        for name in sorted(names, key=rank)[:missing]:
            whole[name] += 1
        for name in names:
            if whole[name]:
                leaf_code, _, item_id, operation_no, role = name
                yield Leaf(leaf_code, component, item_id, operation_no, role, Decimal(whole[name]).scaleb(-2))


def order_leaves(basis: Basis, books: OrderBooks) -> list[Leaf]:
    """Return the leaves of one finished order, those of 0.00 left out."""
    return OrderLeaves(basis, books).find()
