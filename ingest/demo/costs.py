"""What things should cost and what cost centers charge: activity rates and two versions of rolled-up standards.

Standard cost is rolled up level by level: material from the components' standards with their planned scrap, labour
and machine time from the routing at the planned rates, so that every component of an item's cost can be traced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from ingest.demo.plant_layout import WORK_CENTERS, WorkCenter
from ingest.demo.products import (
    FIRST_VERSION,
    ITEM,
    ITEMS,
    PROTOTYPE_ITEM_ID,
    SECOND_VERSION,
    Item,
    components_of,
    operations_of,
)

CENT = Decimal("0.01")
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


def _base_rates(center: WorkCenter) -> dict[str, Decimal]:
    dear = {"P1-MILL": "46", "P1-TURN": "41", "P1-GRIND": "38", "P2-COOK": "52", "P2-FILL": "64"}
    machine = Decimal(dear.get(center.work_center_id, "22"))
    labour = Decimal("38.50") if center.plant_id == "P1" else Decimal("31.20")
    return {
        "labour": labour,
        "machine": machine,
        "setup": machine * Decimal("0.8") + labour * Decimal("0.5"),
        "variable_overhead": machine * Decimal("0.35"),
        "fixed_overhead": machine * Decimal("0.55"),
    }


def planned_rate(center: WorkCenter, activity: str, version: str) -> Decimal:
    """Return the planned hourly rate of a work center; the second version is 2.5 % dearer."""
    dearer = Decimal("1.025") if version == SECOND_VERSION else Decimal(1)
    return rounded(_base_rates(center)[activity] * dearer)


def rates(new_standards_from: date, first_date: date, last_date: date, random: Random) -> list[Rate]:
    """Return planned rates of both versions, and actual labour, machine and setup rates of each month gone by.

    A month's actual rates become known on the third day of the next month.
    """
    found: list[Rate] = []
    opening = date(first_date.year, *YEAR_START_MONTH_DAY)
    for center in WORK_CENTERS:
        for activity in ACTIVITIES:
            for version, start, end in (
                (FIRST_VERSION, opening, new_standards_from),
                (SECOND_VERSION, new_standards_from, None),
            ):
                amount = planned_rate(center, activity, version)
                found.append(Rate(center.cost_center_id, activity, "planned", start, end, amount, first_date))
        for month, following in _months(first_date, last_date):
            for activity in ("labour", "machine", "setup"):
                drift = Decimal(random.randint(960, 1060)) / 1000
                amount = rounded(_base_rates(center)[activity] * drift)
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
    for version, valid_from in ((FIRST_VERSION, opening), (SECOND_VERSION, new_standards_from)):
        prices: dict[str, Decimal] = {}
        for item in sorted(ITEMS, key=_level):
            if item.item_id == PROTOTYPE_ITEM_ID:
                continue
            price_unit = _price_unit(item)
            for component, amount in _rolled_up(item, version, price_unit, prices).items():
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
                    prices[item.item_id] = prices.get(item.item_id, Decimal(0)) + amount / price_unit
    return found


def _level(item: Item) -> int:
    return max((1 + _level(ITEM[line.component_id]) for line in components_of(item.item_id)), default=0)


def _price_unit(item: Item) -> int:
    if not item.is_made:
        return item.price_unit_qty
    return 1 if item.plant_id == "P1" else 1000


def _rolled_up(item: Item, version: str, price_unit: int, prices: dict[str, Decimal]) -> dict[str, Decimal]:
    """Return the amounts by cost component per price unit, rounded to a hundredth of a cent."""
    amounts = dict.fromkeys(COST_COMPONENTS, Decimal(0))
    if not item.is_made:
        amounts["material"] = bought_price(item, version)
    for line in components_of(item.item_id):
        needed = Decimal(line.qty) / line.base_qty * (1 + Decimal(line.scrap_ratio or 0))
        sign = -1 if line.line_type == "by_product" else 1
        amounts["material"] += sign * needed * prices[line.component_id] * price_unit
    for operation in operations_of(item.item_id):
        center = next(c for c in WORK_CENTERS if c.work_center_id == operation.work_center_id)
        hours = Decimal(operation.run_seconds or 0) / operation.base_qty / 3600 * price_unit
        machine_hours = hours if center.has_machines else Decimal(0)
        setup_hours = Decimal(operation.setup_seconds) / item.lot_size_qty / 3600 * price_unit
        setup_hours = setup_hours if center.has_machines else Decimal(0)
        amounts["labour"] += hours * Decimal(str(center.staffing)) * planned_rate(center, "labour", version)
        amounts["machine"] += machine_hours * planned_rate(center, "machine", version)
        amounts["setup"] += setup_hours * planned_rate(center, "setup", version)
        for overhead in ("variable_overhead", "fixed_overhead"):
            amounts[overhead] += machine_hours * planned_rate(center, overhead, version)
        amounts["subcontract"] += Decimal(operation.subcontract_amount or 0) * price_unit
    return {component: rounded(amount, Decimal("0.0001")) for component, amount in amounts.items()}


class PriceList:
    """Standard prices by item and date, for valuing movements as they are posted."""

    def __init__(self, standards: list[StandardCost], new_standards_from: date) -> None:
        self._new_from = new_standards_from
        self._prices: dict[tuple[str, str], Decimal] = {}
        for cost in standards:
            key = (cost.item_id, cost.version_id)
            self._prices[key] = self._prices.get(key, Decimal(0)) + cost.amount
        self._units = {cost.item_id: cost.price_unit_qty for cost in standards}

    def amount(self, item_id: str, qty: Decimal, on: date) -> Decimal | None:
        """Return the standard value of `qty` base units, to the cent; None for an item without a standard."""
        version = SECOND_VERSION if on >= self._new_from else FIRST_VERSION
        price = self._prices.get((item_id, version))
        return None if price is None else rounded(qty * price / self._units[item_id])
