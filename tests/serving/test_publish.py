"""What readers find under published/, and that nothing but a finished build ever gets there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import serving.publish
from serving.publish import publish, read_manifest
from serving.query import query
from settings.errors import GateError, TieoutError
from settings.home import Home

Build = Callable[..., None]


def build_and_publish(home: Home, build: Build, build_id: str, more: str = "", keep_builds: int = 3) -> Path:
    build(build_id, more)
    return publish(home, build_id, keep_builds=keep_builds, manifest={"as_of": "2026-03-02T00:00:00"})


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def published_build_id(home: Home) -> str:
    with query(home, "select build_id from meta.build") as result:
        return next(result.rows())[0]


def test_a_published_build_is_complete_and_read_only(home: Home, build: Build) -> None:
    folder = build_and_publish(home, build, "b1")

    assert str(home.current.readlink()) == "b1"
    assert folder == home.published / "b1" == home.current.resolve()
    assert (folder / "warehouse.duckdb").stat().st_mode & 0o777 == 0o444
    manifest = read_manifest(folder)
    assert manifest["build_id"] == "b1"
    assert manifest["as_of"] == "2026-03-02T00:00:00"
    table = manifest["tables"]["efficiency.oee_machine_shift"]
    assert table["rows"] == 12
    assert table["columns"]["good_qty"] == "DECIMAL(18,6)"
    assert {name: file["rows"] for name, file in table["files"].items()} == {"2026-01.parquet": 6, "2026-02.parquet": 6}
    proofs = {proof["identity_id"]: proof["status"] for proof in json.loads((folder / "proof.json").read_text())}
    assert proofs["FILES.ROWS"] == "holds"
    assert (folder / "finance.xlsx").stat().st_size > 0


def test_parquet_holds_the_same_rows_and_types_as_the_database(home: Home, build: Build) -> None:
    more = """
        create table core.dim_empty (company_id varchar, limit_amount decimal(18, 4));
        create schema cost;
        create table cost.wip_order_period as
            select '2026-0' || i as period_id, i::decimal(18, 4) as wip_amount from range(1, 4) as months (i)
            union all select null, 9;
    """
    folder = build_and_publish(home, build, "b1", more)

    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        for table, content in read_manifest(folder)["tables"].items():
            files = f"read_parquet('{folder}/parquet/{table.replace('.', '/')}/*.parquet')"
            assert (
                connection.sql(f"describe from {table}").fetchall()
                == connection.sql(f"describe from {files}").fetchall()
            )
            for one, other in ((table, files), (files, table)):
                assert connection.sql(f"from {one} except all from {other}").fetchall() == []
            assert connection.sql(f"from {files}").shape[0] == content["rows"]
    months = ["2026-01.parquet", "2026-02.parquet", "2026-03.parquet", "other.parquet"]
    assert names_in(folder / "parquet/cost/wip_order_period") == months


def test_unchanged_months_are_linked_and_changed_ones_written(home: Home, build: Build) -> None:
    first = build_and_publish(home, build, "b1")
    correction = "update efficiency.oee_machine_shift set good_qty = good_qty + 1 where production_date = '2026-02-02'"
    second = build_and_publish(home, build, "b2", correction)

    def inode(folder: Path, month: str) -> int:
        return (folder / "parquet/efficiency/oee_machine_shift" / f"{month}.parquet").stat().st_ino

    assert inode(first, "2026-01") == inode(second, "2026-01")
    assert inode(first, "2026-02") != inode(second, "2026-02")


def test_a_renamed_column_is_never_linked_to_the_old_file(home: Home, build: Build) -> None:
    build_and_publish(home, build, "b1")
    rename = "alter table efficiency.oee_machine_shift rename good_qty to yield_qty"
    second = build_and_publish(home, build, "b2", rename)

    files = f"{second}/parquet/efficiency/oee_machine_shift/*.parquet"
    assert "yield_qty" in duckdb.sql(f"from '{files}'").columns


def test_only_the_last_builds_are_kept_and_always_the_current_one(home: Home, build: Build) -> None:
    for number in range(5):
        build_and_publish(home, build, f"b{number}", keep_builds=2)
    assert names_in(home.published) == ["b3", "b4", "current"]

    build_and_publish(home, build, "b5", keep_builds=1)
    assert names_in(home.published) == ["b5", "current"]


def test_a_reader_keeps_the_build_it_has_open_after_its_removal(home: Home, build: Build) -> None:
    build_and_publish(home, build, "b1", keep_builds=1)
    with query(home, "select build_id from meta.build") as held:
        build_and_publish(home, build, "b2", keep_builds=1)
        assert not (home.published / "b1").exists()
        assert list(held.rows()) == [("b1",)]
        held.connection.execute("select count(*) from efficiency.oee_machine_shift")
        assert held.connection.fetchone() == (12,)
    assert published_build_id(home) == "b2"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("create table core.fct as select sum(1::bigint) as parts_count", "core.fct.parts_count is HUGEINT"),
        ("create table core.fct as select [1::uhugeint] as parts", "core.fct.parts is UHUGEINT"),
        ("create table core.fct as select 1::double as scrap_amount", "core.fct.scrap_amount is DOUBLE"),
        ("create table core.fct as select 1::float as good_qty", "core.fct.good_qty is FLOAT"),
        ("create table core.fct as select 1::double as busy_seconds", "core.fct.busy_seconds is DOUBLE"),
        ("create view core.fct as select 1 as id", "core.fct is a view"),
    ],
)
def test_inexact_numbers_and_views_are_refused(home: Home, build: Build, more: str, said: str) -> None:
    build_and_publish(home, build, "b1")
    with pytest.raises(GateError, match=said) as refusal:
        build_and_publish(home, build, "b2", more)
    assert refusal.value.exit_status == 1
    assert names_in(home.published) == ["b1", "current"]
    assert published_build_id(home) == "b1"


def test_a_measurement_may_be_a_float(home: Home, build: Build) -> None:
    build_and_publish(home, build, "b1", "create table core.fct as select 21.5::double as temperature")


def test_a_build_file_that_is_still_open_is_not_published(home: Home, build: Build) -> None:
    build("b1")
    with duckdb.connect(home.warehouse), pytest.raises(GateError, match="cannot be opened for publishing"):
        publish(home, "b1", keep_builds=2, manifest={})
    assert publish(home, "b1", keep_builds=2, manifest={}).is_dir()


def test_a_build_that_is_current_is_left_as_it_is(home: Home, build: Build) -> None:
    for build_id in ("b1", "b2"):
        build_and_publish(home, build, build_id)
    before = read_manifest(home.current)
    assert publish(home, "b2", keep_builds=1, manifest={}) == home.published / "b2"
    assert read_manifest(home.current) == before
    assert names_in(home.published) == ["b2", "current"]


@pytest.mark.parametrize("name", ["current", "../b2", ".b2", ""])
def test_a_build_id_is_the_name_of_a_folder(home: Home, build: Build, name: str) -> None:
    build("b1")
    with pytest.raises(TieoutError, match="cannot name a build"):
        publish(home, name, keep_builds=2, manifest={})


KILLED_PUBLISH = """
import os, signal, sys
import serving.publish
from pathlib import Path
from settings.home import Home
setattr(serving.publish, sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
serving.publish.publish(Home(Path(sys.argv[1])), "b2", keep_builds=2, manifest={})
"""


@pytest.mark.parametrize("last_step", ["export_parquet", "flush_tree_to_disk", "flush_to_disk", "point_link"])
def test_a_kill_before_the_flip_leaves_yesterdays_build_and_the_next_run_sweeps(
    home: Home, build: Build, last_step: str
) -> None:
    build_and_publish(home, build, "b1")
    build("b2")
    killed = subprocess.run([sys.executable, "-c", KILLED_PUBLISH, str(home.root), last_step], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(names_in(home.published)) == 3
    assert published_build_id(home) == "b1"

    publish(home, "b2", keep_builds=2, manifest={})
    assert names_in(home.published) == ["b1", "b2", "current"]
    assert published_build_id(home) == "b2"


def test_a_failed_export_leaves_nothing_behind(home: Home, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    build_and_publish(home, build, "b1")

    def full_disk(_: Path) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(serving.publish, "flush_tree_to_disk", full_disk)
    with pytest.raises(OSError, match="No space"):
        build_and_publish(home, build, "b2")
    assert names_in(home.published) == ["b1", "current"]


READER = """
import sys
from pathlib import Path
import duckdb
from serving.query import query
from settings.home import Home

home, stop = Home(Path(sys.argv[1])), Path(sys.argv[2])
seen, reads = set(), 0
while not stop.exists():
    with query(home, "select build_id, (select any_value(build_id) from core.dim_work_unit) from meta.build") as result:
        (one, other), = result.rows()
    assert one == other == result.build.name, (one, other, result.build)
    # As a BI tool would: through the link, without our code.
    with duckdb.connect(home.current / "warehouse.duckdb", read_only=True) as connection:
        one, = connection.execute("select build_id from meta.build").fetchone()
        other, = connection.execute("select max(build_id) from core.dim_work_unit").fetchone()
        assert one == other, (one, other)
    seen.add(one)
    reads += 1
    print(reads, len(seen), flush=True)
"""


def test_a_reader_sees_no_error_and_no_mixed_build_through_fifty_publishes(
    home: Home, build: Build, tmp_path: Path
) -> None:
    build_and_publish(home, build, "b00")
    stop, log = tmp_path / "stop", tmp_path / "reads.txt"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-c", READER, str(home.root), str(stop)], stdout=output, stderr=subprocess.STDOUT
        ) as reader,
    ):
        try:
            while not log.read_text() and reader.poll() is None:
                time.sleep(0.01)
            for number in range(1, 51):
                build_and_publish(home, build, f"b{number:02}", keep_builds=2)
        finally:
            stop.touch()
        reader.wait(timeout=60)
    assert reader.returncode == 0, log.read_text()[-2000:]
    reads, builds_seen = map(int, log.read_text().splitlines()[-1].split())
    assert reads >= 50
    assert builds_seen >= 25
