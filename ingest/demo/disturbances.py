"""What ordinary work does to clean data: rows that come late, are corrected, reversed, or delivered twice.

None of this is a fault: every row is acceptable, and the truth follows from the rows as they stand after each night.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from ingest.demo.clock import DAY, MINUTE, WallClock
from ingest.demo.event_log import EventLog, Row
from ingest.demo.tables import COLUMNS, KEY_POSITIONS

LATE_SHARE = {
    "confirmation": 0.006,
    "goods_movement": 0.005,
    "attendance": 0.01,
    "labour_time": 0.004,
    "machine_state": 0.0015,
    "production_counter": 0.0006,
}
CORRECTED_SHARE = {
    "confirmation": 0.006,
    "goods_movement": 0.004,
    "attendance": 0.01,
    "labour_time": 0.004,
    "machine_state": 0.001,
}
REPEATED_SHARE = {"confirmation": 0.004, "goods_movement": 0.003, "energy_reading": 0.001, "machine_state": 0.0005}
REVERSED_SHARE = {"confirmation": 0.008, "goods_movement": 0.006, "labour_time": 0.003}
NEGATED = {
    "confirmation": (
        "good_qty",
        "scrap_qty",
        "rework_qty",
        "first_pass_good_qty",
        "setup_seconds",
        "machine_seconds",
        "labour_seconds",
    ),
    "goods_movement": ("qty", "amount"),
    "labour_time": ("hours",),
}


@dataclass(frozen=True)
class Disturbance:
    """A row that did not come once, in time and right. `night` is the number of the night that brought the remedy."""

    night: int
    dataset: str
    key: tuple[Any, ...]
    kind: str


class Disturber:
    """Disturbs the log, each row at most once, and remembers what it did."""

    def __init__(self, log: EventLog, clocks: dict[str, WallClock], seed: str) -> None:
        self._log = log
        self._clocks = clocks
        self._random = Random(f"{seed}/disturbances")
        self._touched: set[tuple[str, tuple[Any, ...]]] = set()
        self.done: list[Disturbance] = []

    def disturb(self) -> None:
        """Reverse and rebook, correct, delay and repeat a few rows of each dataset named above."""
        for shares, action in (
            (REVERSED_SHARE, self._reverse),
            (CORRECTED_SHARE, self._correct),
            (LATE_SHARE, self._delay),
            (REPEATED_SHARE, self._repeat),
        ):
            for dataset, share in shares.items():
                self._choose(dataset, share, action)

    def _choose(self, dataset: str, share: float, action: Callable[[str, int, int, Row], str | None]) -> None:
        rows = self._log.rows[dataset]
        if not rows:
            return
        for _ in range(max(int(len(rows) * share), 1)):
            index = self._random.randrange(len(rows))
            night, row = rows[index]
            key = self._key(dataset, row)
            if (dataset, key) in self._touched or night + 4 >= self._log.days:
                continue
            later = night + self._random.randrange(1, 4)
            kind = action(dataset, index, later, row)
            if kind:
                self._touched.add((dataset, key))
                self.done.append(Disturbance(later, dataset, key, kind))

    @staticmethod
    def _key(dataset: str, row: Row) -> tuple[Any, ...]:
        return tuple(row[position] for position in KEY_POSITIONS[dataset])

    def _delay(self, dataset: str, index: int, later: int, row: Row) -> str:
        self._log.rows[dataset][index] = (later, row)
        return "late"

    def _repeat(self, dataset: str, index: int, later: int, row: Row) -> str:
        self._log.rows[dataset].append((later, row))
        return "repeated"

    def _correct(self, dataset: str, index: int, later: int, row: Row) -> str | None:
        """First deliver a wrong version of the row, and the right one later."""
        values = dict(zip(COLUMNS[dataset], row, strict=True))
        if dataset == "confirmation":
            values["good_qty"] += 7
        elif dataset == "goods_movement":
            if values["amount"] is None:
                return None
            values["qty"], values["amount"] = values["qty"] + 2, values["amount"] + Decimal("1.30")
        elif dataset == "attendance":
            values["clock_out_at"] -= 40 * MINUTE
        elif dataset == "labour_time":
            if values["hours"] > 8:
                return None
            values["hours"] += Decimal("0.25")
        elif values["state"] in ("down", "idle", "delay"):
            values["state"] = "setup" if values["state"] == "delay" else "delay"
        else:
            return None
        night, _ = self._log.rows[dataset][index]
        self._log.rows[dataset][index] = (night, tuple(values.values()))
        self._log.rows[dataset].append((later, row))
        return "corrected"

    def _reverse(self, dataset: str, index: int, later: int, row: Row) -> str | None:
        """Take a wrongly booked row back with a minus and book it again rightly, each a row of its own."""
        columns = COLUMNS[dataset]
        values = dict(zip(columns, row, strict=True))
        key_column = columns[KEY_POSITIONS[dataset][0]]
        unsplit = dataset != "confirmation" or values["shift_id"] is not None
        if values["reversal_of"] is not None or not unsplit or values.get("activity") == "absence":
            return None
        back = dict(values)
        for column in NEGATED[dataset]:
            if back[column] is not None:
                back[column] = -back[column]
        again = dict(values)
        if dataset == "confirmation":
            moved = min(int(values["good_qty"]), 3)
            again["good_qty"] -= moved
            again["scrap_qty"] += moved
            if again["first_pass_good_qty"] is not None:
                again["first_pass_good_qty"] = again["good_qty"]
        if "posting_date" in columns:
            plant_clock = self._clocks[values["plant_id"]]
            corrected_at = self._log.begin + later * DAY + DAY // 2
            back["posting_date"] = again["posting_date"] = plant_clock.date_of(corrected_at)
            if "entered_at" in columns:
                back["entered_at"] = again["entered_at"] = corrected_at
        back[key_column], again[key_column] = f"{values[key_column]}-R", f"{values[key_column]}-N"
        back["reversal_of"] = values[key_column]
        self._log.add_row(dataset, later, tuple(back.values()))
        self._log.add_row(dataset, later, tuple(again.values()))
        return "reversed"
