"""Questions to the published warehouse: exact answers in every format, clear refusals in one line."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from serving.publish import publish
from serving.query import QueryError, query
from serving.write_result import Format, write_result
from settings.home import Home

EXACT = """
    select 12345678901234.1200::decimal(18, 4) as total_amount, null::decimal(18, 4) as unit_amount,
        170141183460469231731687303715884105727::hugeint as big, 'a "b", c' as label, true as is_done,
        timestamp '2026-03-01 05:00:00' as started_at, date '2026-03-01' as production_date,
        ['late', 'short'] as reasons
"""


@pytest.fixture
def published(home: Home, build: Callable[..., None]) -> Home:
    build("b1")
    publish(home, "b1", keep_builds=2, manifest={})
    return home


def written(home: Home, sql: str, form: Format, **options: int) -> str:
    stream = io.StringIO()
    with query(home, sql) as result:
        write_result(result, form, stream, **options)
    return stream.getvalue()


def refusal(home: Home, sql: str) -> str:
    with pytest.raises(QueryError) as caught:
        query(home, sql)
    assert caught.value.exit_status == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_before_the_first_build_the_reader_is_told_what_to_run(home: Home) -> None:
    assert "nothing is published yet; run `tieout nightly`" in refusal(home, "select 1")


def test_an_unknown_table_names_the_near_ones(published: Home) -> None:
    assert refusal(published, "from efficiency.oee_machine_shft") == (
        "there is no table oee_machine_shft; did you mean efficiency.oee_machine_shift?"
    )
    assert refusal(published, "from oee_machine_shift") == (
        "there is no table oee_machine_shift; did you mean efficiency.oee_machine_shift?"
    )
    assert "`show all tables` lists" in refusal(published, "from zzz")


def test_other_mistakes_are_one_line_too(published: Home) -> None:
    assert "good_quantity" in refusal(published, "select good_quantity from efficiency.oee_machine_shift")
    assert "syntax error" in refusal(published, "selec 1")
    assert "read only" in refusal(published, "delete from core.dim_work_unit")
    assert "one SQL statement" in refusal(published, "select 1; select 2")
    assert "one SQL statement" in refusal(published, "  -- nothing")
    assert "Could not convert" in refusal(published, "select work_unit_id::integer from core.dim_work_unit")
    late = "select if(n < 2000000, n::varchar, 'x')::integer from range(3000000) as numbers (n)"
    with query(published, late) as result, pytest.raises(QueryError, match="Could not convert"):
        list(result.rows())


def test_rows_come_as_exact_python_values(published: Home) -> None:
    with query(published, EXACT) as result:
        (row,) = result.rows()
    assert row[:3] == (Decimal("12345678901234.1200"), None, 2**127 - 1)
    assert row[6] == date(2026, 3, 1)
    assert result.build.name == "b1"


def test_describe_and_show_are_questions_too(published: Home) -> None:
    with query(published, "describe efficiency.oee_machine_shift") as result:
        assert ("good_qty", "DECIMAL(18,6)") in [row[:2] for row in result.rows()]
    with query(published, "show all tables") as result:
        assert len(list(result.rows())) == 4


def test_csv_holds_every_digit_and_leaves_absent_values_empty(published: Home) -> None:
    (row,) = csv.DictReader(io.StringIO(written(published, EXACT, Format.CSV)))
    assert row == {
        "total_amount": "12345678901234.1200",
        "unit_amount": "",
        "big": "170141183460469231731687303715884105727",
        "label": 'a "b", c',
        "is_done": "true",
        "started_at": "2026-03-01 05:00:00",
        "production_date": "2026-03-01",
        "reasons": '["late", "short"]',
    }


def test_json_holds_every_digit_and_null(published: Home) -> None:
    (row,) = json.loads(written(published, EXACT, Format.JSON), parse_float=Decimal)
    assert row["total_amount"] == Decimal("12345678901234.1200")
    assert row["unit_amount"] is None
    assert row["big"] == 2**127 - 1
    assert row["reasons"] == ["late", "short"]
    assert row["started_at"] == "2026-03-01T05:00:00"
    assert json.loads(written(published, "select 1 as one where false", Format.JSON)) == []
    assert len(json.loads(written(published, "from range(25000)", Format.JSON))) == 25_000


def test_parquet_holds_decimals_as_decimals(published: Home, tmp_path: Path) -> None:
    file = tmp_path / "result.parquet"
    with query(published, "select good_qty, good_qty from efficiency.oee_machine_shift order by 1") as result:
        write_result(result, Format.PARQUET, file)
    answer = duckdb.sql(f"from '{file}'")
    assert answer.columns == ["good_qty", "good_qty_1"]
    assert [str(kind) for kind in answer.types] == ["DECIMAL(18,6)", "DECIMAL(18,6)"]
    assert answer.fetchall()[0] == (Decimal("100.000000"), Decimal("100.000000"))


def test_a_table_aligns_numbers_right_and_marks_absent_values(published: Home) -> None:
    sql = "select work_unit_id, good_qty, oee_ratio from efficiency.oee_machine_shift order by 2, 1 limit 2"
    lines = written(published, sql, Format.TABLE).splitlines()
    assert [line.rstrip() for line in lines[:1] + lines[2:]] == [
        "work_unit_id     good_qty     oee_ratio",
        "U0             100.000000             —",
        "U1             100.000000   0.987654321",
    ]


def test_a_long_table_is_cut_with_a_note(published: Home) -> None:
    text = written(published, "from range(12)", Format.TABLE, rows_shown=10)
    assert len(text.splitlines()) == 13
    assert "the first 10 rows; there are more" in text
    assert "there are more" not in written(published, "from range(10)", Format.TABLE, rows_shown=10)


def test_markup_in_a_value_is_shown_as_it_is(published: Home) -> None:
    assert "[red]x[/red]" in written(published, "select '[red]x[/red]' as label", Format.TABLE)


def test_on_a_narrow_terminal_a_wide_result_has_a_line_a_column(published: Home) -> None:
    master, terminal = pty.openpty()
    os.set_blocking(master, False)
    with (
        os.fdopen(terminal, "w") as stream,
        query(published, "from efficiency.oee_machine_shift order by all limit 4") as result,
    ):
        write_result(result, Format.TABLE, stream)
    shown = os.read(master, 10_000).decode()
    os.close(master)
    assert any("production_date" in line and "2026-01-30" in line for line in shown.splitlines())


def test_a_place_that_cannot_be_written_is_said(published: Home, tmp_path: Path) -> None:
    with query(published, "select 1") as result, pytest.raises(QueryError, match="cannot be written"):
        write_result(result, Format.CSV, tmp_path / "missing" / "file.csv")
