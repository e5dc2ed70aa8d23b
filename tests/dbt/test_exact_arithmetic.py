"""The macros that divide money, quantity and time, against fractions of whole numbers: exact to the last digit."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import jinja2
import polars as pl
import pytest

MACROS = Path(__file__).parents[2] / "dbt" / "macros"
ROWS = 2_000
DIVISIONS = [
    ((("a", 6), ("b", 6)), (("c", 6),), 6),
    ((("a", 6), ("b", 6)), (("c", 6),), 2),
    ((("a", 6), ("b", 6)), (("'1000000'", 6),), 6),
    ((("a", 3), ("b", 4)), (("3600", 0),), 2),
    ((("a", 6), ("b", 6)), (("c", 6),), 12),
    ((("a", 12), ("b", 9)), (("c", 6),), 12),
    ((("a", 12), ("b", 12)), (), 12),
    ((("a", 6), ("b", 12)), (), 6),
    ((("a", 6),), (("b", 6), ("c", 6)), 0),
    ((("a", 3), ("b", 6), ("c", 4)), (("3600", 0), ("d", 6)), 6),
]


@pytest.fixture(scope="module")
def macros() -> jinja2.environment.TemplateModule:
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(MACROS))
    return environment.get_template("exact.sql").module


def half_away(value: Fraction, digits: int) -> Fraction:
    units = abs(value) * 10**digits
    whole = math.floor(units + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**digits)


def drawn(of: random.Random, decimals: int, largest: int) -> Decimal | None:
    """A number of at most so many decimals; ties, ones, powers of ten and large ones more often than by chance."""
    if of.random() < 0.03:
        return None
    units = of.choice(
        [0, 1, 5, 10**decimals, 5 * 10 ** max(decimals - 1, 0), of.randrange(100), 10 ** of.randrange(decimals + 3)]
        + [of.randrange(10 ** of.randrange(1, decimals + 2)), of.randrange(largest * 10**decimals)] * 3
    )
    return Decimal(of.choice([1, 1, 1, -1]) * units).scaleb(-decimals)


def value_of(part: str, row: dict[str, Decimal | None]) -> Fraction | None:
    value = row[part] if part in row else Decimal(part.strip("'"))
    return None if value is None else Fraction(value)


def expected(factors: Sequence, divisors: Sequence, digits: int, row: dict[str, Decimal | None]) -> Fraction | None:
    values = [value_of(part, row) for part, _ in [*factors, *divisors]]
    if None in values or 0 in values[len(factors) :]:
        return None
    return half_away(Fraction(math.prod(values[: len(factors)])) / math.prod(values[len(factors) :]), digits)  # type: ignore[arg-type]


@pytest.mark.parametrize(("factors", "divisors", "digits"), DIVISIONS)
@pytest.mark.parametrize("largest", [1_000, 100_000])
def test_a_quotient_of_products_is_rounded_half_away_from_zero(
    macros: jinja2.environment.TemplateModule,
    factors: Sequence,
    divisors: Sequence,
    digits: int,
    largest: int,
    tmp_path: Path,
) -> None:
    of = random.Random(f"{factors}{divisors}{digits}{largest}")
    places = {part: decimals for part, decimals in [*factors, *divisors] if part.isalpha()}
    rows = [{name: drawn(of, decimals, largest) for name, decimals in places.items()} for _ in range(ROWS)]
    rows = [row for row in rows if abs(expected(factors, divisors, digits, row) or 0) < 10 ** (24 - digits)]
    quotient = macros.exact_quotient(factors, divisors, digits)
    given = pl.DataFrame(rows, schema={name: pl.Decimal(30, decimals) for name, decimals in places.items()})
    given.with_row_index("row_no").write_parquet(tmp_path / "given.parquet")
    with duckdb.connect() as connection:
        found = connection.sql(f"select row_no, {quotient} from '{tmp_path}/given.parquet' order by row_no").fetchall()
    wrong = [
        (rows[number], value)
        for number, value in found
        if (None if value is None else Fraction(value)) != expected(factors, divisors, digits, rows[number])
    ]
    assert wrong == []
    assert len(found) > ROWS / 2


def test_what_fits_into_no_decimal_is_refused_and_not_cut_off(macros: jinja2.environment.TemplateModule) -> None:
    quotient = macros.exact_quotient((("a", 6), ("b", 6)), (("c", 6),), 12)
    with duckdb.connect() as connection, pytest.raises(duckdb.ConversionException):
        connection.sql(f"select {quotient} from (select 1e9 as a, 1e9 as b, 0.000001 as c)").fetchall()


@pytest.mark.parametrize("units", [2**47 + 1, 2**48 - 1, 2**48, 2**48 + 1, 2**52 + 1, 2**60 + 1, 10**21 + 1])
@pytest.mark.parametrize("sign", [1, -1])
def test_quotients_beyond_floating_point_are_as_exact(
    macros: jinja2.environment.TemplateModule, units: int, sign: int
) -> None:
    """Just below, on and just above half a unit of a millionth, where a guess would be off."""
    quotient = macros.exact_quotient((("a", 6),), (("b", 6),), 6)
    with duckdb.connect() as connection:
        for above, rounded in ((-1, 0), (0, 1), (1, 1)):
            amount = Decimal(sign * (units * 1000 + 500 + above)).scaleb(-6)
            found = connection.execute(
                f"select {quotient} from (select ?::decimal(38, 6) as a, 1000::decimal(38, 6) as b)", [amount]
            ).fetchall()
            assert found == [(Decimal(sign * (units + rounded)).scaleb(-6),)]


def test_whole_units_are_the_same_for_small_and_for_large_values(
    macros: jinja2.environment.TemplateModule, tmp_path: Path
) -> None:
    of = random.Random(7)
    values = [drawn(of, 6, 10 ** of.randrange(1, 20)) for _ in range(ROWS)]
    values += [Decimal(sign * 10**12) + Decimal(step).scaleb(-6) for sign in (1, -1) for step in (-1, 0, 1)]
    pl.DataFrame({"value": values}, schema={"value": pl.Decimal(38, 6)}).write_parquet(tmp_path / "given.parquet")
    with duckdb.connect() as connection:
        found = connection.sql(f"select value, {macros.scaled('value')} from '{tmp_path}/given.parquet'").fetchall()
    assert [value for value, units in found if value is not None and units != value * 10**6] == []
    assert len(found) == len(values)
