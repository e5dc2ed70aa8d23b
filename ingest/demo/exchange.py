"""Daily exchange rates from Canadian dollars to euros, on working days; a rate holds until the next."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from ingest.demo.event_log import EventLog
from ingest.demo.plant_layout import CURRENCY

FOREIGN_CURRENCY = "CAD"
PLANNED_RATE = Decimal("0.6650")
STEP = Decimal("0.0001")


class ExchangeRates:
    """A rate that wanders around the planned one and never far from it."""

    def __init__(self, first_date: date, days: int, seed: str) -> None:
        random = Random(f"{seed}/exchange rates")
        self._dates: list[date] = []
        self._rates: list[Decimal] = []
        steps = int(PLANNED_RATE / STEP)
        middle = steps
        for number in range(-4, days + 1):
            day = first_date + timedelta(days=number)
            if day.weekday() < 5 or not self._dates:
                steps += random.randint(-45, 45) + (middle - steps) // 12
                self._dates.append(day)
                self._rates.append(steps * STEP)

    def on(self, day: date) -> Decimal:
        """Return the rate of a day: that of the last working day."""
        return self._rates[max(bisect_right(self._dates, day) - 1, 0)]

    def record(self, log: EventLog) -> None:
        """Record the year's planned rate beforehand and each day's rate in its night."""
        named = {"from_currency_code": FOREIGN_CURRENCY, "to_currency_code": CURRENCY}
        opening = date(log.first_date.year, 1, 1)
        log.add("exchange_rate", 0, **named, rate_type="plan", valid_from=opening, rate=PLANNED_RATE)
        for day, rate in zip(self._dates, self._rates, strict=True):
            log.add("exchange_rate", log.night_on(day), **named, rate_type="daily", valid_from=day, rate=rate)
