"""Every row that is not planted as a fault satisfies its dataset's contract, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import polars
import pytest

from ingest.contracts.model import Contract, load_contracts
from ingest.demo.tables import COLUMNS, KEY_POSITIONS, is_moment


def text(value: object, is_time: bool) -> str | None:
    if value is None:
        return None
    if is_time and isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return format(value, "f") if isinstance(value, Decimal) else str(value)


@pytest.fixture(scope="module")
def tables(factory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every dataset as a table with the contract's types; a cast that fails is a row of the wrong type."""
    with duckdb.connect() as connection:
        for dataset, contract in load_contracts().items():
            names = COLUMNS.get(dataset)
            if names is None:
                continue
            rows = [row for _, row in factory.log.rows[dataset]]
            data = {name: [text(row[position], is_moment(name)) for row in rows] for position, name in enumerate(names)}
            connection.register("delivered", polars.DataFrame(data, schema=dict.fromkeys(names, polars.String)))
            casts = [
                f"cast({column.name if column.name in names else 'null'} as {column.type.duckdb}) as {column.name}"
                for column in contract.columns
            ]
            connection.execute(f"create table {dataset} as select {', '.join(casts)} from delivered")
            connection.unregister("delivered")
        yield connection


def failing(connection: duckdb.DuckDBPyConnection, contract: Contract) -> Iterator[str]:
    def count(condition: str) -> int:
        found = connection.execute(f"select count(*) from {contract.dataset} where {condition}").fetchone()
        return found[0] if found else 0

    for column in contract.columns:
        conditions = {}
        if column.required:
            conditions["required"] = f"{column.name} is null"
        if column.codes:
            conditions["codes"] = f"{column.name} not in ({', '.join(repr(code) for code in column.codes)})"
        if column.range and column.range.min is not None:
            conditions["min"] = f"{column.name} < '{column.range.min}'"
        if column.range and column.range.max is not None:
            conditions["max"] = f"{column.name} > '{column.range.max}'"
        if column.references and column.references.dataset in COLUMNS:
            target = column.references
            known = f"select {target.column} from {target.dataset}"
            conditions["references"] = f"{column.name} is not null and {column.name} not in ({known})"
        for name, condition in conditions.items():
            if count(condition):
                yield f"{contract.dataset}.{column.name}: {name}"
    for rule in contract.rules:
        if count(f"not ({rule.check})"):
            yield f"{contract.dataset}: {rule.name}"


def test_every_row_satisfies_its_contract(tables):
    problems = [
        problem
        for dataset, contract in load_contracts().items()
        if dataset in COLUMNS
        for problem in failing(tables, contract)
    ]
    assert problems == []


def test_no_key_comes_twice_in_one_night(factory):
    for dataset, positions in KEY_POSITIONS.items():
        seen = set()
        for night, rows in factory.log.by_night(dataset).items():
            for row in rows:
                seen.add((night, tuple(row[position] for position in positions)))
        assert len(seen) == sum(len(rows) for rows in factory.log.by_night(dataset).values()), dataset


def test_orders_lots_and_items_are_known_before_anything_names_them(factory):
    for dataset, key in (("production_order", "order_id"), ("lot", "lot_id"), ("item", "item_id")):
        known: dict[str, int] = {}
        for night, row in factory.log.rows[dataset]:
            identifier = row[COLUMNS[dataset].index(key)]
            known[identifier] = min(night, known.get(identifier, night))
        for other, columns in COLUMNS.items():
            if key in columns and other != dataset:
                position = columns.index(key)
                for night, row in factory.log.rows[other]:
                    assert row[position] is None or known[row[position]] <= night, (other, row)
