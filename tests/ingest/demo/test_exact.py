from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from ingest.demo.exact import round_half_away, split


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.125", "0.13"), ("-0.125", "-0.13"), ("0.1249", "0.12"), ("2", "2.00"), ("-0.004", "0.00")],
)
def test_halves_are_rounded_away_from_zero(value, rounded):
    assert round_half_away(Fraction(value), 2) == Decimal(rounded)


def test_whole_pieces_stay_whole_and_the_largest_remainder_gets_the_odd_one():
    assert split(Decimal(10), [1, 1, 1]) == [4, 3, 3]
    assert split(Decimal(10), [2, 3, 2]) == [3, 4, 3]
    assert split(Decimal(7), [0, 5, 0]) == [0, 7, 0]


def test_kilograms_are_split_to_the_millionth():
    assert split(Decimal("1.5"), [1, 2]) == [Decimal("0.5"), Decimal("1")]
    assert split(Decimal("0.1"), [1, 1, 1]) == [Decimal("0.033334"), Decimal("0.033333"), Decimal("0.033333")]


def test_a_reversal_is_split_like_what_it_takes_back():
    assert split(Decimal(-10), [1, 1, 1]) == [-4, -3, -3]
