"""Exact numbers of the oracle: fractions, rounded half away from zero where a figure is kept."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

Number = Fraction | int
Key = tuple[Any, ...]


def to_places(value: Number, places: int) -> Fraction:
    """The value to so many decimal places, half away from zero."""
    scale = 10**places
    steps = floor(abs(value) * scale + Fraction(1, 2))
    return Fraction(steps if value >= 0 else -steps, scale)


def micros(value: Number) -> Fraction:
    return to_places(value, 6)


def cents(value: Number) -> Fraction:
    return to_places(value, 2)


def in_whole_cents(parts: dict[Key, Fraction], total: Fraction) -> dict[Key, Fraction]:
    """The parts in cents that add up to `total`: rounded down, the missing cents to the largest fractions.

    Among equal fractions the first by key, nothing before something. The parts must add up to the total but for less
    than they are many cents.
    """
    whole = {key: Fraction(floor(part * 100), 100) for key, part in parts.items()}
    missing = (total - sum(whole.values())) * 100
    assert missing.denominator == 1 and 0 <= missing <= len(parts), (missing, parts, total)
    by_fraction = sorted(parts, key=lambda key: (whole[key] - parts[key], [(one is not None, one) for one in key]))
    for key in by_fraction[: int(missing)]:
        whole[key] += Fraction(1, 100)
    return whole
