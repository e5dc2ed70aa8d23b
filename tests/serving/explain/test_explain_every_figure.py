"""Every row of every figure that is explained is the sum of its source rows: of leaves to the cent, else exactly."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from serving.explain.catalogue import MARTS, figures
from serving.explain.engine import source_rows
from serving.explain.model import Figure, Ratio
from serving.explain.relations import prepare

pytestmark = pytest.mark.slow

FIGURES = {name: figure for name, figure in figures().items() if not isinstance(figure.source, Ratio)}
LEAF = FIGURES["cost.order_variance.amount"]


def unproved(connection: duckdb.DuckDBPyConnection, figure: Figure) -> tuple[int, list[tuple[object, ...]]]:
    """How many rows of the mart have the figure, and those whose source rows do not add up to it."""
    prepare(connection)
    key = ", ".join(MARTS[figure.mart].key)
    allowed = "0.01 + 0.000001 * coalesce(row_count, 0)" if figure.rounding == "cents" else "0.0000001"
    compared = f"""
        with told as (
          select {key}, sum(amount) as total, count(*) as row_count from ({source_rows(figure)}) group by all
        )
        select {key}, {figure.column} as value, total from {figure.mart} left join told using ({key})
        where {figure.column} is not null and abs({figure.column} - coalesce(total, 0)) >= {allowed}
    """
    count = connection.execute(f"select count({figure.column}) from {figure.mart}").fetchone()
    return (count or (0,))[0], connection.execute(f"{compared} limit 5").fetchall()


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_in_the_simulated_factory_the_source_rows_add_up_to_every_figure(name, published):
    count, wrong = unproved(published, FIGURES[name])
    assert wrong == []
    assert count > 0 or name.endswith("first_pass_good_qty"), "nothing was compared"


@pytest.mark.parametrize("name", sorted(name for name in FIGURES if not name.startswith("efficiency.")))
def test_whatever_a_company_chose_the_source_rows_add_up_to_every_figure(name, companies):
    _, wrong = unproved(companies, FIGURES[name])
    assert wrong == []


def test_every_part_of_every_leaf_is_the_sum_of_its_own_rows_to_a_millionth(companies):
    """Not only the leaf: what its tree says of bookings, standards and scrap holds part by part."""
    prepare(companies)
    leaves = companies.execute("select count(distinct leaf_code) from cost.order_variance").fetchone()[0]
    assert leaves >= 20, "the drawn companies no longer show the leaves"
    wrong = companies.execute(
        f"""
        with told as (
          select company_id, order_id, order_variance_id,
            replace(replace(step, ' (by-product)', ''), ' share', '') as step, sum(amount) as total,
            count(*) as row_count
          from ({source_rows(LEAF)}) group by all
        ), parts as (
          select company_id, order_id, order_variance_id, part_kind as step, sum(part_amount) as amount
          from core.fct_variance_part group by all
        )
        select * from parts full join told using (company_id, order_id, order_variance_id, step)
        where abs(coalesce(total, 0) - coalesce(amount, 0)) > 0.000001 * coalesce(row_count, 1) limit 5
        """
    ).fetchall()
    assert wrong == []


def test_the_parts_of_a_leaf_add_up_to_it_before_rounding(companies):
    wrong = companies.execute(
        """
        select * from (
          select company_id, order_id, order_variance_id, sum(part_amount) as part_sum
          from core.fct_variance_part group by all
        ) full join cost.order_variance as leaves using (company_id, order_id, order_variance_id)
        where abs(leaves.amount - coalesce(part_sum, 0)) >= 0.01 limit 5
        """
    ).fetchall()
    assert wrong == []


def test_every_source_row_that_was_delivered_names_its_file_and_line(published):
    prepare(published)
    figure = FIGURES["cost.order_cost.actual_amount"]
    rows, without = published.execute(
        f"select count(*), count(*) filter (source_file is null or source_line is null) from ({source_rows(figure)})"
    ).fetchone()
    assert rows > 1000 and without == 0


def test_one_cent_less_in_a_booking_is_found(demo, tmp_path):
    """The same check on a warehouse in which one booking is a cent too low."""
    changed = tmp_path / "changed.duckdb"
    with duckdb.connect(str(changed)) as connection:
        connection.execute(f"attach '{demo.current / demo.warehouse.name}' as was (read_only)")
        for schema in ("core", "cost"):
            connection.execute(f"create schema {schema}")
        for table in ("core.fct_order_posting", "cost.order_cost"):
            connection.execute(f"create table {table} as from was.{table}")
        connection.execute(
            """update core.fct_order_posting set actual_amount = actual_amount - 0.01 where posting_id = (
              select min(posting_id) from core.fct_order_posting where posting_kind = 'issue')"""
        )
        connection.execute("create table core.dim_activity_rate as from was.core.dim_activity_rate")
        _, wrong = unproved(connection, FIGURES["cost.order_cost.actual_material_amount"])
    assert [row[-2] - row[-1] for row in wrong] == [Decimal("0.01")]
