"""Exact rounding and splitting, in whole numbers only."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

MICRO = 1_000_000


def round_half_away(value: Fraction, places: int) -> Decimal:
    """Round half away from zero to so many decimal places."""
    scaled = abs(value.numerator) * 10**places
    rounded = (2 * scaled + value.denominator) // (2 * value.denominator)
    return Decimal(rounded if value >= 0 else -rounded).scaleb(-places)


def split(quantity: Decimal, weights: list[int]) -> list[Decimal]:
    """Split a quantity in proportion to whole weights by largest remainder, ties to the earlier.

    A whole quantity stays whole, another is split in steps of a millionth; the parts add up to the quantity.
    All weights zero is an error (ZeroDivisionError).
    """
    whole = quantity == quantity.to_integral_value()
    steps = int(abs(quantity) * (1 if whole else MICRO))
    total = sum(weights)
    parts = [steps * weight // total for weight in weights]
    remainders = [steps * weight % total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
    for index in by_remainder[: steps - sum(parts)]:
        parts[index] += 1
    sign = 1 if quantity >= 0 else -1
    return [Decimal(sign * part).scaleb(0 if whole else -6) for part in parts]
