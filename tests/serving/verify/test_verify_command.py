"""`tieout verify`: its answer, its exit status, and that it writes nothing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dagster_project.command_line.main import Session, exit_status
from serving.publish import publish
from settings.errors import GateError
from settings.home import Home

ORDERS = """
create schema cost;
create table cost.wip_order_period as
    select 'C1' as company_id, 'O1' as order_id, '2026-0' || month as period_id, 'actual' as wip_valuation,
        false as is_settled, (month * 10 - 10)::decimal(18, 4) as opening_amount, 12.34::decimal(18, 4) as debit_amount,
        2.34::decimal(18, 4) as credit_amount, 0::decimal(18, 4) as settled_amount,
        (month * 10)::decimal(18, 4) as closing_amount
    from range(1, 4) as months (month);
"""
Build = Callable[..., None]


def asked(home: Home, *arguments: str) -> int:
    return exit_status(Session(home), ["--home", str(home.root), "verify", *arguments])


def published(home: Home, build: Build, more: str = ORDERS) -> Path:
    build("b1", more)
    return publish(home, "b1", keep_builds=2, manifest={})


def test_a_build_that_holds_is_told_identity_by_identity(
    home: Home, build: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = published(home, build)
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    assert asked(home) == 0
    told = capsys.readouterr()
    assert "I3.ROLLS" in told.out
    assert "opening = closing of the period before" in told.out
    assert "have no figures in this build" in " ".join(told.out.split())
    assert told.err == ""
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*")} == before


def test_what_does_not_hold_is_told_in_one_line_with_the_row(
    home: Home, build: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = published(home, build)
    file = next((folder / "parquet/cost/wip_order_period").glob("2026-02.parquet"))
    rows = pl.read_parquet(file)
    file.chmod(0o644)
    rows.with_columns(
        (pl.col("closing_amount") + pl.lit("0.01").str.to_decimal(scale=4)).cast(pl.Decimal(18, 4))
    ).write_parquet(file)
    assert asked(home, str(folder)) == 1
    told = capsys.readouterr().err.splitlines()
    changed = "cost.wip_order_period/2026-02.parquet is not as it was published"
    assert f"tieout: FILES.DIGEST does not hold for all tables: {changed}" in told
    assert any(
        line.startswith("tieout: I3.BALANCE does not hold for C1: order_id=O1 period_id=2026-02") for line in told
    )
    assert any("I3.ROLLS" in line and "period_id=2026-03" in line for line in told)


@pytest.mark.parametrize("content", [None, "{}", "no json"])
def test_a_folder_that_is_no_build_is_a_usage_error(
    home: Home, tmp_path: Path, content: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    assert asked(home, str(tmp_path)) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_home_without_a_build_is_a_usage_error(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(home) == 2
    assert "nothing is published yet" in capsys.readouterr().err


def test_a_file_that_is_no_parquet_is_told(home: Home, build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    folder = published(home, build)
    file = folder / "parquet/cost/wip_order_period/2026-01.parquet"
    file.chmod(0o644)
    file.write_bytes(b"not a table")
    assert asked(home) in (1, 2)
    assert "2026-01.parquet" in capsys.readouterr().err


def test_a_build_whose_figures_contradict_each_other_is_not_published(home: Home, build: Build) -> None:
    with pytest.raises(GateError, match=r"I3.BALANCE .* does not hold for C1: order_id=O1 period_id=2026-02"):
        published(
            home, build, ORDERS + "update cost.wip_order_period set debit_amount = 12.35 where period_id = '2026-02';"
        )
    assert not home.current.exists()


def test_anybody_can_check_a_table_with_sha256sum(home: Home, build: Build) -> None:
    folder = published(home, build)
    table = json.loads((folder / "manifest.json").read_text())["tables"]["cost.wip_order_period"]
    done = subprocess.run(
        "sha256sum *.parquet | sha256sum", shell=True, cwd=folder / "parquet/cost/wip_order_period",
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split()[0] == table["sha256"]


def test_proof_json_holds_every_proof(home: Home, build: Build) -> None:
    folder = published(home, build)
    proofs = json.loads((folder / "proof.json").read_text(), parse_float=str)
    rolls = next(proof for proof in proofs if proof["identity_id"] == "I3.ROLLS")
    assert (rolls["status"], rolls["rows_compared"], rolls["left_value"]) == ("holds", 3, "30.000000")
