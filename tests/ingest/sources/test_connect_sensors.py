"""The examples of docs/connect_sensors.md, taken word for word: each does what the page says of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sensor_plant import SensorPlant

PAGE = Path(__file__).parents[3] / "docs" / "connect_sensors.md"
SECTION = re.compile(r"^## ([^:\n]+).*?\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^`(?P<file>[\w./-]+)`\n\n```\w+\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)


def example(section: str, root: Path) -> SensorPlant:
    text = dict(SECTION.findall(PAGE.read_text(encoding="utf-8")))[section]
    files = {found["file"]: found["content"] for found in BLOCK.finditer(text)}
    plant = SensorPlant(root / "home", files.pop("source.yml").split("\n", 2)[2])
    for name, content in files.items():
        plant.deliver(name, content)
    return plant.take_in()


def test_a_row_a_reading(tmp_path: Path) -> None:
    plant = example("Long", tmp_path)
    assert plant.states() == [("M1", "03-14 06:00:00", "producing")]
    assert [row[3] for row in plant.counters()] == ["120.000000", "131.000000"]
    assert [row[2:] for row in plant.measurements()] == [("Temp.Spindle", pytest.approx(43.1), "degC")]
    assert plant.refused_lines() == [(6, "machine_state", "unknown_code")]


def test_a_column_a_tag(tmp_path: Path) -> None:
    plant = example("Wide", tmp_path)
    assert plant.states() == [("M1", "03-14 05:00:00", "producing")]
    assert [row[3] for row in plant.counters()] == ["10.000000", "11.000000"]
    assert [row[3] for row in plant.measurements()] == [21.5]
    assert plant.refused() == []


def test_shdr_lines(tmp_path: Path) -> None:
    plant = example("MTConnect", tmp_path)
    assert [state for _, _, state in plant.states()] == ["idle", "producing", "unknown"]
    assert [row[3] for row in plant.counters()] == ["3.000000"]
    assert plant.refused() == []


def test_sparkplug_messages(tmp_path: Path) -> None:
    plant = example("Sparkplug", tmp_path)
    assert [(time, state) for _, time, state in plant.states()] == [
        ("03-14 06:00:00", "producing"),
        ("03-14 06:00:55", "down"),
        ("03-14 06:02:00", "unknown"),
    ]
    assert plant.refused() == []


def test_quarter_hours(tmp_path: Path) -> None:
    plant = example("Readings of an interval", tmp_path)
    assert plant.ask("""
        select meter_id, strftime(interval_start_at, '%H:%M'), kwh::int from energy_reading order by 2""") == [
        ("MAIN", "23:00", 100),
        ("MAIN", "23:15", 95),
    ]
