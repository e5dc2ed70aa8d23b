"""The whole chain on a plant whose answers are worked out on paper in README.md."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

HERE = Path(__file__).parent
MARTS = {
    "oee_machine_shift": "efficiency.oee_machine_shift",
    "oee_plant_day": "efficiency.oee_plant_day",
    "oee_plant_month": "efficiency.oee_plant_month",
    "oee_item_day": "(from efficiency.oee_item_day where planned_busy_seconds <> 0 or standard_produced_seconds <> 0)",
    "loss": """(
        select company_id, work_unit_id, production_date, shift_id, loss_category, sum(seconds) as loss_seconds
        from efficiency.loss_event group by all having sum(seconds) <> 0
    )""",
    "order_cost": "cost.order_cost",
    "yield_order_operation": '"yield".yield_order_operation',
    "labour_worker_shift": "labour.labour_worker_shift",
}
NUMBERS = ("_seconds", "_qty", "_amount", "_hours")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    home = tmp_path_factory.mktemp("small") / "plant"
    home.mkdir()
    # Two companies have a plant SP, so each source says whose it is.
    more = "    company_id: SMALL\n  - {name: twin, plant_id: SP, company_id: TWIN}\n"
    (home / "tieout.yml").write_text((HERE / "tieout.yml").read_text() + more)
    shutil.copytree(HERE / "inbox", home / "inbox")
    deliver_twin(home / "inbox" / "erp", home / "inbox" / "twin")
    command = [str(Path(sys.executable).with_name("tieout")), "--home", str(home), "nightly"]
    night = subprocess.run(command, capture_output=True, text=True, check=False)
    assert night.returncode == 0, night.stdout + night.stderr
    return duckdb.connect(str(home / "published" / "current" / "warehouse.duckdb"), read_only=True)


def deliver_twin(original: Path, twin: Path) -> None:
    """The same plant once more, with every id the same, as another company's."""
    twin.mkdir()
    for file in original.glob("*.csv"):
        with file.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        with (twin / file.name).open("w", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0] | {"company_id": ""}))
            writer.writeheader()
            writer.writerows(row | {"company_id": "TWIN"} for row in rows)


def comparable(connection: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> list[tuple[object, ...]]:
    """Rows as text, numbers without trailing zeros, in a fixed order."""
    listed = ", ".join(f'"{column}"::varchar' for column in columns)
    return sorted(
        tuple(
            str(Decimal(value).normalize()) if value is not None and column.endswith(NUMBERS) else (value or "")
            for column, value in zip(columns, row, strict=True)
        )
        for row in connection.sql(f"select {listed} from {table}").fetchall()
    )


@pytest.mark.parametrize("name", MARTS)
def test_the_marts_hold_what_pencil_and_paper_give(warehouse: duckdb.DuckDBPyConnection, name: str) -> None:
    expected = f"read_csv('{HERE / 'expected' / name}.csv', all_varchar = true)"
    columns = warehouse.sql(f"from {expected}").columns
    published = f"(from {MARTS[name]} where company_id = 'SMALL')"
    assert comparable(warehouse, published, columns) == comparable(warehouse, expected, columns)


@pytest.mark.parametrize("name", MARTS)
def test_another_company_with_the_same_ids_has_its_own_figures(warehouse: duckdb.DuckDBPyConnection, name: str) -> None:
    """Were the company missing from one key path, rows of the two would join and figures double."""
    own = [column for column in warehouse.sql(f"from {MARTS[name]}").columns if not column.endswith(("_key", "_id"))]
    small, twin = (f"(from {MARTS[name]} where company_id = '{company}')" for company in ("SMALL", "TWIN"))
    assert comparable(warehouse, twin, own) == comparable(warehouse, small, own)


def test_availability_effectiveness_and_quality_multiply_to_oee(warehouse: duckdb.DuckDBPyConnection) -> None:
    friday = warehouse.sql("""
        select availability_ratio, effectiveness_ratio, quality_ratio, oee_ratio from efficiency.oee_machine_shift
        where company_id = 'SMALL' and work_unit_id = 'M1' and production_date = '2026-03-27'""").fetchall()
    assert friday == [pytest.approx((20_400 / 27_000, 20_000 / 20_400, 19_700 / 20_000, 19_700 / 27_000))]


def test_what_cannot_be_true_is_set_aside_with_its_reason(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.sql(
        "select source_file, source_line, reason_codes from meta.quarantine where company_id = 'SMALL' order by all"
    ).fetchall() == [
        ("confirmation.csv", 8, "unknown_reference"),
        ("confirmation.csv", 9, "rule:negative_without_reversal"),
        ("machine_state.csv", 19, "time_in_dst_gap"),
    ]


def test_an_order_without_a_standard_has_no_variance_and_says_why(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.sql(
        "select variance_amount, standard_status from cost.order_cost where company_id = 'SMALL' and order_id = 'C'"
    ).fetchall() == [(None, "not available: no standard cost, or more than one, on the date of the output")]


def test_no_name_of_a_person_is_published(warehouse: duckdb.DuckDBPyConnection) -> None:
    for schema, table in warehouse.sql("select table_schema, table_name from information_schema.tables").fetchall():
        text = str(warehouse.sql(f'from "{schema}"."{table}"').fetchall())
        assert "Muster" not in text and "'W1'" not in text, f"{schema}.{table}"
