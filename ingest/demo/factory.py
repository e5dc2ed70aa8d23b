"""The simulated factory: everything that happened in it, from a seed.

`generate` runs calendar, shop floor, papers and people in turn and returns the log of what is delivered when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from ingest.demo import reference
from ingest.demo.clock import DAY, HOUR, WallClock
from ingest.demo.costs import PriceList, rates, standard_costs
from ingest.demo.disturbances import Disturbance, Disturber
from ingest.demo.event_log import EventLog
from ingest.demo.exchange import ExchangeRates
from ingest.demo.extracts import DeliveredFile, clean_files, kept_aside_files
from ingest.demo.faults import Fault, FaultPlanter
from ingest.demo.finance import Finance
from ingest.demo.late_papers import LatePapers
from ingest.demo.people import People
from ingest.demo.plant_layout import PLANTS, work_units
from ingest.demo.services import Services
from ingest.demo.shifts import planned_stops, shifts, working_segments
from ingest.demo.shop_floor import ShopFloor, simulate
from ingest.demo.shop_papers import ShopPapers
from ingest.demo.signals import record_energy, record_measurements, record_signals

COPIES_OF_UNITS = {"small": 1, "medium": 4, "large": 12}
FIRST_DATE = date(2026, 2, 9)
NEW_STANDARDS_AFTER_DAYS = 35
ANNOUNCED_DAYS_BEFORE = 7
PROTOTYPE_AFTER_DAYS = 15


@dataclass(frozen=True)
class DemoFactory:
    """A factory that has run: the log of deliveries, the shop floor behind it, each night's files and their faults.

    `later` are files of the night after the last that no night delivers: papers of a month that is over.
    """

    log: EventLog
    clocks: dict[str, WallClock]
    floor: ShopFloor
    files: dict[int, list[DeliveredFile]]
    faults: list[Fault]
    disturbances: list[Disturbance]
    later: list[DeliveredFile]


def generate(*, days: int = 60, seed: int = 7, scale: str = "small", first_date: date = FIRST_DATE) -> DemoFactory:
    """Run the factory for `days` days from `first_date`. The same arguments give the same factory, byte for byte.

    `scale` is small (20 work units), medium (four times) or large (twelve times). Raise KeyError for another scale
    and ValueError for fewer than one day.
    """
    if days < 1:
        raise ValueError(f"days is {days}; a factory runs for at least one day")
    copies = COPIES_OF_UNITS[scale]
    log = EventLog(first_date, days)
    clocks = {plant.plant_id: WallClock(plant.time_zone, first_date, days) for plant in PLANTS}
    units = work_units(copies)
    dates = [first_date + timedelta(days=day) for day in range(days + 2)]
    all_shifts = shifts(clocks, units, dates, Random(f"{seed}/shifts"))
    stops = planned_stops(clocks, units, all_shifts, Random(f"{seed}/stops"))
    segments = working_segments(units, all_shifts, stops)
    new_version_from = first_date + timedelta(days=NEW_STANDARDS_AFTER_DAYS)
    announced = NEW_STANDARDS_AFTER_DAYS - ANNOUNCED_DAYS_BEFORE
    standards = standard_costs(new_version_from, first_date)
    reference.record_company(log, units)
    reference.record_calendar(log, all_shifts, stops)
    reference.record_products(log, new_version_from, announced, PROTOTYPE_AFTER_DAYS - 1)
    all_rates = rates(new_version_from, first_date, dates[-1], Random(f"{seed}/rates"))
    reference.record_standards(log, standards, all_rates, new_version_from, announced)
    prototypes_from = log.begin + PROTOTYPE_AFTER_DAYS * DAY
    floor = simulate(units, segments, log.begin + 4 * HOUR, log.end, copies, prototypes_from, str(seed))
    prices = PriceList(standards, new_version_from)
    papers = ShopPapers(log, clocks, prices, new_version_from, str(seed))
    confirmed = papers.record(floor.orders)
    papers.record_stock_moves()
    People(log, clocks, units, str(seed)).record(all_shifts, stops, confirmed, dates[-1])
    exchange = ExchangeRates(first_date, days, str(seed))
    exchange.record(log)
    services = Services(log, clocks, prices, str(seed))
    services.record(floor, stops)
    services.record_stock_counts()
    record_signals(log, floor.machines, str(seed))
    record_energy(log, floor.machines, segments, str(seed))
    record_measurements(log, floor.machines, str(seed))
    plant_of_unit = {unit.work_unit_id: unit.plant_id for unit in units}
    disturber = Disturber(log, clocks, str(seed))
    disturber.disturb()
    late = LatePapers(log, clocks, prices, str(seed))
    late.record()
    Finance(log, clocks, units, prices, exchange, new_version_from, copies, str(seed)).record()
    later = kept_aside_files(late.kept_aside(), log, clocks, plant_of_unit)
    planter = FaultPlanter(log, clocks, str(seed))
    files = planter.plant(clean_files(log, clocks, plant_of_unit))
    return DemoFactory(log, clocks, floor, files, planter.faults, [*disturber.done, *late.done], later)
