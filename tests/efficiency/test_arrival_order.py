"""The same rows in any order of arrival, built night by night, give what one build of everything gives.

Each plant is several companies here, whose rows come in the same number of nights but in orders of their own: late,
repeated, corrected, taken back, orders replanned. After every night every mart must equal what the oracle says of the
rows delivered so far.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import duckdb
import pytest

from dagster_project.stretches import ROWS_AT_ONCE
from efficiency.case import Case, Row, current_facts
from efficiency.compare import Answer, answers, compared, published
from efficiency.draw import ARRIVING_PLANTS, SEED, drawn
from efficiency.marts import MARTS
from efficiency.oracle import Oracle
from efficiency.plants import EVENTS, HOUR, is_in_use, plants
from efficiency.warehouse import Warehouse, company_of, number_of

ORDERS_OF_ARRIVAL = 3
NIGHTS = 4
DIFFERENCES = "differences.json"

pytestmark = pytest.mark.slow


def arriving(case: Case, random: Random) -> Case:
    """The rows of the case in nights of their own; of each key, later versions still come later.

    An order is there from the first night, since confirmations name it, but may be replanned; its operations come when
    they come.
    """
    versions: dict[object, list[Row]] = defaultdict(list)
    for delivery in case.deliveries:
        for row in delivery:
            versions[row.key].append(row)
    nights: list[list[Row]] = [[] for _ in range(NIGHTS)]
    for rows in versions.values():
        row = rows[0]
        if row.dataset == "production_order" and row.values["planned_end_at"] is not None and random.random() < 0.5:
            later = {name: row.values[name] + 9 * HOUR for name in ("planned_start_at", "planned_end_at")}
            first = replace(row, values={**row.values, **later})
            for night, version in zip((0, random.randrange(1, NIGHTS)), (first, row), strict=True):
                nights[night].append(version)
        elif row.dataset in EVENTS or row.dataset == "order_operation":
            when = sorted(random.sample(range(NIGHTS), len(rows)))
            for night, version in zip(when, rows, strict=True):
                nights[night].append(version)
        else:
            nights[0].append(row)
    return replace(case, deliveries=tuple(map(tuple, nights)))


def until(case: Case, night: int) -> Case:
    return replace(case, deliveries=case.deliveries[: night + 1])


def late_event(case: Case, random: Random) -> Row | None:
    """A stop that one of the plant's machines tells of afterwards, in the midst of what is known."""
    oracle = Oracle(current_facts(case.deliveries))
    slots = oracle.slots()
    if not slots:
        return None
    slot = random.choice(slots)
    at = random.randrange(slot.start, min(slot.end, oracle.horizon or slot.end))
    if not is_in_use(oracle.units[slot.unit], at):
        return None
    values = {"work_unit_id": slot.unit, "occurred_at": at, "ended_at": random.choice([None, at + 600_000])}
    return Row("machine_state", values | {"state": "down", "reason_id": None, "order_id": None, "operation_no": None})


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Neighbours in this list are the same plant."""
    return [
        arriving(case, Random(f"{SEED} {number} {order}"))
        for number, case in enumerate(drawn(plants(), ARRIVING_PLANTS, SEED + 2))
        for order in range(ORDERS_OF_ARRIVAL)
    ]


@pytest.fixture(scope="module")
def nightly(cases: list[Case], once: Callable[..., Warehouse]) -> Warehouse:
    """A home that has lived through the nights; what differed from the oracle after each is noted beside its inbox."""

    def live(folder: Path) -> None:
        warehouse = Warehouse.new(folder)
        warehouse.deliver_companies({number: case.zone for number, case in enumerate(cases)})
        found = []
        for night in range(NIGHTS):
            warehouse.deliver({number: (case.zone, case.deliveries[night]) for number, case in enumerate(cases)})
            warehouse.take_in()
            warehouse.build(warehouse.news() if night else None)
            with warehouse.connected() as connection:
                found.append(compared(connection, answers([until(case, night) for case in cases])))
        (folder / DIFFERENCES).write_text(json.dumps(found), encoding="utf-8")

    return once("nights", live)


def test_after_every_night_the_marts_equal_the_oracle(nightly: Warehouse, cases: list[Case]) -> None:
    for night, found in enumerate(json.loads((nightly.home.root / DIFFERENCES).read_text(encoding="utf-8"))):
        smallest = min(found, key=lambda number: cases[int(number)].row_count, default=None)
        assert smallest is None, (night, len(found), smallest, found[smallest][:10])


def test_every_order_of_arrival_gives_the_same_rows(
    nightly: Warehouse,
) -> None:
    with nightly.connected() as connection:
        for mart in MARTS:
            by_plant: dict[int, list[dict[object, object]]] = defaultdict(
                lambda: [{} for _ in range(ORDERS_OF_ARRIVAL)]
            )
            for (company, *key), values in published(connection, mart).items():
                plant, order = divmod(number_of(company), ORDERS_OF_ARRIVAL)
                by_plant[plant][order][tuple(key)] = values
            assert by_plant
            assert all(order == orders[0] for orders in by_plant.values() for order in orders[1:]), mart.name


@pytest.mark.parametrize("rows_at_once", [ROWS_AT_ONCE, 1_500], ids=["at once", "in stretches"])
def test_one_build_of_everything_gives_identical_tables(nightly: Warehouse, tmp_path: Path, rows_at_once: int) -> None:
    """Row for row, in the marts and in every intermediate table that is kept from night to night."""
    again = Warehouse.new(tmp_path / "home")
    again.home.raw.symlink_to(nightly.home.raw)
    again.build(rows_at_once=rows_at_once)
    with duckdb.connect() as connection:
        for name, home in (("nights", nightly.home), ("again", again.home)):
            connection.execute(f"attach '{home.warehouse}' as {name} (read_only)")
            connection.execute(f"attach '{home.scratch}' as {name}_scratch (read_only)")
        tables = connection.sql("""select database_name, schema_name, table_name from duckdb_tables()
            where database_name in ('again', 'again_scratch') and schema_name in ('efficiency', 'intermediate')
            """).fetchall()
        assert len(tables) > 15
        for database, schema, table in tables:
            ours, nights = (f"{one}.{schema}.{table}" for one in (database, database.replace("again", "nights")))
            for left, right in ((ours, nights), (nights, ours)):
                [(extra,)] = connection.sql(f"select count(*) from (from {left} except all from {right})").fetchall()
                assert extra == 0, f"{extra} rows of {left} are not in {right}"


def test_a_late_event_restates_exactly_the_shifts_it_touches(
    nightly: Warehouse, cases: list[Case], tmp_path: Path
) -> None:
    shutil.copytree(nightly.home.root, tmp_path / "home")
    warehouse = Warehouse.opened(tmp_path / "home")
    random = Random(SEED)
    late = {number: event for number, case in enumerate(cases) if (event := late_event(case, random))}
    afterwards = [
        replace(case, deliveries=(*case.deliveries, (late[number],) if number in late else ()))
        for number, case in enumerate(cases)
    ]
    with warehouse.connected() as connection:
        before = {mart.name: published(connection, mart) for mart in MARTS}
    warehouse.deliver({number: (cases[number].zone, (event,)) for number, event in late.items()})
    warehouse.take_in()
    warehouse.build(warehouse.news())
    expected_before, expected = answers(cases), answers(afterwards)
    with warehouse.connected() as connection:
        assert compared(connection, expected) == {}
        for mart in MARTS:
            restated = changed(before[mart.name], published(connection, mart))
            assert restated == changed(expected_before[mart.name], expected[mart.name])
            # A stop that names no order moves pieces only where it makes a confirmation's shares differ.
            assert restated or mart.name == "pieces"
    touched = changed(before["oee_machine_shift"], expected["oee_machine_shift"])
    assert {company for company, *_ in touched} <= {company_of(number) for number in late}


def changed(before: Answer, after: Answer) -> set[tuple[object, ...]]:
    """The keys of rows that are new, gone or different."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
