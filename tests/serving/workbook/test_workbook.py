"""What finance.xlsx says: the warehouse's figures, formulas that add them up, and nothing that a spreadsheet runs."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from workbook.warehouse import finance_warehouse
from workbook.xlsx import Cell, column, letter_of, read_cells

from serving.workbook.values import fits, safe_text
from serving.workbook.write import write_workbook

Sheets = dict[str, dict[str, Cell]]
MANIFEST = {"build_id": "b1", "built_at": "2026-07-01T01:02:03", "known_at": "2026-07-01T00:00:00"}
SHEETS = [
    "Read me", "Budget walk", "Budget lines", "Variance tree", "Variance by order", "Cost center variance",
    "Purchase price", "WIP", "Reconciliation", "Reconciling items", "Restatement", "Periods",
]  # fmt: skip


def workbook(folder: Path, row_limit: int | None = None, **size: object) -> Sheets:
    file = folder / "finance.xlsx"
    with finance_warehouse(folder / "warehouse.duckdb", **size) as connection:  # type: ignore[arg-type]
        write_workbook(connection, file, MANIFEST, **({} if row_limit is None else {"row_limit": row_limit}))
    return read_cells(file)


def total(cells: dict[str, Cell], title: str) -> Cell:
    return cells[f"{letter_of(cells, title)}5"]


def test_every_sheet_is_there_and_the_front_page_lists_it(tmp_path: Path) -> None:
    sheets = workbook(tmp_path)
    assert list(sheets) == SHEETS
    front = {cell.value for cell in sheets["Read me"].values()}
    assert set(SHEETS[1:]) <= front
    assert {"b1", "2026-07-01 01:02:03", "C1 Works 1 (EUR)"} <= front
    assert "cost.cost_center_variance is not in this build" in front


def test_totals_are_formulas_that_carry_the_warehouses_sum(tmp_path: Path) -> None:
    sheets = workbook(tmp_path)
    with duckdb.connect(tmp_path / "warehouse.duckdb", read_only=True) as warehouse:
        (variance,) = warehouse.execute("select sum(amount) from cost.order_variance").fetchone() or (None,)
        (static,) = warehouse.execute(
            "select sum(static_amount) from finance.budget_walk "
            "where budget_version_id = 'PLAN' and period_id = '2026-06'"
        ).fetchone() or (None,)
    for sheet, title, expected in (
        ("Variance by order", "Variance", variance),
        ("Variance tree", "All periods", variance),
        ("Budget walk", "Static budget", static),
        ("WIP", "Difference", Decimal(0)),
    ):
        cell = total(sheets[sheet], title)
        assert cell.number == expected, (sheet, title)
        assert cell.formula is not None
        assert cell.formula.startswith("SUBTOTAL(")
    assert sheets["Budget walk"]["E3"].value == "2026-06"
    assert "PLAN" in {cell.value for ref, cell in sheets["Budget walk"].items() if ref.endswith("3") and len(ref) == 2}


def test_a_finance_warehouse_without_finance_gives_a_workbook_that_says_so(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "w.duckdb") as connection:
        connection.execute("create schema meta; create table meta.build as select 1 as one")
        write_workbook(connection, tmp_path / "finance.xlsx", MANIFEST)
    sheets = read_cells(tmp_path / "finance.xlsx")
    assert list(sheets) == SHEETS
    assert sheets["WIP"]["A2"].value == "Not available: cost.wip_order_period is not in this build."


def test_a_table_without_a_column_is_said_to_lack_it(tmp_path: Path) -> None:
    sheets = workbook(tmp_path, more="alter table finance.restatement drop column cause;")
    assert sheets["Restatement"]["A2"].value == "Not available: this build says nothing about cause."


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "<r><t>x</t></r>"])
def test_text_that_would_run_is_quoted(text: str) -> None:
    assert safe_text(text) == f"'{text}"


def test_hostile_names_stay_text_in_the_file(tmp_path: Path) -> None:
    names = ["=HYPERLINK(1)", "a & b <c>", " padded ", "_x0041_", "bell\x07", "<r>x</r>"]
    renamed = " ".join(
        f"update core.dim_item set item_name = $${name}$$ where item_id = 'I{number}';"
        for number, name in enumerate(names)
    )
    sheets = workbook(tmp_path, items=len(names), more=renamed)
    cells = sheets["Variance by order"]
    shown = {value for value in column(cells, letter_of(cells, "Item name")) if value}
    assert shown == {"'=HYPERLINK(1)", "a & b <c>", " padded ", "_x005F_x0041_", "bell_x0007_", "'<r>x</r>"}
    assert all(cell.formula is None or not cell.formula.startswith("HYPERLINK") for cell in cells.values())


def test_amounts_that_excel_would_round_are_text_with_every_digit(tmp_path: Path) -> None:
    much = Decimal("99999999999999.99")
    sheets = workbook(
        tmp_path,
        more=f"update cost.order_variance set amount = {much} where order_id = 'C1-3' and leaf_code = 'SCRAP';",
    )
    cells = sheets["Variance by order"]
    shown = column(cells, letter_of(cells, "Variance"))
    assert "199,999,999,999,999.9800" in shown
    assert not any(cell.formula for ref, cell in cells.items() if int("".join(filter(str.isdigit, ref))) >= 7)
    assert "more than 15 digits" in (cells["A2"].value or "")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("1234567890123.45", True),
        ("12345678901234.56", False),
        ("1E+15", False),
        ("100000000000000.0000", True),
        ("0", True),
    ],
)
def test_fifteen_digits_fit(number: str, shown: bool) -> None:
    assert fits(Decimal(number)) is shown


def test_amounts_of_two_currencies_are_never_added_up(tmp_path: Path) -> None:
    sheets = workbook(tmp_path, companies=2)
    cell = total(sheets["Variance by order"], "Variance")
    assert cell.value == "filter one"
    assert cell.formula is not None
    assert cell.formula.startswith("IF(SUBTOTAL(104,")
    assert total(sheets["Variance tree"], "All periods").value == "by company"


def test_too_many_rows_keep_the_newest_periods_and_the_same_total(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()
    whole = workbook(tmp_path / "whole", orders=120)
    cut = workbook(tmp_path / "cut", orders=120, row_limit=400)
    orders = cut["Variance by order"]
    shown = column(orders, letter_of(orders, "Order"))
    assert len(shown) <= 400
    assert any(order and order.endswith(" orders") for order in shown)
    assert "tieout query" in (orders["A2"].value or "")
    for title in ("Period", "Year to date", "All periods"):
        assert total(cut["Variance tree"], title).number == total(whole["Variance tree"], title).number


def test_rows_that_stand_for_several_items_still_add_up(tmp_path: Path) -> None:
    sheets = workbook(tmp_path, orders=600, items=50, row_limit=200)
    with duckdb.connect(tmp_path / "warehouse.duckdb", read_only=True) as warehouse:
        (variance,) = warehouse.execute("select sum(amount) from cost.order_variance").fetchone() or (None,)
    assert total(sheets["Variance tree"], "All periods").number == variance
    assert len(column(sheets["Variance by order"], "A")) <= 200


def test_sums_of_a_large_book_look_up_stretches_not_whole_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "large").mkdir()
    small = workbook(tmp_path / "small")
    monkeypatch.setattr("serving.workbook.rows.CELLS_LOOKED_UP", 10)
    large = workbook(tmp_path / "large")
    for sheet in ("Budget walk", "Variance tree"):
        values = [{ref: cell.value for ref, cell in book[sheet].items() if ref != "A2"} for book in (small, large)]
        assert values[0] == values[1]
        assert "do not sort" in (large[sheet]["A2"].value or "")


def test_no_worker_and_no_rate_is_in_the_book(tmp_path: Path) -> None:
    words = {
        (cell.value or "").lower()
        for cells in workbook(tmp_path).values()
        for ref, cell in cells.items()
        if ref.endswith("6")
    }
    assert not {word for word in words if "worker" in word or "hourly" in word or "wage" in word}


LARGE = """
import json, resource, sys, time
from pathlib import Path
from workbook.warehouse import finance_warehouse
from serving.workbook.write import write_workbook
folder = Path(sys.argv[1])
with finance_warehouse(folder / "w.duckdb", orders=100_000, items=200) as connection:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    write_workbook(connection, folder / "finance.xlsx", {"build_id": "b"})
print(json.dumps({"megabytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024}))
"""


@pytest.mark.slow
def test_a_hundred_thousand_orders_take_little_memory(tmp_path: Path) -> None:
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", LARGE, str(tmp_path)], cwd=tests, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": f"{tests}:{tests.parents[1]}", "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split(":")[1].strip(" }\n")) < 900
