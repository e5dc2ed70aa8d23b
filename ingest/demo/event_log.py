"""The log of everything that is ever delivered: each row with the night in which it arrives.

A later row with the same key replaces an earlier one, as a corrected delivery does. Values are typed: moments as
milliseconds (columns ending in `_at`, see is_moment), exact decimals, dates, texts; None is an empty field.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from ingest.demo.clock import DAY, midnight_utc
from ingest.demo.tables import COLUMNS, KEY_POSITIONS

Row = tuple[Any, ...]


class EventLog:
    """Rows by dataset, each with the number of its night (0 is the first); rows of later nights are not kept.

    A night brings what became known in the UTC day before it, so that P1's local midnight and P2's late shift
    never fall between two deliveries.
    """

    def __init__(self, first_date: date, days: int) -> None:
        self.first_date = first_date
        self.days = days
        self.begin = midnight_utc(first_date)
        self.end = self.begin + days * DAY
        self.rows: dict[str, list[tuple[int, Row]]] = defaultdict(list)

    def night_of(self, known_at: int) -> int:
        """Return the number of the night that delivers what became known at that moment."""
        return max((known_at - self.begin) // DAY, 0)

    def date_of_night(self, night: int) -> date:
        """Return the date under which a night's files are delivered: the day after the UTC day they tell of."""
        return self.first_date + timedelta(days=night + 1)

    def night_on(self, day: date) -> int:
        """Return the number of the night that delivers what became known on that UTC day."""
        return max((day - self.first_date).days, 0)

    def add(self, dataset: str, night: int, **values: Any) -> Row:
        """Record a row; columns not named are empty. Raise KeyError for a column the dataset has not."""
        columns = COLUMNS[dataset]
        unknown = values.keys() - set(columns)
        if unknown:
            raise KeyError(f"{dataset} has no column {', '.join(sorted(unknown))}")
        row = tuple(values.get(column) for column in columns)
        self.add_row(dataset, night, row)
        return row

    def add_row(self, dataset: str, night: int, row: Row) -> None:
        """Record a row given in column order."""
        if night < self.days:
            self.rows[dataset].append((night, row))

    def current(self, dataset: str, night: int | None = None) -> list[Row]:
        """Return the rows as they stand after `night` (default the last): the latest of each key."""
        positions = KEY_POSITIONS[dataset]
        last = self.days if night is None else night
        rows = [(at, row) for at, row in self.rows[dataset] if at <= last]
        rows.sort(key=lambda entry: entry[0])
        return list({tuple(row[position] for position in positions): row for _, row in rows}.values())

    def by_night(self, dataset: str) -> dict[int, list[Row]]:
        """Return a dataset's rows by night: within a night the last of each key, in the order they were recorded."""
        positions = KEY_POSITIONS[dataset]
        nights: dict[int, dict[Row, Row]] = defaultdict(dict)
        for night, row in self.rows[dataset]:
            nights[night][tuple(row[position] for position in positions)] = row
        return {night: list(rows.values()) for night, rows in nights.items()}
