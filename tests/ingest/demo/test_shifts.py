from __future__ import annotations

from datetime import date

import pytest

from ingest.demo.shifts import easter_sunday, holidays


@pytest.mark.parametrize(
    ("year", "easter"),
    [(2024, date(2024, 3, 31)), (2025, date(2025, 4, 20)), (2026, date(2026, 4, 5)), (2038, date(2038, 4, 25))],
)
def test_easter_falls_where_the_church_puts_it(year, easter):
    assert easter_sunday(year) == easter


def test_each_plant_keeps_its_own_holidays():
    assert date(2026, 4, 6) in holidays("P1", 2026)
    assert date(2026, 4, 6) not in holidays("P2", 2026)
    assert date(2026, 2, 16) in holidays("P2", 2026)
    assert date(2026, 4, 3) in holidays("P1", 2026) & holidays("P2", 2026)


def test_units_work_through_the_clock_change_of_their_plant(factory):
    producing = {
        (run.unit.plant_id, run.shift.production_date)
        for order in factory.floor.orders
        for run in order.runs
        if run.producing and run.shift.production_date.weekday() == 5 and run.shift.shift_id == "N"
    }
    assert producing == {("P1", date(2026, 3, 28)), ("P2", date(2026, 3, 7))}
