"""The moulding plant's own workbooks: what enters the raw store equals direct sums over the delivered sheets.

The sheets are read a second time here with fastexcel alone, by nothing of the product.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import fastexcel
import polars as pl
import pytest
import xlsxwriter
from taken_in import MOULDING_PLANT, TakeIn, TakenIn, take_in_home

from settings.home import Home

DEFECTS = (
    "itemBlackSpot",
    "itemOilDeposit",
    "itemScratch",
    "itemCrack",
    "itemSinkMark",
    "itemShort",
    "itemBurst",
    "itemBend",
    "itemStain",
    "otherNG",
)


@pytest.fixture(scope="module")
def delivered(shared_data: Path) -> Path:
    return shared_data / "optimoldiq"


@pytest.fixture(scope="module")
def plant(take_in: TakeIn, delivered: Path) -> TakenIn:
    return take_in(MOULDING_PLANT.format(path=delivered))


@pytest.fixture(scope="module")
def sheets(delivered: Path) -> duckdb.DuckDBPyConnection:
    """The workbooks as tables, named by their sheet's file; `report` has the sheet's row number as `line`."""
    connection = duckdb.connect()
    report = fastexcel.read_excel(delivered / "production/monthlyReports_201811.xlsb").load_sheet(0).to_polars()
    orders = pl.concat(
        [fastexcel.read_excel(file).load_sheet(0).to_polars() for file in sorted(delivered.glob("purchase_orders/*"))],
        how="vertical_relaxed",
    )
    connection.register("sheet", report.with_row_index("line", offset=2))
    connection.execute("create table report as from sheet")
    connection.register("order_sheet", orders)
    connection.execute("create table orders as from order_sheet")
    for file in delivered.glob("master/*.xlsx"):
        connection.register("sheet_of_file", fastexcel.read_excel(file).load_sheet(0).to_polars())
        connection.execute(f"create table {file.stem} as from sheet_of_file")
    return connection


def test_the_month_holds_the_pieces_that_the_workbook_holds(plant: TakenIn, sheets: duckdb.DuckDBPyConnection) -> None:
    [(produced, good, defects)] = plant.rows("""
        select sum(good_qty + scrap_qty), sum(good_qty), sum(scrap_qty) from confirmation
        where production_date between '2018-11-01' and '2018-11-30'""")
    assert (produced, good, defects) == (5_397_276, 5_194_003, 203_273)
    [(total, good_in_sheet)] = sheets.sql(
        "select sum(itemTotalQuantity)::bigint, sum(itemGoodQuantity)::bigint from report"
    ).fetchall()
    assert (produced, good) == (total, good_in_sheet)


def test_each_kind_of_defect_equals_the_sum_of_its_column(plant: TakenIn, sheets: duckdb.DuckDBPyConnection) -> None:
    counted = dict(plant.rows("select reason_id, sum(scrap_qty) from confirmation where scrap_qty <> 0 group by 1"))
    columns = ", ".join(f"coalesce(sum(try_cast({defect} as bigint)), 0)" for defect in DEFECTS)
    [sums] = sheets.sql(f"select {columns} from report").fetchall()
    assert {defect: counted.get(defect, 0) for defect in DEFECTS} == dict(zip(DEFECTS, sums, strict=True))
    assert sorted(reason for (reason,) in plant.rows("select reason_id from reason")) == sorted(DEFECTS)


def test_shots_times_cavities_make_the_total_of_every_row(plant: TakenIn, sheets: duckdb.DuckDBPyConnection) -> None:
    reported = {
        line: (total or 0, (shots or 0) * (cavities or 0))
        for line, total, shots, cavities in sheets.sql(
            "select line, itemTotalQuantity, moldShot, moldCavity from report where itemCode is not null"
        ).fetchall()
    }
    assert all(total == moulded for total, moulded in reported.values())
    taken = dict(plant.rows("select source_line, sum(good_qty + scrap_qty) from confirmation group by 1"))
    assert taken == {line: total for line, (total, _) in reported.items()}


def test_each_of_the_697_rows_is_a_report_or_an_idle_machine(plant: TakenIn, sheets: duckdb.DuckDBPyConnection) -> None:
    confirmed = {line for (line,) in plant.rows("select source_line from confirmation")}
    idle = plant.rows("""
        select source_line, strftime(production_date, '%Y-%m-%d'), shift_id, work_unit_id
        from shift_calendar anti join confirmation using (work_unit_id, production_date, shift_id)
        where work_unit_id is not null""")
    blank = sheets.sql("""
        select line, strftime(recordDate, '%Y-%m-%d'), workingShift::int::varchar, machineCode
        from report where itemCode is null""").fetchall()
    assert sorted(idle) == sorted(blank)
    assert len(idle) == 20
    assert len(confirmed) == 677
    assert confirmed | {line for line, *_ in idle} == set(range(2, 699))


def test_an_order_that_waited_a_whole_shift_is_reported_with_zero_pieces(plant: TakenIn) -> None:
    waiting = plant.rows("""
        select source_line from confirmation group by 1 having sum(good_qty + scrap_qty) = 0""")
    assert len(waiting) == 16


def test_every_mould_that_ran_has_a_standard(plant: TakenIn, sheets: duckdb.DuckDBPyConnection) -> None:
    standard = plant.rows("""
        select sum((good_qty + scrap_qty) * run_seconds_per_unit / base_qty),
            count(*) filter (run_seconds_per_unit is null)
        from confirmation
        join production_order using (order_id)
        left join routing_operation
            on production_order.item_id = routing_operation.item_id and confirmation.routing_version_id = version_id""")
    [direct] = sheets.sql("""
        select sum(itemTotalQuantity * moldSettingCycle / moldCavityStandard) from report join moldInfo using (moldNo)
        """).fetchone() or (None,)
    assert standard == [(pytest.approx(direct, abs=1e-6), 0)]
    assert direct == 16_718_478.625


def test_machines_ran_faster_than_their_moulds_standard_and_it_is_not_hidden(plant: TakenIn) -> None:
    [(machine_shifts, faster, fastest)] = plant.rows("""
        with machine_shift as (
            select work_unit_id, production_date, shift_id,
                sum((good_qty + scrap_qty) * run_seconds_per_unit / base_qty) as standard_seconds
            from confirmation
            join production_order using (order_id)
            join routing_operation
                on production_order.item_id = routing_operation.item_id and confirmation.routing_version_id = version_id
            group by all
        )
        select count(*), count(*) filter (standard_seconds > 8 * 3600), max(standard_seconds) / (8 * 3600)
        from machine_shift""")
    assert (machine_shifts, faster) == (655, 256)
    assert fastest == pytest.approx(1.795486, abs=1e-6)


def test_a_product_made_on_either_of_two_moulds_has_a_routing_for_each(plant: TakenIn) -> None:
    routings = plant.rows("""
        select version_id, base_qty, run_seconds_per_unit from routing_operation
        where item_id = '280301M' order by 1""")
    assert routings == [("13100CAG-M-002", 4, 25), ("PSSC-M-001", 8, 25)]
    [(used,)] = plant.rows("select routing_version_id from production_order where item_id = '280301M'")
    assert used == "13100CAG-M-002"


def test_a_recipe_weighs_what_the_orders_planned_but_for_two(plant: TakenIn) -> None:
    differing = plant.rows("""
        select order_id from production_order
        join bom_line on production_order.item_id = bom_line.item_id and bom_version_id = version_id
        join order_component using (order_id, line_no)
        where order_component.item_id <> component_item_id
            or abs(production_order.planned_qty::double * qty::double / base_qty - order_component.planned_qty) > 1
        order by 1""")
    assert differing == [("IM1811030",), ("IM1811032",)]
    assert plant.rows("""select count(distinct version_id) from bom_line where item_id = '280101M'""") == [(2,)]


def test_closed_days_are_those_without_reports(plant: TakenIn) -> None:
    days = plant.rows("""
        select strftime(production_date, '%d'), count(*) filter (work_unit_id is null),
            count(*) filter (work_unit_id is not null)
        from shift_calendar group by 1 order by 1""")
    assert len(days) == 30
    assert all(plant_shifts == 3 for _, plant_shifts, _ in days)
    closed = [day for day, _, machine_shifts in days if machine_shifts == 0]
    assert all(machine_shifts in (0, 27) for _, _, machine_shifts in days)
    holidays = plant.rows("""
        select strftime(start_at + interval 7 hour, '%d') from planned_stop
        where start_at between '2018-11-01' and '2018-12-01' order by 1""")
    assert holidays == [(day,) for day in closed] == [("04",), ("11",), ("17",), ("18",), ("25",)]
    assert plant.rows("select count(*) from planned_stop") == [(17,)]


def test_codes_of_numbers_and_text_stay_as_they_are_written(plant: TakenIn) -> None:
    codes = plant.rows("""
        select item_id from item where item_id in ('10043', '101104FJ', '9917349N15', '9915740199') order by 1""")
    assert codes == [("10043",), ("101104FJ",), ("9915740199",), ("9917349N15",)]
    assert plant.rows("select count(*) from item where contains(item_id, '.')") == [(0,)]


def test_quarantine_names_the_two_products_without_a_master_row_and_nothing_else(plant: TakenIn) -> None:
    held = plant.rows("""
        select dataset, json_extract_string(row_json, '$.item_id'), reason_codes from quarantine order by all""")
    assert held == [
        ("bom_line", "26004662M", ["unknown_reference"]),
        ("bom_line", "26004662M", ["unknown_reference"]),
        ("routing_operation", "10242M", ["unknown_reference"]),
    ]


def test_the_same_workbooks_again_are_no_news(plant: TakenIn) -> None:
    again = plant.ingest_again()
    assert (again.new_files, again.accepted_rows, again.rejected_rows) == (0, 0, 0)


def test_a_mould_without_master_row_is_turned_away_by_name_and_its_pieces_stay(
    take_in: TakeIn, delivered: Path, tmp_path: Path
) -> None:
    shutil.copytree(delivered, tmp_path / "delivered")
    moulds = fastexcel.read_excel(delivered / "master/moldInfo.xlsx").load_sheet("moldInfo").to_polars()
    left = moulds.filter(pl.col("moldNo") != "PXNCR5-M-001")
    with xlsxwriter.Workbook(tmp_path / "delivered/master/moldInfo.xlsx") as workbook:
        left.write_excel(workbook, "moldInfo")
    plant = take_in(MOULDING_PLANT.format(path=tmp_path / "delivered"))
    turned_away = plant.rows("""
        select distinct json_extract_string(row_json, '$.version_id'), reason_codes from quarantine
        where dataset = 'routing_operation' and not list_contains(reason_codes, 'unknown_reference')""")
    assert turned_away == [("PXNCR5-M-001", ["missing_value"])]
    [(pieces, orders_without_standard)] = plant.rows("""
        select (select sum(good_qty + scrap_qty) from confirmation),
            (select count(*) from production_order anti join routing_operation on routing_version_id = version_id)""")
    assert pieces == 5_397_276
    assert orders_without_standard > 0


def test_a_workbook_that_grows_night_by_night_ends_in_the_same_rows(
    plant: TakenIn, sheets: duckdb.DuckDBPyConnection, delivered: Path, tmp_path: Path
) -> None:
    shutil.copytree(delivered, tmp_path / "delivered", ignore=shutil.ignore_patterns("*.xlsb"))
    workbook_file = tmp_path / "delivered/production/monthlyReports_201811.xlsx"
    workbook_file.parent.mkdir(exist_ok=True)
    for last_day in (15, 30):
        known = sheets.sql(
            f"select * exclude (line) from report where day(recordDate) <= {last_day} order by line"
        ).pl()
        with xlsxwriter.Workbook(workbook_file) as workbook:
            known.write_excel(workbook, "Sheet1")
        grown = take_in_home(Home(tmp_path / "home"), MOULDING_PLANT.format(path=tmp_path / "delivered"))
    assert grown.rows("select count(*) from confirmation") == plant.rows("select count(*) from confirmation")
    for dataset in ("production_order", "confirmation", "shift_calendar", "reason"):
        current = f"""
            select * exclude (source_file, batch_id, delivery_seq, recorded_at, row_hash, restates) from {dataset}
            qualify row_number() over (partition by source_key order by recorded_at desc) = 1
            order by source_key"""
        assert grown.rows(current) == plant.rows(current)
