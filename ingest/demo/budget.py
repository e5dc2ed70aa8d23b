"""The budget by cost center, account and month, in two versions: the plan, and a forecast made some weeks later.

Fixed lines name the machine hours they are spread over; variable ones the hours they follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ingest.demo.accounts import (
    ALLOCATION,
    DEPRECIATION,
    ENERGY,
    MACHINE_COST,
    RENT,
    TOOLS,
    WAGES,
)
from ingest.demo.costs import EXPECTED_IDLE, PlannedRates, rounded
from ingest.demo.event_log import EventLog
from ingest.demo.exact import split
from ingest.demo.overheads import (
    EURO_PER_KWH,
    POOLS,
    SERVICE_COST,
    budgeted_fixed,
    budgeted_hours,
    months_of_year,
    receivers,
    service_share,
    working_days,
)
from ingest.demo.plant_layout import COMPANY_ID, CURRENCY, WORK_CENTERS, WorkCenter
from ingest.demo.products import FIRST_VERSION

PLAN, FORECAST = "PLAN", "FORECAST"
FORECAST_AFTER_DAYS = 30
FORECAST_FIXED, FORECAST_VARIABLE, FORECAST_HOURS = Decimal("1.02"), Decimal("0.99"), Decimal("0.96")
SETUP_SHARE = Decimal("0.11")
"""Planned set-up hours for each planned machine hour."""
MANUAL_HOURS_A_DAY = Decimal(10)


@dataclass(frozen=True)
class BudgetLine:
    """What a cost center plans to spend on an account in a month."""

    cost_center_id: str
    account_id: str
    month: date
    amount: Decimal
    behaviour: str
    driver: str | None
    driver_qty: Decimal | None


class Budget:
    """The plan of a factory with so many units at each work center, opened on a day."""

    def __init__(self, opened_on: date, units_at: dict[str, int], copies: int) -> None:
        self._opened_on = opened_on
        self._units_at = units_at
        self._copies = copies
        self._rates = PlannedRates(opened_on)

    def hours(self, center: WorkCenter, month: date) -> Decimal:
        """Return the planned machine hours of a work center in a month."""
        return budgeted_hours(center, month, self._opened_on, self._units_at[center.work_center_id])

    def receivers(self, sender: str, month: date) -> list[tuple[WorkCenter, int]]:
        """Return the work centers that bear a service cost center's cost, with their weights: planned machine hours."""
        return [(center, int(self.hours(center, month) * 10)) for center in receivers(sender)]

    def service_share(self, month: date) -> Decimal:
        """Return the share of the month in which the service cost centers worked."""
        return service_share(month, self._opened_on)

    def lines(self) -> Iterator[BudgetLine]:
        """Yield every line of the plan."""
        for month in months_of_year(self._opened_on):
            for center in WORK_CENTERS:
                yield from self._of_center(center, month)
            yield from self._of_services(month)

    def _of_center(self, center: WorkCenter, month: date) -> Iterator[BudgetLine]:
        hours, units = self.hours(center, month), self._units_at[center.work_center_id]
        own = center.cost_center_id
        paid = self._rates.of(center, "labour", FIRST_VERSION) * (1 - EXPECTED_IDLE)
        labour_hours = hours * center.labour_share
        if units and not center.has_machines:
            labour_hours = MANUAL_HOURS_A_DAY * units * working_days(center.plant_id, month, self._opened_on)
        if labour_hours:
            wages = rounded(labour_hours * paid)
            yield BudgetLine(own, WAGES, month, wages, "variable", "labour_hours", labour_hours)
        if not hours:
            return
        pool = POOLS[center.work_center_id]
        machine = self._rates.of(center, "machine", FIRST_VERSION)
        setup = self._rates.of(center, "setup", FIRST_VERSION) * SETUP_SHARE
        for account_id, hourly in (
            (ENERGY, pool.kilowatt_hours * EURO_PER_KWH),
            (TOOLS, pool.tools),
            (MACHINE_COST, machine + setup),
        ):
            yield BudgetLine(own, account_id, month, rounded(hours * hourly), "variable", "machine_hours", hours)
        fixed = budgeted_fixed(center, month, self._opened_on, units)
        for account_id, amount in ((DEPRECIATION, fixed["depreciation"]), (RENT, fixed["rent"])):
            yield BudgetLine(own, account_id, month, rounded(amount), "fixed", "machine_hours", hours)

    def _of_services(self, month: date) -> Iterator[BudgetLine]:
        """Yield what the service cost centers cost, and how it is allocated."""
        share = self.service_share(month) * self._copies
        received: dict[str, Decimal] = {}
        for sender, costs in SERVICE_COST.items():
            amounts = [(account_id, rounded(amount * share)) for account_id, amount in costs]
            for account_id, amount in amounts:
                yield BudgetLine(sender, account_id, month, amount, "fixed", None, None)
            sent = sum((amount for _, amount in amounts), Decimal(0))
            yield BudgetLine(sender, ALLOCATION, month, -sent, "fixed", None, None)
            bearing = self.receivers(sender, month)
            cents = split(sent * 100, [weight for _, weight in bearing])
            for (center, _), part in zip(bearing, cents, strict=True):
                received[center.cost_center_id] = received.get(center.cost_center_id, Decimal(0)) + part / 100
        for cost_center_id, amount in received.items():
            yield BudgetLine(cost_center_id, ALLOCATION, month, amount, "fixed", None, None)

    def record(self, log: EventLog) -> None:
        """Record the plan in the first night, the forecast for the months still to come in a later one."""
        forecast_from = date.fromordinal(log.first_date.toordinal() + FORECAST_AFTER_DAYS).replace(day=1)
        for line in self.lines():
            self._record(log, 0, PLAN, line, line.amount, line.driver_qty)
            if line.month < forecast_from:
                continue
            driver_qty = None if line.driver_qty is None else line.driver_qty * FORECAST_HOURS
            dearer = FORECAST_FIXED if line.behaviour == "fixed" else FORECAST_VARIABLE * FORECAST_HOURS
            amount = line.amount if line.account_id == ALLOCATION else rounded(line.amount * dearer)
            self._record(log, FORECAST_AFTER_DAYS, FORECAST, line, amount, driver_qty)

    @staticmethod
    def _record(
        log: EventLog, night: int, version: str, line: BudgetLine, amount: Decimal, driver_qty: Decimal | None
    ) -> None:
        log.add(
            "budget",
            night,
            company_id=COMPANY_ID,
            version_id=version,
            cost_center_id=line.cost_center_id,
            account_id=line.account_id,
            period_id=f"{line.month:%Y-%m}",
            amount=amount,
            currency_code=CURRENCY,
            behaviour=line.behaviour,
            driver=line.driver,
            driver_qty=driver_qty,
        )
