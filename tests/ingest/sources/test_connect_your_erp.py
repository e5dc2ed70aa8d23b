"""The worked example of docs/connect_your_erp.md, taken word for word: it must do what the page says."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from taken_in import TakenIn, take_in_home

from settings.home import Home

PAGE = Path(__file__).parents[3] / "docs" / "connect_your_erp.md"
BLOCK = re.compile(r"^`(?P<file>[\w./-]+)`\n\n```\w+\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> TakenIn:
    """A home made of the page's files."""
    home = Home(tmp_path_factory.mktemp("home"))
    files = {found["file"]: found["content"] for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))}
    for name, content in files.items():
        file = home.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="cp1252" if file.suffix == ".csv" else "utf-8")
    return take_in_home(home, files["tieout.yml"])


def test_eight_of_nine_rows_are_accepted(example: TakenIn) -> None:
    assert example.report.rejected_rows == 1
    accepted = [batch.accepted_rows for batch in example.report.batches if batch.source == "erp"]
    assert sum(accepted) == 8


def test_the_unreadable_row_is_turned_away_with_the_reason_the_page_shows(example: TakenIn) -> None:
    [(file, line, reasons)] = example.rows("select source_file, source_line, reasons from quarantine")
    assert f"{file} line {line}: {'; '.join(reasons)}" in PAGE.read_text(encoding="utf-8")


def test_a_cancellation_takes_back_pieces_and_seconds(example: TakenIn) -> None:
    assert example.rows("""
        select order_id, sum(good_qty), sum(scrap_qty), sum(machine_seconds) from confirmation group by 1""") == [
        ("100245", Decimal(410), Decimal(12), Decimal(10950))
    ]
    assert example.rows("select reversal_of from confirmation where good_qty < 0") == [("5002",)]


def test_leading_zeros_and_umlauts_survive(example: TakenIn) -> None:
    assert example.rows("select name from item where item_id = '0000411'") == [("Gehäuse groß",)]
    assert example.rows("select planned_qty, due_date::varchar, status from production_order order by order_id") == [
        (Decimal(1200), "2025-03-18", "in_process"),
        (Decimal(800), "2025-03-21", "released"),
    ]
