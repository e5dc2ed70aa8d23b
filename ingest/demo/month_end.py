"""What is posted when a month is over: wages, machine cost, overheads, and service cost allocated to production."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from ingest.demo.accounts import (
    ACCRUALS,
    ADMINISTRATION,
    ALLOCATION,
    DEPRECIATION,
    ENERGY,
    MACHINE_COST,
    MAINTENANCE,
    RENT,
    TOOLS,
    WAGES,
    WAGES_PAYABLE,
)
from ingest.demo.budget import Budget
from ingest.demo.clock import WallClock
from ingest.demo.costs import rounded
from ingest.demo.event_log import EventLog
from ingest.demo.exact import split
from ingest.demo.ledger import Draft, Ledger, Line
from ingest.demo.overheads import EURO_PER_KWH, POOLS, SERVICE_COST, budgeted_fixed
from ingest.demo.plant_layout import SERVICE_COST_CENTERS, WORK_CENTERS, WorkUnit
from ingest.demo.tables import COLUMNS

POSTED_AFTER_DAYS = 3
ADMINISTRATION_CENTER, MAINTENANCE_CENTER = "CC-ADMIN", "CC-MAINT"
PAID_BY_WORKED = (107, 100)
"""Paid time of a production cost center by the time booked there: people are paid while they wait, too."""
BOOKS_CLOSE_AT = 21


@dataclass
class _Month:
    """What happened in a month, by work center or cost center."""

    kilowatt_hours: dict[str, Decimal]
    machine_seconds: dict[str, int]
    setup_seconds: dict[str, int]
    worked_minutes: dict[tuple[str, str], int]
    """By plant and cost center."""
    paid: dict[str, tuple[Decimal, Decimal]]
    """Hours and amount by plant."""
    maintenance: dict[str, Decimal]
    """By plant."""


def _new_month() -> _Month:
    return _Month(
        defaultdict(Decimal),
        defaultdict(int),
        defaultdict(int),
        defaultdict(int),
        defaultdict(lambda: (Decimal(0), Decimal(0))),
        defaultdict(Decimal),
    )


class MonthEnd:
    """Posts the cost of each month a few nights after its end."""

    def __init__(
        self,
        log: EventLog,
        clocks: dict[str, WallClock],
        units: list[WorkUnit],
        budget: Budget,
        ledger: Ledger,
        seed: str,
    ) -> None:
        self._log = log
        self._clocks = clocks
        self._budget = budget
        self._ledger = ledger
        self._random = Random(f"{seed}/finance")
        self._center_of_unit = {unit.work_unit_id: unit.work_center for unit in units}
        self._units_at: dict[str, int] = defaultdict(int)
        for unit in units:
            self._units_at[unit.work_center.work_center_id] += 1
        self._closing = {night: month for month, night in self._months()}
        self._closed: list[date] = []
        self._gone_by = self._gather() if self._closing else {}

    def _months(self) -> Iterator[tuple[date, int]]:
        """Yield the first day and the night of posting of each month whose cost is posted within the nights."""
        month = self._log.first_date.replace(day=1)
        while True:
            following = (month + timedelta(days=32)).replace(day=1)
            night = self._log.night_on(following + timedelta(days=POSTED_AFTER_DAYS))
            if night >= self._log.days:
                return
            yield month, night
            month = following

    def _rows(self, dataset: str) -> Iterator[dict[str, Any]]:
        columns = COLUMNS[dataset]
        for row in self._log.current(dataset):
            yield dict(zip(columns, row, strict=True))

    def _gather(self) -> dict[str, _Month]:
        """Gather what the closing months are posted from, by period."""
        found: dict[str, _Month] = defaultdict(_new_month)
        dates: dict[tuple[str, int], str] = {}
        for unit_id, plant_id, started, kwh in self._log_columns(
            "energy_reading", "work_unit_id", "plant_id", "interval_start_at", "kwh"
        ):
            hour = started // 3_600_000
            period = dates.get((plant_id, hour))
            if period is None:
                period = dates[plant_id, hour] = f"{self._clocks[plant_id].date_of(started):%Y-%m}"
            found[period].kilowatt_hours[self._center_of_unit[unit_id].work_center_id] += Decimal(kwh)
        for row in self._rows("confirmation"):
            center = self._center_of_unit.get(row["work_unit_id"])
            if center is not None:
                month = found[f"{row['posting_date']:%Y-%m}"]
                month.machine_seconds[center.work_center_id] += row["machine_seconds"]
                month.setup_seconds[center.work_center_id] += row["setup_seconds"]
        for row in self._rows("labour_time"):
            center = self._center_of_unit.get(row["work_unit_id"])
            if center is not None:
                month = found[f"{row['work_date']:%Y-%m}"]
                month.worked_minutes[row["plant_id"], center.cost_center_id] += int(Decimal(row["hours"]) * 60)
        for row in self._rows("payroll"):
            month, plant_id = found[row["period_id"]], row["worker_id"][:2]
            hours, amount = month.paid[plant_id]
            month.paid[plant_id] = (hours + row["hours"], amount + row["amount"])
        for row in self._rows("maintenance_order"):
            on = self._clocks[row["plant_id"]].date_of(row["finished_at"])
            found[f"{on:%Y-%m}"].maintenance[row["plant_id"]] += row["amount"]
        return found

    def _log_columns(self, dataset: str, *names: str) -> Iterator[tuple[Any, ...]]:
        positions = [COLUMNS[dataset].index(name) for name in names]
        for row in self._log.current(dataset):
            yield tuple(row[position] for position in positions)

    def post(self, night: int) -> None:
        """Post the month that is closed in this night, if any, and allocate what service cost centers bear."""
        month = self._closing.get(night)
        if month is not None:
            last_day = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
            self._post_cost(night, month, last_day)
            self._closed.append(month)
        for closed in self._closed:
            self._allocate(night, closed)

    def _post_cost(self, night: int, month: date, last_day: date) -> None:
        gone_by, random = self._gone_by[f"{month:%Y-%m}"], self._random
        actual_rates = {
            (row["cost_center_id"], row["activity"]): row["hourly_amount"]
            for row in self._rows("activity_rate")
            if row["rate_type"] == "actual" and row["valid_from"] == month
        }
        building = Decimal(0)
        for center in WORK_CENTERS:
            center_id, units = center.work_center_id, self._units_at[center.work_center_id]
            energy = rounded(gone_by.kilowatt_hours[center_id] * EURO_PER_KWH)
            if center_id not in POOLS:
                building += energy
                continue
            pool = POOLS[center_id]
            fixed = budgeted_fixed(center, month, self._log.first_date, units)
            used = pool.tools * gone_by.machine_seconds[center_id] * random.randint(930, 1100) / 3_600_000
            machine = actual_rates[center.cost_center_id, "machine"] * gone_by.machine_seconds[center_id]
            setup = actual_rates[center.cost_center_id, "setup"] * gone_by.setup_seconds[center_id]
            for account_id, amount, text in (
                (ENERGY, energy, "energy"),
                (TOOLS, rounded(used), "tools and consumables"),
                (MACHINE_COST, rounded((machine + setup) / 3600), "machine leasing and service"),
                (DEPRECIATION, rounded(fixed["depreciation"] * random.randint(990, 1035) / 1000), "depreciation"),
                (RENT, rounded(fixed["rent"] * random.choice((1000, 1000, 1015)) / 1000), "rent"),
            ):
                self._accrue(night, last_day, center.plant_id, center.cost_center_id, account_id, amount, text)
        share = self._budget.service_share(month)
        for account_id, cost_center_id, amount, text in (
            (ADMINISTRATION, ADMINISTRATION_CENTER, building, "energy of the buildings"),
            (
                ADMINISTRATION,
                ADMINISTRATION_CENTER,
                rounded(SERVICE_COST[ADMINISTRATION_CENTER][0][1] * share * random.randint(940, 1010) / 1000),
                "administration",
            ),
        ):
            self._accrue(night, last_day, None, cost_center_id, account_id, amount, text)
        for plant_id, amount in sorted(gone_by.maintenance.items()):
            self._accrue(night, last_day, plant_id, MAINTENANCE_CENTER, MAINTENANCE, rounded(amount), "maintenance")
        for plant_id in self._clocks:
            self._post_wages(night, last_day, plant_id, gone_by)

    def _accrue(
        self,
        night: int,
        on: date,
        plant_id: str | None,
        cost_center_id: str,
        account_id: str,
        amount: Decimal,
        text: str,
    ) -> None:
        lines = (Line(account_id, amount, cost_center_id), Line(ACCRUALS, -amount))
        self._ledger.post(night, Draft(on, plant_id, lines, text), hour=BOOKS_CLOSE_AT)

    def _post_wages(self, night: int, on: date, plant_id: str, gone_by: _Month) -> None:
        """Charge a plant's payroll to the cost centers worked for; leave and all other hours to its support."""
        paid_hours, paid = gone_by.paid[plant_id]
        if not paid:
            return
        paid_by, worked_by = PAID_BY_WORKED
        minutes = {
            center: worked * paid_by // worked_by
            for (plant, center), worked in sorted(gone_by.worked_minutes.items())
            if plant == plant_id and worked > 0
        }
        minutes[f"CC-{plant_id}-IND"] = max(int(paid_hours * 60) - sum(minutes.values()), 0)
        cents = split(paid * 100, list(minutes.values()))
        lines = [Line(WAGES, part / 100, center) for center, part in zip(minutes, cents, strict=True)]
        draft = Draft(on, plant_id, (*lines, Line(WAGES_PAYABLE, -paid)), "wages")
        self._ledger.post(night, draft, hour=BOOKS_CLOSE_AT)

    def _allocate(self, night: int, month: date) -> None:
        """Allocate what the service cost centers bear of a closed month, by planned machine hours, down to nothing."""
        period_id = f"{month:%Y-%m}"
        last_day = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        for sender in SERVICE_COST:
            balance = self._ledger.of_cost_center[sender, period_id]
            if not balance:
                continue
            receivers = self._budget.receivers(sender, month)
            cents = split(balance * 100, [weight for _, weight in receivers])
            lines = [
                Line(ALLOCATION, part / 100, center.cost_center_id, plant_id=center.plant_id)
                for (center, _), part in zip(receivers, cents, strict=True)
            ]
            own = Line(ALLOCATION, -balance, sender, plant_id=SERVICE_COST_CENTERS[sender][2])
            draft = Draft(last_day, None, (own, *lines), f"allocation of {sender}")
            self._ledger.post(night, draft, hour=BOOKS_CLOSE_AT)
