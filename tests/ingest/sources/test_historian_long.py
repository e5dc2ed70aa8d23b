"""The example folder of a historian's long Parquet extract, with states as numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sensor_plant import SensorPlant

from ingest.mapping import load_source_folder
from settings.configuration import Source
from settings.home import Home

FOLDER = Path(__file__).parent / "historian_long"
READINGS = """
    select timestamp '2026-03-02 06:00' + to_seconds(second) as ts, 'M1' as machine_id, tag, value::double as value
    from (values (0, 'state', 1), (1, 'state', 2), (2, 'state', 3), (3, 'state', 4), (4, 'state', 5), (5, 'state', 6),
        (6, 'state', 7), (7, 'state', 1.5), (8, 'good', 1000000), (8, 'reject', 3), (9, 'temp', 20.125), (9, 'hum', 1),
        (10, null, 1)
    ) as reading (second, tag, value)"""


@pytest.fixture
def plant(tmp_path: Path) -> SensorPlant:
    _, source_yml = (FOLDER / "source.yml").read_text(encoding="utf-8").split("machine and tag.\n")
    plant = SensorPlant(tmp_path / "home", source_yml)
    folder = plant.home.inbox / "machines"
    folder.mkdir(parents=True)
    duckdb.sql(f"copy ({READINGS}) to '{folder}/readings.parquet'")
    return plant.take_in()


def test_numbers_are_state_words_and_unknown_ones_are_refused(plant: SensorPlant) -> None:
    assert [state for _, _, state in plant.states()] == ["producing", "setup", "idle", "down", "maintenance", "off"]
    assert [row[2:4] for row in plant.counters()] == [("good", "1000000.000000"), ("scrap", "3.000000")]
    assert [row[2:] for row in plant.measurements()] == [("temp", 20.125, "degC")]
    assert [(line, codes, why.split(" is none")[0]) for line, _, codes, why, _ in plant.refused()] == [
        (7, "unknown_code", "state: '7'"),
        (8, "unknown_code", "state: '1.5'"),
        (12, "undeclared", "undeclared tag hum"),
        (13, "undeclared", "undeclared tag (none)"),
    ]


def test_each_dataset_reads_only_its_own_tags_from_parquet(tmp_path: Path) -> None:
    folder = load_source_folder(Home(tmp_path), Source(name="machines", system=str(FOLDER)))
    with duckdb.connect() as connection:
        connection.execute(f"copy ({READINGS}) to '{tmp_path}/a.parquet'")
        connection.execute(f"""create view reading as select * exclude (file_row_number),
            'a' as source_file, file_row_number as source_line, null::varchar as shape_problem,
            null::varchar as delivered_line from read_parquet('{tmp_path}/a.parquet', file_row_number = true)""")
        for dataset, filters in (
            ("machine_state", ["((tag IS NULL) OR (tag NOT IN ('state', 'good', 'reject', 'temp')))", "tag='state'"]),
            ("production_counter", ["tag IN ('good', 'reject')"]),
            ("process_measurement", ["tag='temp'"]),
        ):
            plan = connection.execute(f"explain (format json) {folder.mappings[dataset].sql}").fetchall()[0][1]
            assert sorted(filters_of(json.loads(plan))) == filters


def filters_of(nodes: list[dict[str, Any]]) -> list[str]:
    """What each scan of Parquet leaves out while it reads, or may leave out a row group by."""
    scans = [node["extra_info"] for node in nodes if "READ_PARQUET" in node["name"]]
    found = [str(scan.get("Filters", "none")).removeprefix("optional: ") for scan in scans]
    return found + [one for node in nodes for one in filters_of(node["children"])]
