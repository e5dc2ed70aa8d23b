"""A single figure that is off by its smallest unit is found: by an identity where it is redundant, else by the digest.

Every money column of cost and finance must be found by an identity, with digests switched off. What nothing else
repeats is listed here, with the reason; every other column is said to be protected by its digest alone.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from verify.planting import Planted, numeric_columns, plant, shadow, write_off

from dagster_project.model_project import PROJECT_FOLDER
from serving.verify.build import Build, open_build
from serving.verify.verify import broken, verify

pytestmark = pytest.mark.slow

MONEY_SCHEMAS = ("cost", "finance")
ONLY_BY_DIGEST = {
    "cost.cost_center_variance.leaf_hourly_amount": "the rate at the period's end; no other table has it",
    "cost.standard_cost_item.delivered_fixed_amount": "told by the source beside the amount; nothing is computed of it",
    "cost.standard_cost_item.priced_components_amount": "components of the bill are not published, nor their credit",
    "cost.standard_cost_item.own_difference_amount": "compares with components of the bill, which are not published",
}
SOMETIMES_ONLY_BY_DIGEST = {
    "cost.price_variance_deferral.used_variance_amount": "after a use of unknown value there is no balance to compare",
}
ROWS = 4
PUBLISHED = sorted(
    f"{file.parent.name}.{file.stem}"
    for schema in ("core", "cost", "finance", "efficiency", "yield", "labour", "maintenance", "meta")
    for file in (PROJECT_FOLDER / "models" / schema).glob("*.sql")
)


def test_the_build_holds_and_has_rows_of_every_money_table(companies: Build) -> None:
    assert broken(verify(companies)) == []
    empty = [
        table
        for table in PUBLISHED
        if table.startswith(MONEY_SCHEMAS) and not companies.manifest["tables"][table]["rows"]
    ]
    assert empty == []


@pytest.mark.parametrize("table", PUBLISHED)
def test_every_wrong_figure_is_found(table: str, companies: Build, tmp_path: Path) -> None:
    found: dict[str, list[Planted]] = {}
    for column in numeric_columns(companies, table):
        money = table.startswith(MONEY_SCHEMAS) and column.endswith("_amount")
        found[column] = plant(companies, tmp_path / "copy", table, column, ROWS if money else 1)
    unprotected = sorted(
        column for column, planted in found.items() if planted and not any(p.found_by for p in planted)
    )
    if unprotected:
        print(f"{table}: only the digest protects {', '.join(unprotected)}")  # noqa: T201  what the test is also for
    if not table.startswith(MONEY_SCHEMAS):
        return
    for column, planted in found.items():
        if not column.endswith("_amount"):
            continue
        name = f"{table}.{column}"
        missed = [each.row for each in planted if not each.found_by]
        if name in ONLY_BY_DIGEST:
            assert len(missed) == len(planted), f"{name} is found by an identity: take it off the list"
        elif name not in SOMETIMES_ONLY_BY_DIGEST:
            assert planted, f"{name} has no value in this build"
            assert missed == [], f"{name} is off by a cent and no identity says so"


def test_the_digest_finds_what_no_identity_does(companies: Build, tmp_path: Path) -> None:
    for name in ONLY_BY_DIGEST:
        table, column = name.rsplit(".", 1)
        copy = open_build(shadow(companies, tmp_path / column, table))
        file = copy.files(table)[0]
        write_off(file, column, _first_known(file, column))
        off = broken(verify(copy))
        assert [proof.identity_id for proof in off] == ["FILES.DIGEST"]
        assert f"{table}/{file.name}" in (off[0].example or "")
        shutil.rmtree(tmp_path / column)


def test_a_row_more_a_row_less_and_a_missing_file_are_found(companies: Build, tmp_path: Path) -> None:
    import polars as pl

    table = "cost.order_variance"
    copy = open_build(shadow(companies, tmp_path / "copy", table))
    file = copy.files(table)[0]
    rows = pl.read_parquet(file)
    for changed in (rows.slice(1), pl.concat([rows, rows.slice(0, 1)])):
        changed.write_parquet(file)
        off = {proof.identity_id for proof in broken(verify(copy, digests=False))}
        assert {"FILES.ROWS", "I1.LEAVES", "I4.SETTLED"} <= off
    file.unlink()
    assert "FILES.THERE" in {proof.identity_id for proof in broken(verify(copy, digests=False))}


def test_money_as_a_float_is_found(companies: Build, tmp_path: Path) -> None:
    import polars as pl

    table = "finance.gl_reconciliation"
    copy = open_build(shadow(companies, tmp_path / "copy", table))
    for file in copy.files(table):
        pl.read_parquet(file).with_columns(pl.col("ledger_amount").cast(pl.Float64)).write_parquet(file)
    off = broken(verify(open_build(copy.folder), digests=False))
    assert any(
        proof.identity_id == "FILES.TYPES" and "ledger_amount is Float64" in (proof.example or "") for proof in off
    )


def _first_known(file: Path, column: str) -> int:
    import polars as pl

    return int(pl.read_parquet(file, columns=[column])[column].is_not_null().arg_true()[0])
