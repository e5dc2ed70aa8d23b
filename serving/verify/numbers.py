"""Exact arithmetic on whole numbers of millionths: products, quotients and rounding half away from zero."""

from __future__ import annotations

import polars as pl

ONE = 1_000_000
"""1.000000 in millionths."""
CENT = 10_000
"""0.01 in millionths."""


def micro(name: str) -> pl.Expr:
    """A column of millionths."""
    return pl.col(name)


def known(name: str) -> pl.Expr:
    """A column, 0 where it is not known."""
    return pl.col(name).fill_null(0)


def quotient(numerator: pl.Expr, denominator: pl.Expr | int) -> pl.Expr:
    """The quotient as a whole number, half away from zero; null for a denominator of 0."""
    below = pl.lit(denominator, dtype=pl.Int128) if isinstance(denominator, int) else denominator.cast(pl.Int128)
    above = numerator.cast(pl.Int128)
    size = (2 * above.abs() + below.abs()) // (2 * pl.when(below == 0).then(None).otherwise(below.abs()))
    return above.sign() * below.sign() * size


def rounded(numerator: pl.Expr, denominator: pl.Expr | int, unit: int = CENT) -> pl.Expr:
    """numerator ÷ denominator (in millionths), rounded to `unit` millionths."""
    below = denominator * unit
    return quotient(numerator, below) * unit


def times(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """The exact product of two columns, in millionths of millionths."""
    return left.cast(pl.Int128) * right.cast(pl.Int128)
