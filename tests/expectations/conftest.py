"""A night's raw rows and a warehouse built on them: two machines, one shift, nothing wrong until a test says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from ingest.contracts.model import load_contracts
from ingest.contracts.raw_tables import row_columns
from settings.home import Home

RAW_ROWS = """
insert into raw.confirmation by name
    select 'C' || n as confirmation_id, 'O1' as order_id, 'P1' as plant_id, 10 as operation_no,
        date '2026-03-02' as production_date, date '2026-03-02' as posting_date, 10 as good_qty, 1 as scrap_qty,
        'C1' as company_id, 'C' || n as source_key, 'confirmation.csv' as source_file, n + 1 as source_line,
        'night2' as batch_id, 7 as delivery_seq, false as is_deleted, '0123456789abcdef' as worker_id
    from range(1, 4) as numbers (n);
insert into raw.machine_state by name
    select 'U1' as work_unit_id, timestamp '2026-03-02 06:00:00' + n * interval 1 minute as occurred_at,
        date '2026-03-02' as event_date, 'producing' as state,
        'C1' as company_id, 'machine_state.csv' as source_file, n + 1 as source_line,
        'night2b' as batch_id, 8 as delivery_seq, false as is_deleted
    from range(1, 4) as numbers (n);
"""

WAREHOUSE = """
create schema efficiency;
create schema core;
create schema cost;
create schema labour;
create schema yield;
create schema meta;
create table efficiency.oee_machine_shift as
    select 'C1' as company_id, 'P1' as plant_id, unit as work_unit_id, day::date as production_date,
        'early' as shift_id, 28800::decimal(18, 3) as calendar_seconds, 0::decimal(18, 3) as not_planned_seconds,
        28800::decimal(18, 3) as planned_operation_seconds, 1800::decimal(18, 3) as planned_down_seconds,
        27000::decimal(18, 3) as planned_busy_seconds, 20000::decimal(18, 3) as production_seconds,
        3000::decimal(18, 3) as setup_seconds, 1000::decimal(18, 3) as delay_seconds,
        2000::decimal(18, 3) as down_seconds, 1000::decimal(18, 3) as unknown_seconds,
        18000::decimal(18, 3) as standard_produced_seconds, 100::decimal(18, 6) as produced_qty,
        95::decimal(18, 6) as good_qty, 4::decimal(18, 6) as scrap_qty, 1::decimal(18, 6) as rework_qty
    from (values ('U1'), ('U2')) as units (unit),
        generate_series(timestamp '2026-02-02', timestamp '2026-03-02', interval 1 day) as days (day);
update efficiency.oee_machine_shift
    set production_seconds = null, setup_seconds = null, delay_seconds = null, down_seconds = null,
        unknown_seconds = null
    where work_unit_id = 'U2';
create table core.dim_order as
    select 'C1' as company_id, 'O1' as order_id, 'I1' as item_id, 'closed' as order_status, 'PCE' as uom;
create table core.fct_confirmation as
    select 'C1' as company_id, 'O1' as order_id, operation_no, 100::decimal(18, 6) as good_qty,
        0::decimal(18, 6) as scrap_qty
    from (values (10), (20)) as operations (operation_no);
create table core.fct_goods_movement as
    select 'C1' as company_id, 'O1' as order_id, 'I1' as item_id, 'receipt' as movement_type,
        100::decimal(18, 6) as base_qty, 'PCE' as base_uom;
create table cost.order_cost as
    select 'C1' as company_id, 'O1' as order_id, 'EUR' as currency_code, 'closed' as order_status,
        100::decimal(18, 6) as planned_qty, 100::decimal(18, 6) as good_qty,
        500::decimal(18, 4) as standard_amount, 520::decimal(18, 4) as actual_amount,
        20::decimal(18, 4) as variance_amount;
create table labour.labour_worker_shift as
    select 'C1' as company_id, 'W1' as worker_id, date '2026-03-02' as production_date, 'early' as shift_id,
        8::decimal(18, 6) as attendance_hours, 7::decimal(18, 6) as booked_hours;
create table yield.yield_order_operation as
    select 'C1' as company_id, 'O1' as order_id, 10 as operation_no, date '2026-03-02' as production_date,
        110::decimal(18, 6) as input_qty, 100::decimal(18, 6) as good_qty, 8::decimal(18, 6) as scrap_qty,
        2::decimal(18, 6) as rework_qty, 90::decimal(18, 6) as first_pass_good_qty;
create table meta.load as
    select 'night' || n as batch_id, 'erp' as source_system, 'confirmation' as dataset,
        timestamp '2026-03-02 01:00:00' + n * interval 7 day as recorded_at, 1 as file_count,
        100::bigint as delivered_rows, 90::bigint as accepted_rows, 8::bigint as unchanged_rows,
        2::bigint as rejected_rows, date '2026-03-01' + (7 * n)::integer as last_event_date
    from range(5) as numbers (n);
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "plant")
    home.build.mkdir(parents=True)
    return home


@pytest.fixture
def store_raw(home: Home) -> Callable[[str], None]:
    """Write build/scratch.duckdb with the raw views of two datasets; SQL changes the rows before."""

    def write(change: str = "") -> None:
        contracts = load_contracts()
        with duckdb.connect(home.scratch) as connection:
            connection.execute("create schema raw")
            for dataset in ("confirmation", "machine_state"):
                columns = ", ".join(f"{column.name} {column.type}" for column in row_columns(contracts[dataset]))
                connection.execute(f"create table raw.{dataset} ({columns})")
            connection.execute(
                """
                create table raw.load (dataset varchar, batch_id varchar, accepted_rows bigint);
                insert into raw.load values
                    ('confirmation', 'night2', 3), ('machine_state', 'night2b', 3), ('item', 'night2c', 0)
                """
            )
            connection.execute(RAW_ROWS + change)

    return write


@pytest.fixture
def build(home: Home) -> Callable[[str], None]:
    """Write build/warehouse.duckdb; SQL changes it afterwards."""

    def write(change: str = "") -> None:
        with duckdb.connect(home.warehouse) as connection:
            connection.execute(WAREHOUSE + change)

    return write
