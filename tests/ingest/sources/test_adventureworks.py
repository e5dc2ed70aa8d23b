"""The bicycle maker's ERP tables: what enters the raw store equals direct sums over the exported files.

The files are read a second time here with DuckDB's own reader, by nothing of the product.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from taken_in import BICYCLE_MAKER, TakeIn, TakenIn


@pytest.fixture(scope="module")
def delivered(shared_data: Path) -> Path:
    return shared_data / "adventureworks" / "oltp"


@pytest.fixture(scope="module")
def erp(take_in: TakeIn, delivered: Path) -> TakenIn:
    return take_in(BICYCLE_MAKER.format(path=delivered))


@pytest.fixture(scope="module")
def files(delivered: Path) -> duckdb.DuckDBPyConnection:
    """The exports that are compared, typed: work_order, cost (periods inclusive), purchase."""
    connection = duckdb.connect()
    connection.execute(f"""create table work_order as
        select WorkOrderID, ProductID, OrderQty::bigint as ordered, StockedQty::bigint as stocked,
            ScrappedQty::bigint as scrapped, strptime(EndDate, '%d-%m-%Y')::date as ended, ScrapReasonID
        from read_csv('{delivered}/WorkOrder_dated.csv', all_varchar = true, header = true)""")
    connection.execute(f"""create table cost as
        select column0 as ProductID, column1::date as first_day, column2::date as last_day,
            column3::decimal(18, 4) as amount
        from read_csv('{delivered}/ProductCostHistory.csv', all_varchar = true, header = false, delim = '\t')""")
    connection.execute(f"""create table purchase as
        select column05::decimal(18, 4) as price, column07::decimal(18, 6) as received
        from read_csv('{delivered}/PurchaseOrderDetail.csv', all_varchar = true, header = false, delim = '\t')""")
    return connection


def test_ordered_stocked_and_scrapped_pieces_per_product_equal_the_file(
    erp: TakenIn, files: duckdb.DuckDBPyConnection
) -> None:
    taken = erp.rows("""
        select item_id, sum(planned_qty)::bigint, sum(good_qty)::bigint, sum(scrap_qty)::bigint
        from production_order join confirmation using (order_id) group by 1 order by 1""")
    direct = files.sql("""
        select ProductID, sum(ordered)::bigint, sum(stocked)::bigint, sum(scrapped)::bigint
        from work_order group by 1 order by 1""").fetchall()
    assert taken == direct
    assert len(taken) == 238
    assert tuple(sum(row[column] for row in taken) for column in (1, 2, 3)) == (4_076_535, 4_066_957, 9_578)


def test_scrap_by_reason_equals_the_file(erp: TakenIn, files: duckdb.DuckDBPyConnection) -> None:
    taken = erp.rows("""
        select reason_id, count(*), sum(scrap_qty)::bigint from confirmation
        where reason_id is not null group by 1 order by 1""")
    direct = files.sql("""
        select ScrapReasonID, count(*), sum(scrapped)::bigint from work_order
        where ScrapReasonID is not null group by 1 order by 1""").fetchall()
    assert taken == direct
    assert sum(count for _, count, _ in taken) == 634


def test_each_order_meets_the_standard_cost_of_its_day(erp: TakenIn, files: duckdb.DuckDBPyConnection) -> None:
    taken = erp.rows("""
        select confirmation.order_id, standard_cost.amount
        from confirmation
        join production_order using (order_id)
        left join standard_cost
            on production_order.item_id = standard_cost.item_id
            and confirmation.posting_date >= standard_cost.valid_from
            and confirmation.posting_date < coalesce(standard_cost.valid_to, date '9999-12-31')
        order by all""")
    direct = files.sql("""
        select WorkOrderID, amount from work_order
        left join cost
            on work_order.ProductID = cost.ProductID
            and ended between first_day and coalesce(last_day, date '9999-12-30')
        order by all""").fetchall()
    assert taken == direct
    assert len(taken) == 65_535
    without_standard = [order for order, amount in taken if amount is None]
    assert len(without_standard) == 34_539
    [(of_products_without_history,)] = erp.rows("""
        select count(*) from production_order anti join standard_cost using (item_id)""")
    assert of_products_without_history == 21_877


def test_no_day_lies_between_two_periods_of_a_standard(erp: TakenIn) -> None:
    gaps = erp.rows("""
        select count(*) filter (next_from is not null), count(*) filter (next_from <> valid_to) from (
            select valid_to, lead(valid_from) over (partition by item_id order by valid_from) as next_from
            from standard_cost)""")
    assert gaps == [(102, 0)]


def test_every_bill_of_material_row_is_a_line_or_the_top_of_a_tree(erp: TakenIn, delivered: Path) -> None:
    lines = (delivered / "BillOfMaterials.csv").read_text().splitlines()
    tops = {number for number, line in enumerate(lines, start=1) if line.split("\t")[1] == ""}
    taken = {line for (line,) in erp.rows("select source_line from bom_line")}
    assert (len(lines), len(tops)) == (2_679, 103)
    assert taken == set(range(1, 2_680)) - tops


def test_blank_padded_units_lose_their_padding(erp: TakenIn) -> None:
    assert erp.rows("select distinct base_uom from item order by 1") == [("EA",), ("IN",), ("OZ",)]
    assert erp.rows("select distinct uom from bom_line order by 1") == [("EA",), ("IN",), ("OZ",)]
    ordered_otherwise = erp.rows(
        "select count(*) from production_order join item using (item_id) where uom <> base_uom"
    )
    assert ordered_otherwise == [(0,)]
    differing = erp.rows("""
        select count(*) from bom_line join item on component_item_id = item.item_id where uom <> base_uom""")
    assert differing == [(0,)]


def test_receipts_and_their_value_equal_the_file(erp: TakenIn, files: duckdb.DuckDBPyConnection) -> None:
    taken = erp.rows("select count(*), sum(qty), sum(qty * price_amount) from purchase_receipt")
    assert taken == files.sql("select count(*), sum(received), sum(received * price) from purchase").fetchall()
    assert taken[0][0] == 8_845
    assert erp.rows("select count(*) from purchase_receipt where supplier_id is null or uom is null") == [(0,)]


def test_employees_are_known_by_pseudonym_and_team_alone(erp: TakenIn) -> None:
    columns = {name for name, *_ in erp.rows("describe worker")}
    assert not columns & {"name", "NationalIDNumber", "LoginID", "BirthDate", "JobTitle"}
    workers = erp.rows("select worker_id, team from worker")
    assert len({worker for worker, _ in workers}) == 290
    assert all(len(worker) == 16 and set(worker) <= set("0123456789abcdef") for worker, _ in workers)
    assert len({team for _, team in workers}) == 16


def test_stores_are_no_work_centres_but_hold_stock(erp: TakenIn) -> None:
    assert erp.rows("select count(*) from work_center") == [(7,)]
    assert erp.rows("select count(*), count(distinct location_id) from inventory_balance") == [(1_069, 14)]


def test_nothing_is_turned_away(erp: TakenIn) -> None:
    assert erp.rows("select dataset, source_key from quarantine") == []
    assert erp.report.rejected_rows == 0


def test_the_same_files_again_are_no_news(erp: TakenIn) -> None:
    again = erp.ingest_again()
    assert (again.new_files, again.accepted_rows, again.rejected_rows) == (0, 0, 0)
