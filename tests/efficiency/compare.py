"""The oracle's answers beside the warehouse's, row by row and to the last digit.

Durations are compared as whole milliseconds and quantities as whole millionths, both as decimals throughout: no
floating point takes part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from efficiency.case import Case, current_facts
from efficiency.marts import MARTS, Mart, Value
from efficiency.oracle import Oracle
from efficiency.warehouse import company_of, number_of

Answer = dict[tuple[Any, ...], dict[str, Value]]
"""key → column → whole number or text; the key begins with the company"""


def published(connection: duckdb.DuckDBPyConnection, mart: Mart) -> Answer:
    """What the warehouse holds; a row that stands twice is an error of the mart."""
    listed = ", ".join(_whole(measure) for measure in mart.measures)
    rows = connection.sql(f"select company_id, {', '.join(mart.key)}, {listed} from {mart.table}").fetchall()
    width = len(mart.key) + 1
    answer = {row[:width]: dict(zip(mart.measures, row[width:], strict=True)) for row in rows}
    assert len(answer) == len(rows), f"{mart.name}: {mart.key} does not tell its rows apart"
    return answer


def _whole(measure: str) -> str:
    """The measure as an integer: milliseconds, millionths, or the count that it is. Texts stay texts."""
    if measure in ("basis", "order_source", "item_id"):
        return measure
    scale = {"seconds": " * 1000", "qty": " * 1000000"}.get(measure.rsplit("_", 1)[-1], "")
    return f"cast({measure}{scale} as hugeint) as {measure}"


def answers(cases: Sequence[Case], marts: Sequence[Mart] = MARTS) -> dict[str, Answer]:
    """What the oracle says of every case: mart → answer. The company of a case is its place in the list."""
    told: dict[str, Answer] = {mart.name: {} for mart in marts}
    for number, case in enumerate(cases):
        oracle = Oracle(current_facts(case.deliveries))
        shifts = oracle.machine_shifts()
        for mart in marts:
            for key, values in mart.expected(oracle, shifts):
                told[mart.name][company_of(number), *key] = values
    return told


def differences(expected: Answer, held: Answer) -> dict[int, list[str]]:
    """By case, one line for each row that only one side has and for each value that differs."""
    found: dict[int, list[str]] = {}
    for key in expected.keys() | held.keys():
        lines = []
        if key not in held:
            lines.append(f"{key}: only the oracle has it")
        elif key not in expected:
            lines.append(f"{key}: only the mart has it")
        else:
            lines += [
                f"{key}: {name} should be {value}, is {held[key][name]}"
                for name, value in expected[key].items()
                if value != held[key][name]
            ]
        if lines:
            found.setdefault(number_of(key[0]), []).extend(lines)
    return found


def compared(
    connection: duckdb.DuckDBPyConnection, told: dict[str, Answer], marts: Sequence[Mart] = MARTS
) -> dict[int, list[str]]:
    """The differences of all marts by case."""
    found: dict[int, list[str]] = {}
    for mart in marts:
        for case, lines in differences(told[mart.name], published(connection, mart)).items():
            found.setdefault(case, []).extend(f"{mart.name} {line}" for line in sorted(lines))
    return found
