"""What a work center's overheads are planned to be: pools of cost, the machine hours they are spread over, the rates.

The planned rates follow from the pools, to the cent, so that what is absorbed can be compared with what was budgeted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from ingest.demo.accounts import ADMINISTRATION, MAINTENANCE, WAGES
from ingest.demo.plant_layout import SERVICE_COST_CENTERS, WORK_CENTERS, WorkCenter
from ingest.demo.shifts import holidays

EURO_PER_KWH = Decimal("0.17")
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Pool:
    """One work unit's plan: machine hours a working day, EUR a month, kWh and EUR of tools a machine hour."""

    hours_a_day: Decimal
    depreciation: Decimal
    rent: Decimal
    kilowatt_hours: Decimal
    tools: Decimal


def _pool(hours_a_day: str, depreciation: int, rent: int, kilowatt_hours: str, tools: str) -> Pool:
    return Pool(Decimal(hours_a_day), Decimal(depreciation), Decimal(rent), Decimal(kilowatt_hours), Decimal(tools))


POOLS = {
    "P1-SAW": _pool("11.2", 1500, 700, "20.5", "1.10"),
    "P1-TURN": _pool("14.6", 3800, 900, "16.0", "3.20"),
    "P1-MILL": _pool("20.8", 6200, 1100, "16.0", "4.10"),
    "P1-GRIND": _pool("20.0", 4100, 800, "11.5", "3.60"),
    "P1-WASH": _pool("8.2", 900, 500, "28.0", "1.90"),
    "P1-ASSY": _pool("18.6", 4200, 2600, "12.5", "0.80"),
    "P2-MIX": _pool("8.7", 1600, 800, "26.0", "1.20"),
    "P2-COOK": _pool("21.2", 7800, 1500, "58.0", "1.60"),
    "P2-FILL": _pool("17.0", 6900, 1800, "13.5", "1.30"),
    "P2-LABEL": _pool("14.2", 2600, 700, "16.0", "2.20"),
    "P2-PACK": _pool("13.0", 2400, 900, "17.0", "1.70"),
}
"""By work center; manual stations and work done outside have none: no machine time is booked there."""

SERVICE_COST = {
    "CC-MAINT": ((MAINTENANCE, Decimal(21_500)),),
    "CC-ADMIN": ((ADMINISTRATION, Decimal(9_200)),),
    "CC-P1-IND": ((WAGES, Decimal(57_000)),),
    "CC-P2-IND": ((WAGES, Decimal(45_500)),),
}
"""Planned cost of the service cost centers a month, for the smallest factory; production bears it."""


@cache
def working_days(plant_id: str, month: date, opened_on: date) -> int:
    """Return Mondays to Fridays of a month that are no holidays, from the day the factory opened."""
    following = (month + timedelta(days=32)).replace(day=1)
    resting = holidays(plant_id, month.year)
    days = [month + timedelta(days=day) for day in range((following - month).days)]
    return sum(day >= opened_on and day.weekday() < 5 and day not in resting for day in days)


@cache
def open_share(plant_id: str, month: date, opened_on: date) -> Decimal:
    """Return the share of a month's working days on which the factory was open, to a hundredth."""
    whole = working_days(plant_id, month, month)
    return (Decimal(working_days(plant_id, month, opened_on)) / whole).quantize(CENT)


def months_of_year(first_date: date) -> Iterator[date]:
    """Yield the first day of each month from the one the factory opens in until the year's end."""
    for month in range(first_date.month, 13):
        yield date(first_date.year, month, 1)


def budgeted_hours(center: WorkCenter, month: date, opened_on: date, units: int) -> Decimal:
    """Return the machine hours that so many units of a work center are planned to run in a month."""
    pool = POOLS.get(center.work_center_id)
    return Decimal(0) if pool is None else pool.hours_a_day * units * working_days(center.plant_id, month, opened_on)


def budgeted_fixed(center: WorkCenter, month: date, opened_on: date, units: int) -> dict[str, Decimal]:
    """Return planned depreciation and rent of a month by name."""
    pool = POOLS.get(center.work_center_id)
    if pool is None:
        return {}
    share = open_share(center.plant_id, month, opened_on)
    return {"depreciation": pool.depreciation * units * share, "rent": pool.rent * units * share}


def service_share(month: date, opened_on: date) -> Decimal:
    """Return the share of the month in which the service cost centers worked, as the first plant counts it."""
    return open_share(WORK_CENTERS[0].plant_id, month, opened_on)


def receivers(sender: str) -> list[WorkCenter]:
    """Return the work centers that bear what a service cost center costs: those with machines, of its plant."""
    plant_id = SERVICE_COST_CENTERS[sender][2]
    return [c for c in WORK_CENTERS if c.work_center_id in POOLS and plant_id in (None, c.plant_id)]


def _received(center: WorkCenter, month: date, opened_on: date) -> Decimal:
    """Return planned service cost of a month by planned machine hours, for the units of the smallest factory."""
    total = Decimal(0)
    for sender, costs in SERVICE_COST.items():
        bearing = receivers(sender)
        if center in bearing:
            hours = {c.work_center_id: budgeted_hours(c, month, opened_on, len(c.units)) for c in bearing}
            sent = sum((amount for _, amount in costs), Decimal(0)) * service_share(month, opened_on)
            total += sent * hours[center.work_center_id] / sum(hours.values())
    return total


def variable_rate(center: WorkCenter) -> Decimal:
    """Return planned energy and tools of one machine hour."""
    pool = POOLS.get(center.work_center_id)
    return Decimal(0) if pool is None else pool.kilowatt_hours * EURO_PER_KWH + pool.tools


def fixed_rate(center: WorkCenter, opened_on: date) -> Decimal:
    """Return the year's planned fixed overhead, allocated service cost included, by its planned machine hours."""
    units = len(center.units)
    fixed = hours = Decimal(0)
    for month in months_of_year(opened_on):
        fixed += sum(budgeted_fixed(center, month, opened_on, units).values(), Decimal(0))
        fixed += _received(center, month, opened_on)
        hours += budgeted_hours(center, month, opened_on, units)
    return fixed / hours if hours else Decimal(0)
