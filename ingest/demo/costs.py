"""What things should cost and what cost centers charge: activity rates and two versions of rolled-up standards.

Standard cost is rolled up level by level: components at their whole standard, as material, with the scrap planned in
them and in the operations; labour, machine time and overheads from the routing at the planned rates; set-up spread
over the lot; work done outside; less by-products. So every component of an item's cost can be traced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random

from ingest.demo.exact import round_half_away
from ingest.demo.overheads import CENT, POOLS, fixed_rate, variable_rate
from ingest.demo.plant_layout import WORK_CENTERS, WorkCenter
from ingest.demo.products import (
    FIRST_VERSION,
    ITEM,
    ITEMS,
    PROTOTYPE_ITEM_ID,
    SECOND_VERSION,
    Item,
    Operation,
    components_of,
    operations_of,
    run_seconds_of,
)

CENTERS = {center.work_center_id: center for center in WORK_CENTERS}
EXPECTED_IDLE = Decimal("0.05")
"""Share of paid hours in which the planned labour rate expects no work."""
COST_COMPONENTS = ("material", "labour", "machine", "setup", "variable_overhead", "fixed_overhead", "subcontract")
ACTIVITIES = ("labour", "machine", "setup", "variable_overhead", "fixed_overhead")
YEAR_START_MONTH_DAY = (1, 1)


def rounded(amount: Decimal, step: Decimal = CENT) -> Decimal:
    """Round half away from zero to `step`."""
    return amount.quantize(step, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Rate:
    """An hourly rate of a cost center for one activity. `valid_to` is exclusive; None is open."""

    cost_center_id: str
    activity: str
    rate_type: str
    valid_from: date
    valid_to: date | None
    hourly_amount: Decimal
    known_on: date
    expected_idle_ratio: Decimal | None = None


@dataclass(frozen=True)
class StandardCost:
    """One cost component of one item's standard, per `price_unit_qty` of its base unit."""

    item_id: str
    plant_id: str
    version_id: str
    cost_component: str
    valid_from: date
    amount: Decimal
    fixed_amount: Decimal | None
    price_unit_qty: int
    lot_size_qty: int | None


def _base_rates(center: WorkCenter, opened_on: date) -> dict[str, Decimal]:
    """Return the first version's planned rates; where no machine runs, only labour costs anything."""
    labour = Decimal("26.80") if center.plant_id == "P1" else Decimal("26.70")
    if center.work_center_id not in POOLS:
        return {**dict.fromkeys(ACTIVITIES, Decimal(0)), "labour": labour}
    dear = {"P1-MILL": "46", "P1-TURN": "41", "P1-GRIND": "38", "P2-COOK": "52", "P2-FILL": "64"}
    machine = Decimal(dear.get(center.work_center_id, "22"))
    return {
        "labour": labour,
        "machine": machine,
        "setup": machine * Decimal("0.8") + labour * Decimal("0.5"),
        "variable_overhead": rounded(variable_rate(center)),
        "fixed_overhead": rounded(fixed_rate(center, opened_on)),
    }


class PlannedRates:
    """Planned hourly rates by work center, activity and version; the second version is 2.5 % dearer."""

    def __init__(self, opened_on: date) -> None:
        self._base = {center.work_center_id: _base_rates(center, opened_on) for center in WORK_CENTERS}

    def base(self, center: WorkCenter, activity: str) -> Decimal:
        """Return the rate of the first version, unrounded."""
        return self._base[center.work_center_id][activity]

    def of(self, center: WorkCenter, activity: str, version: str) -> Decimal:
        """Return the rate of a version, to the cent."""
        dearer = Decimal("1.025") if version == SECOND_VERSION else Decimal(1)
        return rounded(self.base(center, activity) * dearer)


def rates(new_standards_from: date, first_date: date, last_date: date, random: Random) -> list[Rate]:
    """Return planned rates of both versions, and actual labour, machine and setup rates of each month gone by.

    A month's actual rates become known on the third day of the next month.
    """
    found: list[Rate] = []
    opening = date(first_date.year, *YEAR_START_MONTH_DAY)
    planned = PlannedRates(first_date)
    for center in WORK_CENTERS:
        for activity in ACTIVITIES:
            idle = EXPECTED_IDLE if activity == "labour" else None
            for version, start, end in (
                (FIRST_VERSION, opening, new_standards_from),
                (SECOND_VERSION, new_standards_from, None),
            ):
                amount = planned.of(center, activity, version)
                found.append(Rate(center.cost_center_id, activity, "planned", start, end, amount, first_date, idle))
        for month, following in _months(first_date, last_date):
            for activity in ("labour", "machine", "setup"):
                drift = Decimal(random.randint(960, 1060)) / 1000
                amount = rounded(planned.base(center, activity) * drift)
                known_on = following + timedelta(days=2)
                found.append(Rate(center.cost_center_id, activity, "actual", month, following, amount, known_on))
    return found


def _months(first_date: date, last_date: date) -> Iterator[tuple[date, date]]:
    month = first_date.replace(day=1)
    while month <= last_date:
        following = (month + timedelta(days=32)).replace(day=1)
        yield month, following
        month = following


def bought_price(item: Item, version: str) -> Decimal:
    """Return what a bought item costs per price unit; the second version is 3 % dearer."""
    return rounded(Decimal(item.price) * (Decimal("1.03") if version == SECOND_VERSION else 1), Decimal("0.0001"))


def standard_costs(new_standards_from: date, first_date: date) -> list[StandardCost]:
    """Return both versions of every item's standard cost, components before the items made of them."""
    found: list[StandardCost] = []
    opening = date(first_date.year, *YEAR_START_MONTH_DAY)
    planned = PlannedRates(first_date)
    for version, valid_from in ((FIRST_VERSION, opening), (SECOND_VERSION, new_standards_from)):
        prices: dict[str, Fraction] = {}
        for item in sorted(ITEMS, key=_level):
            if item.item_id == PROTOTYPE_ITEM_ID:
                continue
            price_unit = _price_unit(item)
            for component, amount in _rolled_up(item, version, price_unit, prices, planned).items():
                if component == "material" or amount:
                    lot_size = item.lot_size_qty or None
                    fixed = rounded(amount * Decimal("0.4"), Decimal("0.0001")) if component == "machine" else None
                    found.append(
                        StandardCost(
                            item.item_id,
                            item.plant_id,
                            version,
                            component,
                            valid_from,
                            amount,
                            fixed,
                            price_unit,
                            lot_size,
                        )
                    )
                    prices[item.item_id] = prices.get(item.item_id, Fraction(0)) + Fraction(amount) / price_unit
    return found


def _level(item: Item) -> int:
    return max((1 + _level(ITEM[line.component_id]) for line in components_of(item.item_id)), default=0)


def _price_unit(item: Item) -> int:
    if not item.is_made:
        return item.price_unit_qty
    return 1 if item.plant_id == "P1" else 1000


def entering(operations: list[Operation]) -> dict[str, Fraction]:
    """Return how many pieces enter each operation for one good piece at the end, to twelve decimals step by step."""
    found: dict[str, Fraction] = {}
    needed = Fraction(1)
    for operation in reversed(operations):
        needed = Fraction(round_half_away(needed / (1 - Fraction(operation.scrap_ratio)), 12))
        found[operation.operation_no] = needed
    return found


def _rolled_up(
    item: Item, version: str, price_unit: int, prices: dict[str, Fraction], planned: PlannedRates
) -> dict[str, Decimal]:
    """Return the amounts by cost component per price unit, rounded to a hundredth of a cent."""
    amounts = dict.fromkeys(COST_COMPONENTS, Fraction(0))
    if not item.is_made:
        amounts["material"] = Fraction(bought_price(item, version)) / price_unit
    operations = operations_of(item.item_id)
    enters = entering(operations)
    for line in components_of(item.item_id):
        per_piece = Fraction(line.qty) / line.base_qty * (1 + Fraction(line.scrap_ratio or 0))
        sign = -1 if line.line_type == "by_product" else 1
        amounts["material"] += sign * per_piece * enters[operations[0].operation_no] * prices[line.component_id]
    for operation in operations:
        center = CENTERS[operation.work_center_id]
        share = Fraction(center.labour_share)
        hours = Fraction(run_seconds_of(operation, version) or 0) / operation.base_qty / 3600
        hours *= enters[operation.operation_no]
        setup_hours = Fraction(operation.setup_seconds, item.lot_size_qty * 3600)

        def rate(activity: str, center: WorkCenter = center) -> Fraction:
            return Fraction(planned.of(center, activity, version))

        amounts["labour"] += (hours + setup_hours) * share * rate("labour")
        amounts["setup"] += setup_hours * rate("setup")
        for activity in ("machine", "variable_overhead", "fixed_overhead"):
            amounts[activity] += hours * rate(activity)
        outside = Fraction(operation.subcontract_amount or 0) / operation.base_qty
        amounts["subcontract"] += enters[operation.operation_no] * outside
    return {component: round_half_away(amount * price_unit, 4) for component, amount in amounts.items()}


class PriceList:
    """Standard prices by item and date, for valuing movements as they are posted."""

    def __init__(self, standards: list[StandardCost], new_standards_from: date) -> None:
        self._new_from = new_standards_from
        self._prices: dict[tuple[str, str], Decimal] = {}
        for cost in standards:
            key = (cost.item_id, cost.version_id)
            self._prices[key] = self._prices.get(key, Decimal(0)) + cost.amount
        self._units = {cost.item_id: cost.price_unit_qty for cost in standards}

    def change(self, item_id: str) -> tuple[Decimal, int] | None:
        """Return new less old standard and the quantity they are stated for; None where one of them is missing."""
        new, old = self._prices.get((item_id, SECOND_VERSION)), self._prices.get((item_id, FIRST_VERSION))
        return None if new is None or old is None else (new - old, self._units[item_id])

    def amount(self, item_id: str, qty: Decimal, on: date) -> Decimal | None:
        """Return the standard value of `qty` base units, to the cent; None for an item without a standard."""
        version = SECOND_VERSION if on >= self._new_from else FIRST_VERSION
        price = self._prices.get((item_id, version))
        return None if price is None else rounded(qty * price / self._units[item_id])
