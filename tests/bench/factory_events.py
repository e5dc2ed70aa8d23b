"""A plant's historian day by day as long Parquet: ts (UTC), machine_id, tag, value; 50,000 readings a machine and day.

Tags: `state` (a code of STATE_CODES at each change, 1,440 a day), `good` and `reject` (standing of a counter every ten
seconds, started anew about twice a day) and `temp`. A day is the same whenever and however often it is written: what it
carries over from the day before is computed from that day alone, since every counter starts anew at least once a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FIRST_DAY = date(2025, 3, 1)
DAY_MS = 86_400_000
READINGS_A_DAY = 50_000
STATES, SLOTS = 1_440, 8_640
MEASUREMENTS = READINGS_A_DAY - STATES - 2 * SLOTS
SLOT_MS = DAY_MS // SLOTS
STATE_CODES = {
    1: "producing", 2: "setup", 3: "delay", 4: "idle", 5: "down", 6: "maintenance", 7: "off", 8: "unknown",
}  # fmt: skip
_SHARES = (0.72, 0.08, 0.05, 0.05, 0.06, 0.02, 0.01, 0.01)
_TAGS = ("state", "good", "reject", "temp")
_GOOD_A_SLOT, _REJECT_A_SLOT = 2.0, 0.06
"""Pieces that a producing machine makes in ten seconds."""

# A reading is one integer, so that sorting a day by time is one sort of one array: milliseconds of the day, machine,
# tag, value (temperatures in hundredths).
_VALUE_BITS, _TAG_BITS, _MACHINE_BITS = 22, 2, 12
_Array = np.ndarray


@dataclass(frozen=True)
class _Floor:
    """One day of all machines: times in ms of the day and values, one row a machine."""

    state_ms: _Array
    state: _Array
    slot_ms: _Array
    rises: tuple[_Array, _Array]
    restarts: _Array


def machine_name(number: int) -> str:
    """Return the id of a machine."""
    return f"M{number:04}"


def day_of(number: int) -> date:
    """Return the date of the factory's n-th day, counted from 0; days before it are negative."""
    return FIRST_DAY + timedelta(days=number)


def write_days(folder: Path, machines: int, days: Iterable[int]) -> Iterator[Path]:
    """Write one file a day into `folder` and yield it when it is there under its name; days need not be in order."""
    folder.mkdir(parents=True, exist_ok=True)
    standing: _Array | None = None
    previous = None
    for number in days:
        if standing is None or previous != number - 1:
            standing = _standings(_floor(number - 1, machines), np.zeros((2, machines, 1), np.int64))[:, :, -1:]
        floor = _floor(number, machines)
        standings = _standings(floor, standing)
        file = folder / f"sensor_{day_of(number)}.parquet"
        part = file.with_suffix(".part")
        pq.write_table(_table(number, machines, floor, standings), part, compression="zstd", row_group_size=500_000)
        part.rename(file)
        standing, previous = standings[:, :, -1:], number
        yield file


def _random(number: int, machines: int, what: int) -> np.random.Generator:
    return np.random.default_rng((number + 10_000, machines, what))


def _floor(number: int, machines: int) -> _Floor:
    random = _random(number, machines, 0)
    order = np.arange(STATES)
    # Distinct moments: sorted with repetition, then spread by their rank.
    state_ms = np.sort(random.integers(0, DAY_MS - STATES, (machines, STATES)), axis=1) + order
    state = random.choice(np.arange(1, 9), p=_SHARES, size=(machines, STATES))
    slot_ms = np.arange(SLOTS) * SLOT_MS + random.integers(0, 2_000, (machines, SLOTS))
    row = np.arange(machines)[:, None] * DAY_MS
    at_slot = np.searchsorted((state_ms + row).ravel(), (slot_ms + row).ravel(), side="right") - 1
    producing = state.ravel()[np.maximum(at_slot, 0)].reshape(machines, SLOTS) == 1
    rises = tuple(random.poisson(rate, (machines, SLOTS)) * producing for rate in (_GOOD_A_SLOT, _REJECT_A_SLOT))
    return _Floor(state_ms, state, slot_ms, (rises[0], rises[1]), random.integers(1, SLOTS, (2, machines, 2)))


def _standings(floor: _Floor, before: _Array) -> _Array:
    """Return counters × machines × slots: what each counter shows, given what it showed `before` the day.

    A counter that starts anew shows only what was made since then.
    """
    rows = np.arange(floor.slot_ms.shape[0])[:, None]
    shown = []
    for counter, rise in enumerate(floor.rises):
        total = np.cumsum(rise, axis=1) + before[counter]
        restart = np.sort(floor.restarts[counter], axis=1)
        lost_at = total[rows, restart - 1]
        slots = np.arange(SLOTS)
        lost = np.where(slots >= restart[:, 1:], lost_at[:, 1:], np.where(slots >= restart[:, :1], lost_at[:, :1], 0))
        shown.append(total - lost)
    return np.stack(shown)


def _table(number: int, machines: int, floor: _Floor, standings: _Array) -> pa.Table:
    random = _random(number, machines, 1)
    step = DAY_MS // MEASUREMENTS
    measured_ms = np.arange(MEASUREMENTS) * step + random.integers(0, 1_000, (machines, MEASUREMENTS))
    temperature = np.maximum(random.normal(6_000, 500, (machines, MEASUREMENTS)), 0).astype(np.int64)
    families = [
        (floor.state_ms, 0, floor.state),
        (floor.slot_ms, 1, standings[0]),
        (floor.slot_ms + 2_000, 2, standings[1]),
        (measured_ms, 3, temperature),
    ]
    readings = np.concatenate([_packed(*family).ravel() for family in families])
    readings.sort()
    value = (readings & ((1 << _VALUE_BITS) - 1)).astype(np.float64)
    tag = ((readings >> _VALUE_BITS) & ((1 << _TAG_BITS) - 1)).astype(np.int8)
    machine = ((readings >> (_VALUE_BITS + _TAG_BITS)) & ((1 << _MACHINE_BITS) - 1)).astype(np.int16)
    np.divide(value, 100, out=value, where=tag == 3)
    midnight = np.datetime64(day_of(number), "us").astype(np.int64)
    micros = (readings >> (_VALUE_BITS + _TAG_BITS + _MACHINE_BITS)) * 1_000 + midnight
    names = [machine_name(machine) for machine in range(machines)]
    return pa.table(
        {
            "ts": pa.array(micros).cast(pa.timestamp("us")),
            "machine_id": pa.DictionaryArray.from_arrays(pa.array(machine), pa.array(names)),
            "tag": pa.DictionaryArray.from_arrays(pa.array(tag), pa.array(_TAGS)),
            "value": pa.array(value),
        }
    )


def _packed(at_ms: _Array, tag: int, value: _Array) -> _Array:
    machine = np.arange(at_ms.shape[0], dtype=np.int64)[:, None]
    return (((at_ms << _MACHINE_BITS | machine) << _TAG_BITS | tag) << _VALUE_BITS) | value
