"""What an identity is, and how its two sides are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from serving.verify.build import MICRO, Build

HOLDS, BROKEN, NOT_APPLICABLE = "holds", "broken", "not applicable"


@dataclass(frozen=True)
class Proof:
    """An identity over what it was compared: sums of both sides, and of the differences without their signs.

    `example` names the first row that differs. Amounts are decimals; None where nothing was compared.
    """

    identity_id: str
    says: str
    scope: str
    rows_compared: int
    left_value: Decimal | None
    right_value: Decimal | None
    difference: Decimal | None
    status: str
    example: str | None = None


@dataclass(frozen=True)
class Identity:
    """Two figures that must be equal. `needs` are the columns without which there is nothing to compare.

    `frame` returns rows with company_id, left and right (whole numbers in millionths), the columns that name the row,
    and where rounding was lost before publishing `slack`, the most by which the sides may differ.
    """

    identity_id: str
    says: str
    needs: Mapping[str, Sequence[str]]
    frame: Callable[[Build], pl.LazyFrame]


def prove(build: Build, identity: Identity) -> list[Proof]:
    """Compare the two sides, company by company."""
    lacking = [table for table, columns in identity.needs.items() if not build.has(table, columns)]
    if lacking:
        what = ", ".join(lacking)
        return [Proof(identity.identity_id, identity.says, f"without {what}", 0, None, None, None, NOT_APPLICABLE)]
    rows = identity.frame(build)
    names = rows.collect_schema().names()
    slack = pl.col("slack") if "slack" in names else pl.lit(0, dtype=pl.Int128)
    gap = (pl.col("left").fill_null(0).cast(pl.Int128) - pl.col("right").fill_null(0).cast(pl.Int128)).abs()
    # Known on one side only is a difference of its own, whatever the amount.
    one_sided = pl.col("left").is_null() != pl.col("right").is_null()
    told = rows.filter(pl.col("left").is_not_null() | pl.col("right").is_not_null()).with_columns(
        gap=gap, is_off=one_sided | (gap > slack)
    )
    key = [name for name in names if name not in ("left", "right", "slack", "company_id")]
    named = (
        pl.concat_str(
            [pl.format(name + "={}", pl.col(name).cast(pl.String).fill_null("-")) for name in key], separator=" "
        )
        if key
        else pl.lit("")
    )
    summed = (
        told.group_by("company_id")
        .agg(
            rows=pl.len(),
            left=pl.col("left").cast(pl.Int128).sum(),
            right=pl.col("right").cast(pl.Int128).sum(),
            gap=pl.col("gap").filter(pl.col("is_off")).sum(),
            off=pl.col("is_off").sum(),
            example=pl.format("{}: {} against {}", named, _shown("left"), _shown("right"))
            .filter(pl.col("is_off"))
            .first(),
        )
        .sort("company_id")
        .collect(engine="streaming")
    )
    if summed.is_empty():
        return [Proof(identity.identity_id, identity.says, "no rows", 0, None, None, None, NOT_APPLICABLE)]
    return [
        Proof(
            identity.identity_id,
            identity.says,
            str(row["company_id"]),
            row["rows"],
            _decimal(row["left"]),
            _decimal(row["right"]),
            _decimal(row["gap"]),
            BROKEN if row["off"] else HOLDS,
            row["example"],
        )
        for row in summed.iter_rows(named=True)
    ]


def _shown(name: str) -> pl.Expr:
    return (pl.col(name).cast(pl.Float64) / 10**MICRO).round(MICRO).cast(pl.String).fill_null("unknown")


def _decimal(micros: Any) -> Decimal:
    return Decimal(int(micros)).scaleb(-MICRO)


def row_identity(
    identity_id: str,
    says: str,
    table: str,
    key: Sequence[str],
    left: pl.Expr,
    right: pl.Expr,
    *,
    where: pl.Expr | None = None,
    slack: pl.Expr | None = None,
) -> Identity:
    """An identity within each row of a table. Null on either side is compared as null, not as 0."""
    used = {name for side in (left, right, where, slack) if side is not None for name in side.meta.root_names()}

    def frame(build: Build) -> pl.LazyFrame:
        rows = build.scan(table)
        rows = rows.filter(where) if where is not None else rows
        more = {"slack": slack} if slack is not None else {}
        return rows.select("company_id", *key, left=left, right=right, **more)

    return Identity(identity_id, says, {table: sorted({"company_id", *key, *used})}, frame)


def sides(left: pl.LazyFrame, right: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    """Both sides summed by key, 0 where one has no row; each frame has the key and its own amount, left or right.

    A null in the key is a key of its own; a null amount adds nothing.
    """
    both = pl.concat(
        [
            left.select(*key, left=pl.col("left").cast(pl.Int128), right=pl.lit(0, dtype=pl.Int128)),
            right.select(*key, left=pl.lit(0, dtype=pl.Int128), right=pl.col("right").cast(pl.Int128)),
        ]
    )
    return both.group_by(*key).agg(pl.col("left").sum(), pl.col("right").sum())
