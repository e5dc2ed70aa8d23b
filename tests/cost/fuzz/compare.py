"""The oracle's answers beside the warehouse's, row by row and to the last digit; no floating point takes part."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
from efficiency.warehouse import company_of, number_of

from cost.fuzz.company import Company
from cost.fuzz.told import MARTS, Mart, Oracle

Answer = dict[tuple[Any, ...], dict[str, Any]]
"""key → column → exact number or text; the key begins with the company"""


def exactly(value: Any) -> Any:
    """A number as a fraction; anything else as it is."""
    return Fraction(value) if isinstance(value, (Decimal, int)) and not isinstance(value, bool) else value


def says_nothing(values: dict[str, Any]) -> bool:
    return not any(isinstance(value, Fraction) and value for value in values.values())


def published(connection: duckdb.DuckDBPyConnection, mart: Mart) -> Answer:
    """What the warehouse holds; a row that stands twice is an error of the mart."""
    columns = ", ".join(("company_id", *mart.key, *mart.measures))
    rows = connection.sql(f"select {columns} from {mart.table}").fetchall()
    width = len(mart.key) + 1
    answer = {tuple(row[:width]): dict(zip(mart.measures, map(exactly, row[width:]), strict=True)) for row in rows}
    assert len(answer) == len(rows), f"{mart.name}: {mart.key} does not tell its rows apart"
    if not mart.zero_rows_count:
        answer = {key: values for key, values in answer.items() if not says_nothing(values)}
    return answer


def answers(companies: Sequence[Company], marts: Sequence[Mart] = MARTS) -> dict[str, Answer]:
    """What the oracle says of every company: mart → answer. A company is named by its place in the list."""
    told: dict[str, Answer] = {mart.name: {} for mart in marts}
    for number, company in enumerate(companies):
        oracle = Oracle(company)
        for mart in marts:
            for key, values in mart.expected(oracle):
                exact = {name: exactly(values[name]) for name in mart.measures}
                if mart.zero_rows_count or not says_nothing(exact):
                    told[mart.name][company_of(number), *key] = exact
    return told


def differences(expected: Answer, held: Answer) -> dict[int, list[str]]:
    """By company, one line for each row that only one side has and for each value that differs."""
    found: dict[int, list[str]] = {}
    for key in expected.keys() | held.keys():
        if key not in held:
            lines = [f"{key}: only the oracle has it: {in_words(expected[key])}"]
        elif key not in expected:
            lines = [f"{key}: only the mart has it: {in_words(held[key])}"]
        else:
            lines = [
                f"{key}: {name} should be {in_word(value)}, is {in_word(held[key][name])}"
                for name, value in expected[key].items()
                if value != held[key][name]
            ]
        if lines:
            found.setdefault(number_of(key[0]), []).extend(lines)
    return found


def in_word(value: Any) -> str:
    """A number with its decimals, as long as it has no more than twelve."""
    return f"{float(value):.12g}" if isinstance(value, Fraction) else repr(value)


def in_words(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {in_word(value)}" for name, value in values.items())


def compared(
    connection: duckdb.DuckDBPyConnection, told: dict[str, Answer], marts: Sequence[Mart] = MARTS
) -> dict[int, list[str]]:
    """The differences of all marts by company."""
    found: dict[int, list[str]] = {}
    for mart in marts:
        for company, lines in differences(told[mart.name], published(connection, mart)).items():
            found.setdefault(company, []).extend(f"{mart.name} {line}" for line in sorted(lines))
    return found
