"""Companies told of night by night, with papers that come late, are wrong at first, or are taken back.

After every night costs and books must be those of a single build of everything: row for row, in every table that is
kept from night to night; and after the last one those of the oracle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from efficiency.case import Row

from cost.fuzz.company import Company
from cost.fuzz.compare import answers, compared
from cost.fuzz.mutants import KINDS
from cost.fuzz.warehouse import CostWarehouse, company_of, delivered_rows
from dagster_project.build_plan import ORDER_DATASETS

NIGHTS = 3
COMPANIES = 40
RUN_COLUMNS = {"is_affected", "built_by"}
NEWS_TABLES = {"stg_goods_movement_news", "stg_ledger_posting_news"}
Delivery = tuple[str, Sequence[Row]]


def nights_of(company: Company, of: Random) -> list[list[Row]]:
    """The company's rows by the night on which they come; some come first with a wrong value, some only to go again."""
    nights: list[list[Row]] = [[] for _ in range(NIGHTS)]
    rows = delivered_rows(company)
    order_night: dict[str, int] = {}
    for row in rows:
        if row.dataset == "production_order":
            order_night[row.values["order_id"]] = of.choice([0, 0, 1, 2])
    receipt_night = {
        row.values["receipt_id"]: order_night.get(row.values.get("order_id"), 0)
        for row in rows
        if row.dataset == "purchase_receipt"
    }
    document_night: dict[str, int] = {}
    for row in rows:
        if row.dataset == "ledger_posting":
            document = row.values["document_id"]
            night = max(order_night.get(row.values.get("order_id"), 0), document_night.get(document, 0))
            document_night[document] = night
    for row in rows:
        night = 0
        if row.dataset in ORDER_DATASETS:
            night = order_night.get(row.values.get("order_id"), 0)
            if row.dataset == "ledger_posting":
                night = document_night[row.values["document_id"]]
            elif row.dataset == "purchase_invoice":
                night = max(night, receipt_night.get(row.values.get("receipt_id"), 0))
            if row.dataset not in {"production_order", "ledger_posting", "purchase_receipt"}:
                night = of.choice([night, night, min(night + 1, NIGHTS - 1)])
        if night + 1 < NIGHTS and (wrong := wrongly(row, of)):
            nights[night].append(wrong)
            night += 1
        nights[night].append(row)
    return nights


def wrongly(row: Row, of: Random) -> Row | None:
    """The row as it may be delivered at first: seldom, and of what happened to an order alone."""
    kinds = [kind for kind in KINDS if kind.dataset == row.dataset and kind.dataset in ORDER_DATASETS]
    if not kinds or of.random() > 0.15:
        return None
    changed = of.choice(kinds).change(row.values)
    return Row(row.dataset, {**row.values, **changed}) if changed else None


def passing(row: Row) -> tuple[Row, Row]:
    """A movement like another, and its end: it is delivered one night and taken back on another."""
    values = {**row.values, "movement_id": f"{row.values['movement_id']}-X"}
    return Row(row.dataset, values), Row(row.dataset, values, is_deleted=True)


@pytest.fixture(scope="module")
def some(companies: list[Company]) -> list[Company]:
    """A part of the random companies: each night builds them all."""
    return companies[:COMPANIES]


@pytest.fixture(scope="module")
def lived(some: list[Company], tmp_path_factory: pytest.TempPathFactory) -> Iterator[CostWarehouse]:
    """A home that has lived through all nights; after each, all of its tables were those of a build of everything."""
    folder = tmp_path_factory.mktemp("cost_nights")
    of = Random(5)
    deliveries = [nights_of(company, of) for company in some]
    for nights in deliveries:
        movements = [row for row in nights[0] if row.dataset == "goods_movement"]
        if movements:
            come, gone = passing(of.choice(movements))
            nights[0].append(come)
            nights[of.choice([1, 2])].append(gone)
    warehouse = CostWarehouse.new(folder / "home")
    assert isinstance(warehouse, CostWarehouse)
    warehouse.deliver_companies({number: company.zone for number, company in enumerate(some)})
    warehouse.choose({company_of(number): company.choices for number, company in enumerate(some)})
    for night in range(NIGHTS):
        warehouse.deliver({number: (company.zone, deliveries[number][night]) for number, company in enumerate(some)})
        warehouse.take_in()
        warehouse.build(warehouse.news() if night else None)
        if night:
            assert differing_tables(warehouse, folder / f"again{night}") == []
    yield warehouse


def differing_tables(nightly: CostWarehouse, folder: Path) -> list[str]:
    """The tables of which a build of everything holds other rows, and how many it holds or lacks."""
    again = CostWarehouse.new(folder)
    assert isinstance(again, CostWarehouse)
    again.home.raw.symlink_to(nightly.home.raw)
    (again.home.root / "costing.json").write_bytes((nightly.home.root / "costing.json").read_bytes())
    again.build_beside()
    found = []
    with duckdb.connect() as connection:
        for name, home in (("nights", nightly.home), ("again", again.home)):
            connection.execute(f"attach '{home.warehouse}' as {name} (read_only)")
            connection.execute(f"attach '{home.scratch}' as {name}_scratch (read_only)")
        tables = connection.sql("""select database_name, schema_name, table_name from duckdb_tables()
            where database_name in ('again', 'again_scratch')""").fetchall()
        assert len(tables) > 60
        for database, schema, table in tables:
            if table in NEWS_TABLES:
                continue
            columns = f"columns(c -> c not in {tuple(RUN_COLUMNS)})"
            ours, nights = (f"{one}.{schema}.{table}" for one in (database, database.replace("again", "nights")))
            for left, right in ((ours, nights), (nights, ours)):
                [(extra,)] = connection.sql(
                    f"select count(*) from (select {columns} from {left} except all select {columns} from {right})"
                ).fetchall()
                if extra:
                    found.append(f"{extra} rows of {left} are not in {right}")
    return found


def test_after_the_last_night_every_mart_equals_the_oracle(lived: CostWarehouse, some: list[Company]) -> None:
    with lived.connected() as connection:
        found = compared(connection, answers(some))
    number = min(found, default=None)
    assert number is None, (len(found), number, found[number][:10])


def test_a_night_computes_the_orders_that_had_news_and_no_others(lived: CostWarehouse, some: list[Company]) -> None:
    def orders(sql: str) -> Any:
        return lived.rows(sql)[0][0]

    known = orders("select count(*) from scratch.intermediate.int_order_input where input_digest is not null")
    affected = orders("select count(*) from scratch.intermediate.int_order_input where is_affected")
    assert 0 < affected < known
    lived.deliver({0: (some[0].zone, [])})
    lived.take_in()
    lived.build(lived.news())
    assert orders("select count(*) from scratch.intermediate.int_order_input where is_affected") == 0


def test_what_a_broken_night_left_undone_is_done_by_the_next(
    lived: CostWarehouse, some: list[Company], tmp_path: Path
) -> None:
    number, row = next(
        (number, row)
        for number, company in enumerate(some)
        for row in company.rows
        if row.dataset == "goods_movement" and row.values["movement_type"] == "issue" and row.values["order_id"]
    )
    more = Row(row.dataset, {**row.values, "qty": row.values["qty"] + 1})
    lived.deliver({number: (some[number].zone, [more])})
    lived.take_in()
    completed = lived.last_build
    lived.build(lived.news())
    with duckdb.connect(lived.home.warehouse) as connection:  # as if it had died before it came to the bookings
        [(lost,)] = connection.execute(
            "delete from core.fct_order_posting where company_id = ? and order_id = ?",
            [company_of(number), row.values["order_id"]],
        ).fetchall()
    assert lost > 0
    lived.last_build = completed
    lived.build(lived.news())
    assert differing_tables(lived, tmp_path / "again") == []


def test_a_price_reaches_every_order(lived: CostWarehouse, some: list[Company], tmp_path: Path) -> None:
    of_standard: Callable[[Row], bool] = lambda row: row.dataset == "standard_cost"  # noqa: E731
    number, row = next(
        (number, row) for number, company in enumerate(some) for row in filter(of_standard, company.rows)
    )
    dearer = Row(row.dataset, {**row.values, "amount": row.values["amount"] + 1})
    lived.deliver({number: (some[number].zone, [dearer])})
    lived.take_in()
    lived.build(lived.news())
    assert differing_tables(lived, tmp_path / "again") == []
