"""A figure of efficiency does not depend on how its parts were grouped before they were summed.

Everything is taken as whole milliseconds and Fractions from the published marts and the slices below them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from fractions import Fraction
from math import isclose
from random import Random
from typing import Any

import pytest

from efficiency.draw import PLANTS, SEED
from efficiency.warehouse import Warehouse

HOUR = 3_600_000
RANDOM_SPLITS = 5
COMPONENTS = ("planned_busy", "production", "standard_produced", "standard_good")
GRAINS = {
    "oee_machine_shift": "work_unit_id, production_date, shift_id",
    "oee_item_day": "production_date, item_id",
    "oee_plant_day": "production_date",
    "oee_plant_month": "month_id",
}
Part = tuple[int, int, int, int]
"""The components in milliseconds."""

pytestmark = pytest.mark.slow


def figures(planned_busy: int, production: int, produced: int, good: int) -> dict[str, Fraction | None]:
    """Availability, effectiveness, quality and OEE; none where nothing can be divided by."""

    def ratio(numerator: int, denominator: int) -> Fraction | None:
        return Fraction(numerator, denominator) if denominator else None

    return {
        "availability": ratio(production, planned_busy),
        "effectiveness": ratio(produced, production),
        "quality": ratio(good, produced),
        "oee": ratio(good, planned_busy),
    }


def in_milliseconds(prefix: str = "") -> str:
    return ", ".join(f"cast({prefix}{name}_seconds * 1000 as bigint)" for name in COMPONENTS)


def known_rows(warehouse: Warehouse, mart: str, key: str) -> list[tuple[Any, ...]]:
    """(key, components, published ratios) of the rows that know every component."""
    return warehouse.rows(f"""
        select (company_id, {key})::varchar as key, {in_milliseconds()},
            availability_ratio, effectiveness_ratio, quality_ratio, oee_ratio
        from efficiency.{mart} where production_seconds is not null and standard_good_seconds is not null""")


def test_the_factors_multiply_to_oee_exactly_at_every_grain(warehouse: Warehouse) -> None:
    for mart, key in GRAINS.items():
        complete = 0
        for row in known_rows(warehouse, mart, key):
            exact = figures(*row[1:5])
            published = dict(zip(exact, row[5:], strict=True))
            if None not in exact.values():
                complete += 1
                assert exact["availability"] * exact["effectiveness"] * exact["quality"] == exact["oee"]
            for name, value in exact.items():
                assert (value is None) == (published[name] is None), (mart, row[0], name)
                assert value is None or isclose(value, published[name], rel_tol=1e-15), (mart, row[0], name)
        assert complete > PLANTS // 50, mart


def parts(warehouse: Warehouse) -> dict[str, list[tuple[Hashable, int | None, Part]]]:
    """The smallest parts of each machine-shift that knows all: (order, hour, components) by its key.

    Slices of time are cut at every full hour; pieces have an order, and no hour.
    """
    found: dict[str, list[tuple[Hashable, int | None, Part]]] = defaultdict(list)
    keys = "(company_id, work_unit_id, production_date, shift_id)::varchar as key"
    for key, order, start, end, planned, element in warehouse.rows(f"""
            select {keys}, order_id, start_ms, end_ms, plan_class, time_element
            from scratch.intermediate.int_state_slice"""):
        at = start
        while at < end:
            until = min(end, (at // HOUR + 1) * HOUR)
            lasts = until - at
            found[key].append(
                (order, at // HOUR, (lasts * (planned == "busy"), lasts * (element == "production"), 0, 0))
            )
            at = until
    for key, order, produced, good in warehouse.rows(f"""
            select {keys}, order_id, cast(standard_produced_seconds * 1000 as bigint),
                cast(standard_good_seconds * 1000 as bigint)
            from scratch.intermediate.int_machine_shift_piece where standard_produced_seconds is not null"""):
        found[key].append((order, None, (0, 0, produced, good or 0)))
    return found


def summed(rows: Iterator[Part]) -> Part:
    total = [0, 0, 0, 0]
    for row in rows:
        for at, value in enumerate(row):
            total[at] += value
    return tuple(total)  # type: ignore[return-value]


def test_any_partition_of_a_machine_shift_gives_its_figures(warehouse: Warehouse) -> None:
    """By order, by hour, and at random: groups are summed first, then the groups' sums, then divided."""
    random = Random(SEED)
    partitions: dict[str, Callable[[Hashable, int | None], Hashable]] = {
        "order": lambda order, hour: order,
        "hour": lambda order, hour: hour,
        **{f"random {number}": lambda order, hour: random.randrange(4) for number in range(RANDOM_SPLITS)},
    }
    pieces_of = parts(warehouse)
    wholes = known_rows(warehouse, "oee_machine_shift", GRAINS["oee_machine_shift"])
    split_finer = 0
    for name, group_of in partitions.items():
        for key, *whole in wholes:
            groups: dict[Hashable, list[Part]] = defaultdict(list)
            for order, hour, part in pieces_of[key]:
                groups[group_of(order, hour)].append(part)
            sums = [summed(iter(group)) for group in groups.values()]
            assert figures(*summed(iter(sums))) == figures(*whole[:4]), (name, key)
            split_finer += len(sums) > 1
    assert split_finer > len(wholes)


def test_any_partition_of_the_machine_shifts_gives_the_plants_figures(warehouse: Warehouse) -> None:
    """The plant's day and month from its machine-shifts grouped by machine, by shift and at random."""
    random = Random(SEED)
    for mart, period in (("oee_plant_day", "production_date"), ("oee_plant_month", "month_id")):
        grain = period.removesuffix("_id").removeprefix("production_").replace("date", "day")
        wholes = {key: figures(*row[:4]) for key, *row in known_rows(warehouse, mart, period)}
        members = warehouse.rows(f"""
            select (company_id, {period})::varchar, work_unit_id, shift_id, {in_milliseconds()}
            from efficiency.oee_machine_shift
            inner join scratch.intermediate.int_machine_shift_basis as basis
                using (company_id, work_unit_id, production_date, shift_id)
            where is_in_{grain}_basis and {grain}_basis = 'states and standards'""")
        means_differ = 0
        for group_of in (lambda row: row[1], lambda row: row[2], lambda row: random.randrange(3)):
            groups: dict[str, dict[Hashable, list[Part]]] = defaultdict(lambda: defaultdict(list))
            for row in members:
                groups[row[0]][group_of(row)].append(row[3:])
            assert groups.keys() == wholes.keys()
            for key, by_group in groups.items():
                sums = [summed(iter(group)) for group in by_group.values()]
                assert figures(*summed(iter(sums))) == wholes[key], (mart, key)
                ratios = [ratio for one in sums if (ratio := figures(*one)["oee"]) is not None]
                means_differ += bool(ratios) and sum(ratios) / len(ratios) != wholes[key]["oee"]
        assert means_differ > 10, "a mean of ratios would have passed as well"


def test_the_items_of_a_day_add_up_to_the_plants_day(warehouse: Warehouse) -> None:
    measures = ", ".join(
        f"{name}_seconds"
        for name in (
            *("calendar", "planned_operation", "planned_busy", "busy", "production", "setup", "delay", "down"),
            *("unknown", "busy_outside_plan", "order_execution", "standard_produced", "standard_good"),
        )
    )
    sums = ", ".join(f"sum({measure}) as {measure}" for measure in measures.split(", "))
    with warehouse.connected() as connection:
        items = f"select company_id, production_date, {sums} from efficiency.oee_item_day group by all"
        plants = f"select company_id, production_date, {measures} from efficiency.oee_plant_day"
        assert len(connection.sql(plants)) > PLANTS // 50
        assert connection.sql(f"({items}) except ({plants})").fetchall() == []
        assert connection.sql(f"({plants}) except ({items})").fetchall() == []
