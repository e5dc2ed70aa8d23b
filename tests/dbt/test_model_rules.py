"""The import rules of the dbt project, read from its manifest: which layer may know which."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2] / "dbt"
SUBJECTS = {"efficiency", "yield", "cost", "labour", "maintenance", "finance"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict:
    target = tmp_path_factory.mktemp("dbt_target")
    environment = os.environ | {"TIEOUT_WAREHOUSE": "unused.duckdb", "TIEOUT_SCRATCH": "unused.duckdb"}
    command = [str(Path(sys.executable).with_name("dbt")), "parse", "--profiles-dir", str(PROJECT)]
    command += ["--project-dir", str(PROJECT), "--target-path", str(target), "--log-path", str(target)]
    subprocess.run(command, check=True, env=environment, cwd=target, capture_output=True)
    return json.loads((target / "manifest.json").read_text())


def models(manifest: dict) -> dict[str, dict]:
    return {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}


def layer(node: dict) -> str:
    return node["path"].split("/")[0]


def edges(manifest: dict) -> list[tuple[dict, dict]]:
    """(model, what it reads) for every reference of the project."""
    known = manifest["nodes"] | manifest["sources"]
    return [(node, known[key]) for node in models(manifest).values() for key in node["depends_on"]["nodes"]]


def test_only_staging_reads_sources(manifest: dict) -> None:
    readers = {reader["name"] for reader, read in edges(manifest) if read["resource_type"] == "source"}
    assert readers
    assert {name for name in readers if not name.startswith("stg_")} == set()


def test_marts_read_core_and_intermediate_never_staging(manifest: dict) -> None:
    wrong = [
        (reader["name"], read["name"])
        for reader, read in edges(manifest)
        if layer(reader) in SUBJECTS and layer(read) == "staging"
    ]
    assert wrong == []


def test_no_subject_reads_another_subjects_marts(manifest: dict) -> None:
    wrong = [
        (reader["name"], read["name"])
        for reader, read in edges(manifest)
        if layer(reader) in SUBJECTS and layer(read) in SUBJECTS and layer(reader) != layer(read)
    ]
    assert wrong == []


def test_lower_layers_never_read_marts(manifest: dict) -> None:
    lower = {"staging", "intermediate", "core"}
    wrong = [
        (reader["name"], read["name"])
        for reader, read in edges(manifest)
        if layer(reader) in lower and layer(read) in SUBJECTS | {"meta"}
    ]
    assert wrong == []


def test_every_mart_is_public_and_described_column_by_column(manifest: dict) -> None:
    published = [node for node in models(manifest).values() if layer(node) in SUBJECTS | {"meta"}]
    assert published
    for node in published:
        assert node["access"] == "public", node["name"]
        assert node["config"]["contract"]["enforced"], node["name"]
        assert node["description"], node["name"]
        for column in node["columns"].values():
            assert len(column["description"]) > 8, f"{node['name']}.{column['name']}"
            assert column["data_type"].upper() not in {"HUGEINT", "UHUGEINT"}, f"{node['name']}.{column['name']}"


def test_every_source_has_a_staging_model(manifest: dict) -> None:
    read = {read["name"] for reader, read in edges(manifest) if layer(reader) == "staging"}
    sources = {source["name"] for source in manifest["sources"].values()}
    assert sources - read == {"delivered_file"}


def test_every_mart_has_a_unit_test(manifest: dict) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    marts = {node["name"] for node in models(manifest).values() if layer(node) in SUBJECTS}
    assert marts - tested == set()
