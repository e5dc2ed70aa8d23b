"""`tieout explain` as its user meets it, on the simulated factory."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from dataclasses import dataclass
from decimal import Decimal

import duckdb
import pytest

from dagster_project.command_line.main import Session, exit_status
from settings.home import Home

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str


@pytest.fixture
def ask(demo, capsys, monkeypatch):
    def run(*arguments: str, home: Home = demo, width: int = 100) -> Outcome:
        monkeypatch.setenv("COLUMNS", str(width))
        status = exit_status(Session(home), ["--home", str(home.root), "explain", *arguments])
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def leaf(published) -> dict[str, object]:
    """The largest usage variance."""
    found = published.execute(
        "select * from cost.order_variance where leaf_code = 'MAT.USAGE' order by abs(amount) desc, order_id limit 1"
    )
    return dict(zip([column[0] for column in found.description], found.fetchone(), strict=True))


def of_leaf(leaf) -> list[str]:
    named = ("order_id", "leaf_code", "component_item_id")
    return ["cost.order_variance", "amount", *(f"{name}={leaf[name]}" for name in named)]


def test_a_leaf_is_told_with_its_numbers_its_bookings_and_its_standards(ask, leaf):
    told = ask(*of_leaf(leaf))
    assert told.status == 0, told.err
    assert f"{leaf['amount']:,.2f}".replace("-", "−") + " EUR" in told.out.splitlines()[0]
    assert "used −" in told.out and "standard) ×" in told.out
    assert re.search(r"goods_movement\.csv:\d+", told.out)
    assert re.search(r"bom_line\.csv:\d+", told.out)
    assert re.search(r"standard_cost\.csv:\d+", told.out)
    assert told.out.rstrip().endswith("= the figure.")


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(ask, leaf, width):
    told = ask(*of_leaf(leaf), width=width)
    assert max(len(line.rstrip()) for line in told.out.splitlines()) <= width


def test_every_row_shown_stands_at_its_line_of_the_delivered_file(ask, demo, leaf):
    rows = list(csv.DictReader(io.StringIO(ask(*of_leaf(leaf), "--format", "csv").out)))
    placed = [row for row in rows if row["dataset"] == "goods_movement"]
    assert placed
    for row in placed:
        lines = (demo.inbox / "erp" / row["source_file"]).read_text(encoding="utf-8").splitlines()
        assert lines[int(row["source_line"]) - 1].startswith(f"{row['document']},")
    amounts = [Decimal(row["amount"]) for row in rows if row["kind"] == "part"]
    assert sum(amounts) == leaf["amount"]


def test_raw_shows_the_delivered_lines_and_no_worker(ask, demo, published):
    order = published.execute(
        "select order_id from core.fct_order_posting where source_dataset = 'labour_time' order by all limit 1"
    ).fetchone()[0]
    told = ask("order_cost", "actual_labour_amount", f"order_id={order}", "--raw").out
    files = sorted((demo.inbox / "timesheets").rglob("labour_time*.csv"))
    assert files, "labour time is delivered elsewhere now"
    workers = {row["worker_id"] for file in files for row in csv.DictReader(file.open(encoding="utf-8"))}
    delivered = told.split("As delivered")[1]
    assert "***" in delivered and re.search(r"\bLT\d+", delivered)
    assert not [worker for worker in workers if worker and worker in delivered]


def test_what_is_left_out_is_summed(ask, published):
    order = published.execute(
        "select order_id from core.fct_order_posting group by all order by count(*) desc, order_id limit 1"
    ).fetchone()[0]
    told = ask("cost.order_cost", "production_variance_amount", f"order_id={order}", "--limit", "2", "--format", "json")
    explanation = json.loads(told.out, parse_float=Decimal)
    shown = explanation["source_rows"]
    assert len(shown) == 3 and re.fullmatch(r"and \d+ more", shown[-1]["step"])
    assert sum(row["amount"] for row in shown) == explanation["value"] == explanation["sum"]


def test_several_rows_are_summed_where_that_means_something(ask, published):
    told = json.loads(ask("cost.order_variance", "amount", "plant_id=P1", "--format", "json").out, parse_float=Decimal)
    total, count = published.execute(
        "select sum(amount), count(*) from cost.order_variance where plant_id = 'P1'"
    ).fetchone()
    assert (told["value"], told["row_count"], told["holds"]) == (total, count, True)
    refused = ask("cost.order_cost", "actual_unit_cost_amount", "plant_id=P1")
    assert refused.status == 2 and "cannot be summed" in refused.err and "order_id=" in refused.err


def test_a_ratio_is_told_by_its_numerator_and_its_denominator(ask, published):
    order = published.execute(
        "select order_id from cost.order_cost where actual_unit_cost_amount is not null order by all limit 1"
    ).fetchone()[0]
    told = ask("order_cost", "actual_unit_cost_amount", f"order_id={order}")
    assert told.status == 0
    assert "cost.order_cost.actual_amount =" in told.out and "cost.order_cost.good_qty =" in told.out
    assert told.out.count("= the figure.") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cost.ordercost", "x"], "did you mean cost.order_cost"),
        (["meta.build", "build_id"], "no mart whose figures can be explained"),
        (["order_cost", "actual_material_amt"], "did you mean actual_material_amount"),
        (["order_cost", "actual_amount", "oder_id=1"], "did you mean order_id"),
        (["order_cost", "actual_amount", "order_id=nowhere"], "has no row with order_id=nowhere; there is"),
        (["order_cost", "actual_amount", "order_id"], "is no key=value"),
    ],
)
def test_a_wrong_name_is_one_line_with_the_near_ones(ask, arguments, said):
    told = ask(*arguments)
    assert told.status == 2 and said in told.err and len(told.err.splitlines()) == 1


def test_without_a_figure_what_can_be_explained_is_listed(ask):
    assert "cost.order_variance" in ask().out
    assert "actual_material_amount" in ask("cost.order_cost").out


@pytest.fixture
def other(demo, tmp_path) -> Home:
    """The same home, with a warehouse that a test may change."""
    home = Home(tmp_path / "plant")
    shutil.copytree(demo.root, home.root, symlinks=True)
    shutil.rmtree(home.published)
    (home.published / "b2").mkdir(parents=True)
    shutil.copyfile(demo.current / demo.warehouse.name, home.published / "b2" / home.warehouse.name)
    home.current.symlink_to("b2")
    return home


def changed(home: Home, sql: str) -> None:
    with duckdb.connect(str(home.current / home.warehouse.name)) as connection:
        connection.execute(sql)


def test_a_figure_that_its_rows_do_not_add_up_to_is_refused(ask, other, published):
    order = published.execute(
        "select order_id from cost.order_cost where actual_material_amount > 0 order by all limit 1"
    ).fetchone()[0]
    changed(other, "update cost.order_cost set actual_material_amount = actual_material_amount + 0.01")
    told = ask("order_cost", "actual_material_amount", f"order_id={order}", home=other)
    assert told.status == 1
    assert told.out.rstrip().splitlines()[-1].endswith("which is NOT the figure: 0.01 EUR are missing.")


def test_a_figure_without_value_says_why(ask, other, published):
    order = published.execute("select min(order_id) from cost.order_cost").fetchone()[0]
    why = "not available: labour time is not delivered or has no rate"
    changed(other, f"update cost.order_cost set actual_labour_amount = null, actual_status = '{why}'")
    told = ask("order_cost", "actual_labour_amount", f"order_id={order}", "--why", home=other)
    assert (told.status, told.out) == (0, f"cost.order_cost.actual_labour_amount = no value: {why}\n")
    assert ask("order_cost", "actual_labour_amount", f"order_id={order}", home=other).out.rstrip().endswith(f"{why}.")
