"""A home with a small built warehouse, and a way to build it again with other figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from settings.home import Home

WAREHOUSE = """
create schema if not exists efficiency;
create schema if not exists core;
create schema if not exists meta;
create or replace table meta.build as select '{build_id}' as build_id, timestamp '2026-03-02 01:00:00' as built_at;
create or replace table core.dim_work_unit as
    select 'C1' as company_id, 'P1' as plant_id, 'U' || unit as work_unit_id, '{build_id}' as build_id
    from range(3) as units (unit);
create or replace table efficiency.oee_machine_shift as
    select
        'C1' as company_id, 'P1' as plant_id, 'U' || unit as work_unit_id,
        date '2026-01-30' + day::integer as production_date, 'early' as shift_id,
        (100 + day)::decimal(18, 6) as good_qty,
        case when unit = 0 then null else 0.987654321 end::decimal(18, 9) as oee_ratio
    from range(3) as units (unit), range(4) as days (day);
create or replace table meta.proof as
    select 'pieces' as identity_id, '{build_id}' as scope, 0.10::decimal(18, 4) as left_value,
        0.10::decimal(18, 4) as right_value, 0::decimal(18, 4) as difference, 12 as rows_compared, 'holds' as status;
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "plant")


@pytest.fixture
def build(home: Home) -> Callable[..., None]:
    """Write build/warehouse.duckdb for a build; more SQL changes it afterwards."""

    def write(build_id: str, more: str = "") -> None:
        home.build.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(home.warehouse) as connection:
            connection.execute(WAREHOUSE.format(build_id=build_id) + more)

    return write
