from __future__ import annotations

from datetime import date

from ingest.demo.clock import HOUR, WallClock, midnight_utc

BERLIN_SPRING = WallClock("Europe/Berlin", date(2026, 2, 9), 60)
BERLIN_AUTUMN = WallClock("Europe/Berlin", date(2026, 10, 1), 60)


def test_a_night_shift_over_the_change_to_summer_time_lasts_seven_hours():
    saturday = date(2026, 3, 28)
    assert BERLIN_SPRING.at(saturday, 30) - BERLIN_SPRING.at(saturday, 22) == 7 * HOUR


def test_the_gap_begins_when_the_clock_would_show_two():
    (gap,) = BERLIN_SPRING.gaps()
    assert gap == midnight_utc(date(2026, 3, 29)) + HOUR
    assert BERLIN_SPRING.text(gap - 1000) == "2026-03-29T01:59:59"
    assert BERLIN_SPRING.text(gap) == "2026-03-29T03:00:00"


def test_toronto_changes_three_weeks_before_berlin():
    (gap,) = WallClock("America/Toronto", date(2026, 2, 9), 60).gaps()
    assert gap == midnight_utc(date(2026, 3, 8)) + 7 * HOUR


def test_only_the_repeated_hour_of_autumn_is_written_with_its_offset():
    change = midnight_utc(date(2026, 10, 25)) + HOUR
    assert BERLIN_AUTUMN.text(change - HOUR) == "2026-10-25T02:00:00+02:00"
    assert BERLIN_AUTUMN.text(change) == "2026-10-25T02:00:00+01:00"
    assert BERLIN_AUTUMN.text(change + HOUR) == "2026-10-25T03:00:00"


def test_milliseconds_are_written_only_where_there_are_any():
    noon = BERLIN_SPRING.at(date(2026, 2, 10), 12)
    assert BERLIN_SPRING.text_with_offset(noon) == "2026-02-10T12:00:00+01:00"
    assert BERLIN_SPRING.text_with_offset(noon + 42) == "2026-02-10T12:00:00.042+01:00"
