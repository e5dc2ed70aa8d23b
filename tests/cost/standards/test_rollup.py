"""Standards calculated from random bills, routings and rates, against the oracle; and cases worked by hand."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from cost.standards.delivered import Delivery, built, rows_of
from cost.standards.rollup_oracle import COMPONENTS, Structure, decimal
from settings.home import Home

MODELS = ("standard_cost_item", "int_standard_finding")
PLANTS = int(os.environ.get("TIEOUT_STANDARD_PLANTS", "60"))
FIRST, SECOND = date(2026, 1, 1), date(2026, 5, 1)
PRICE_UNITS = ("1", "1", "10", "100", "1000", "3")


def drawn(delivery: Delivery, company_id: str, random: Random) -> None:
    """Add one plant: items in a random structure, some of it odd in every way that the models have a word for."""
    delivery.company(company_id)
    count = random.randint(3, 14)
    items = [f"I{number:02d}" for number in range(count)]
    bought = set(items[: max(1, count // 3)])
    with_cycles = random.random() < 0.3
    for item_id in items:
        delivery.item(company_id, item_id, "raw" if item_id in bought else "semi_finished", random.choice(("PC", "KG")))
    delivery.add("uom_conversion", company_id, from_uom="G", to_uom="KG", numerator=1, denominator=1000)
    delivery.add("uom_conversion", company_id, from_uom="PC", to_uom="BOX", numerator=1, denominator=7)
    delivery.add(
        "uom_conversion", company_id, item_id=items[0], from_uom="BOX", to_uom="PC", numerator=6, denominator=1
    )
    for center in ("A", "B"):
        delivery.add("cost_center", company_id, cost_center_id=center, plant_id="P", name=center, kind="production")
        delivery.add(
            "work_center", company_id, work_center_id=f"W{center}", plant_id="P", cost_center_id=center, name=center
        )
        for activity in COMPONENTS[1:6]:
            if random.random() < 0.97:
                _rates(delivery, company_id, center, activity, random)
    for at, item_id in enumerate(items):
        _standards(delivery, company_id, item_id, random)
        if item_id not in bought:
            _bill(delivery, company_id, items, at, with_cycles, random)
            _routing(delivery, company_id, item_id, random)


def _rates(delivery: Delivery, company_id: str, center: str, activity: str, random: Random) -> None:
    for valid_from in (FIRST, SECOND):
        hourly = Decimal(random.randint(1, 900_000)) / 10_000
        delivery.add(
            "activity_rate",
            company_id,
            cost_center_id=center,
            activity=activity,
            rate_type="planned",
            valid_from=valid_from,
            hourly_amount=hourly,
            fixed_hourly_amount=random.choice((None, round(hourly / 3, 4))),
            currency_code="EUR",
        )


def _standards(delivery: Delivery, company_id: str, item_id: str, random: Random) -> None:
    drawn_kind = random.random()
    if drawn_kind < 0.08:
        return
    versions: list[tuple[str, date, date | None]] = [("1", FIRST, None)]
    if drawn_kind < 0.6:
        versions = [("1", FIRST, SECOND), ("2", SECOND, None)]
    elif drawn_kind < 0.65:
        versions = [("1", FIRST, None), ("2", SECOND, None)]
    unit = random.choice(PRICE_UNITS)
    lot_size = random.choice(("10", "250", "37.5", None))
    for version_id, valid_from, valid_to in versions:
        for component in random.sample(COMPONENTS, random.randint(1, 7)):
            amount = Decimal(random.randint(0, 500_000)) / 10_000
            delivery.standard(
                company_id,
                item_id,
                amount,
                valid_from,
                version_id=version_id,
                cost_component=component,
                price_unit_qty=unit,
                valid_to=valid_to,
                lot_size_qty=lot_size,
                fixed_amount=random.choice((None, round(amount / 7, 4))),
            )


def _bill(delivery: Delivery, company_id: str, items: list[str], at: int, with_cycles: bool, random: Random) -> None:
    for version_id in random.sample(("1", "2"), random.randint(1, 2)):
        for line_no in range(random.randint(0, 5)):
            below = items[:at] if not with_cycles or random.random() < 0.7 else [*items[:at], *items[at + 1 :]]
            kind = "by_product" if random.random() < 0.12 else "component"
            delivery.add(
                "bom_line",
                company_id,
                item_id=items[at],
                plant_id="P",
                version_id=version_id,
                line_no=line_no,
                component_item_id=random.choice(below),
                qty=Decimal(random.randint(1, 4000)) / random.choice((1000, 1000, 1_000_000)),
                uom=random.choice(("PC", "KG", "PC", "KG", "G", "BOX")) if random.random() < 0.15 else None,
                base_qty=random.choice(("1", "1", "100", "1000", "7")),
                component_scrap_ratio=random.choice((None, "0.05", "0.123456789")),
                line_type=kind,
                operation_no=random.choice((None, 10, 20, 99)),
                valid_from=random.choice((None, None, SECOND)),
                valid_to=None,
            )


def _routing(delivery: Delivery, company_id: str, item_id: str, random: Random) -> None:
    if random.random() < 0.15:
        return
    for operation_no in random.sample((10, 20, 30, 40), random.randint(1, 4)):
        delivery.add(
            "routing_operation",
            company_id,
            item_id=item_id,
            plant_id="P",
            version_id="1",
            operation_no=operation_no,
            work_center_id=random.choice(("WA", "WB")),
            setup_seconds=random.choice((None, 0, 900, "1234.567")),
            run_seconds_per_unit=random.choice((None, "11.5", 100, "0.333")),
            labour_setup_seconds=random.choice((None, 0, 600)),
            labour_run_seconds_per_unit=random.choice((None, "7.777", 60)),
            base_qty=random.choice(("1", "1", "1000", "9")),
            planned_scrap_ratio=random.choice((None, "0.02", "0.123456789", 1)),
            subcontract_amount=random.choice((None, None, "1.2345")),
        )


@pytest.fixture(scope="module")
def plants() -> Delivery:
    delivery = Delivery()
    for number in range(PLANTS):
        drawn(delivery, f"C{number:03d}", Random(f"standards/{number}"))
    units = {(row["company_id"], row["item_id"]): row["base_uom"] for row in delivery.rows["item"]}
    delivery.rows["bom_line"] = [
        {**row, "uom": row["uom"] or units[row["company_id"], row["component_item_id"]]}
        for row in delivery.rows["bom_line"]
    ]
    return delivery


@pytest.fixture(scope="module")
def home(plants: Delivery, tmp_path_factory: pytest.TempPathFactory) -> Home:
    return built(tmp_path_factory.mktemp("standards") / "home", plants, MODELS)


@pytest.fixture(scope="module")
def structures(plants: Delivery) -> dict[str, Structure]:
    rows: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for dataset, delivered in plants.rows.items():
        for row in delivered:
            rows[row["company_id"]][dataset].append(row)
    return {company_id: Structure(found) for company_id, found in rows.items()}


def expected(structure: Structure) -> Iterator[tuple[tuple[str, ...], tuple[Any, ...]]]:
    """(item, version, component) and (recomputed, fixed, this level, one level) of every delivered standard."""
    for node in structure.nodes():
        result = structure.result(node)
        for name in COMPONENTS:
            figures: tuple[Any, ...] = (None, None, None, None)
            if result.amounts is not None and result.one_level is not None:
                amount, fixed = result.amounts[name]
                figures = (amount, fixed, result.this_level[name], result.one_level[name])
            yield (node.item_id, str(node.version_id), name), tuple(decimal(one) for one in figures)


def test_every_component_of_every_standard_is_what_the_oracle_says(
    home: Home, structures: dict[str, Structure]
) -> None:
    published: dict[str, dict[tuple[str, ...], tuple[Any, ...]]] = defaultdict(dict)
    for row in rows_of(
        home,
        """select company_id, item_id, version_id, cost_component, recomputed_amount, recomputed_fixed_amount,
            this_level_amount, one_level_amount
        from scratch.intermediate.int_standard_rollup where version_id is not null""",
    ):
        company_id, item_id, version_id, component, *figures = row.values()
        published[company_id][item_id, version_id, component] = tuple(figures)
    compared = 0
    for company_id, structure in structures.items():
        told = dict(expected(structure))
        assert published[company_id] == told, company_id
        compared += sum(figures[0] is not None for figures in told.values())
    assert compared > PLANTS * 10


def test_items_on_a_cycle_are_named_with_their_path_and_no_others(home: Home, structures: dict[str, Structure]) -> None:
    published = {
        (row["company_id"], row["item_id"], row["version_id"])
        for row in rows_of(
            home, "select * from cost.standard_cost_item where rollup_status = 'on a cycle of bills of material'"
        )
    }
    told = {
        (company_id, node.item_id, node.version_id)
        for company_id, structure in structures.items()
        for node in structure.nodes()
        if structure.is_on_cycle(node)
    }
    assert published == told
    assert told
    for row in rows_of(home, "select * from scratch.intermediate.int_standard_finding where finding = 'bom_cycle'"):
        path = row["detail"].split(" → ")
        assert path[0] == path[-1]
        assert len(path) > 2
        lines = structures[row["company_id"]].rows("bom_line")
        made_of = {(line["item_id"], line["component_item_id"]) for line in lines if line["line_type"] == "component"}
        assert set(pairwise(path)) <= made_of


def test_every_figure_says_whether_it_is_known(home: Home) -> None:
    assert (
        rows_of(
            home,
            """select * from cost.standard_cost_item
        where (recomputed_amount is null) = starts_with(rollup_status, 'recomputed')
            or recomputed_amount <> this_level_amount + lower_level_amount
            or recomputed_amount <> recomputed_fixed_amount + recomputed_variable_amount
            or rollup_status is null""",
        )
        == []
    )
    assert (
        rows_of(
            home,
            """select company_id, item_id, version_id from cost.standard_cost_item
        where rollup_difference_amount is not null group by all
        having sum(rollup_difference_amount) <> sum(delivered_amount) - sum(recomputed_amount)""",
        )
        == []
    )
