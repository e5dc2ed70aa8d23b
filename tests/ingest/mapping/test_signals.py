"""What is wrong with declared signals is said in one line before any file is read."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingest.mapping import load_source_folder
from ingest.mapping.signals import Moment
from settings.configuration import Source
from settings.errors import ConfigurationError
from settings.home import Home

SOURCE_YML = """
system: shop
description: Readings of the mills.
tables:
  reading: {files: "*.csv", format: csv}
states: {vocabulary: plain, words: {Rüsten: setup}}
signals:
  reading:
    shape: long
    time: ts
    machine: machine
    tag: tag
    tags:
      state: {kind: state}
      good: {kind: counter, counter: good, reading: cumulative}
      temp: {kind: measurement, unit: degC}
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "shop").mkdir()
    return Home(tmp_path)


def load(home: Home, source_yml: str = SOURCE_YML) -> dict[str, str]:
    (home.root / "shop/source.yml").write_text(source_yml, encoding="utf-8")
    mappings = load_source_folder(home, Source(name="machines", system="./shop")).mappings
    return {dataset: mapping.sql for dataset, mapping in mappings.items()}


def test_signals_are_mappings_that_ask_for_full_names_in_one_condition(home: Home) -> None:
    mappings = load(home)
    assert sorted(mappings) == ["machine_state", "process_measurement", "production_counter"]
    assert "where tag in ('good') and" in mappings["production_counter"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: state}", "kind: stat}", "signals.reading.tags.state: "),
        ("unit: degC", "units: degC", "signals.reading.tags.temp.measurement.units: unknown key; check its spelling"),
        ("shape: long", "shape: tall", "signals.reading.shape: Input should be 'long', 'wide', 'shdr' or 'sparkplug'"),
        ("    time: ts\n", "", "signals.reading: name the column of the `time`"),
        ("    tag: tag\n", "", "signals.reading: name the column of the `tag`, or write what it `is`"),
        ("    machine: machine\n", "", "say which `machine` it is"),
        ("  reading:\n    shape", "  readings:\n    shape", "there is no table 'readings'; it lists reading"),
        ("states: {vocabulary: plain, words: {Rüsten: setup}}\n", "", "tells states; say what its words mean"),
        ("Rüsten: setup", "Rüsten: set-up", "'set-up' is no state; write one of producing, setup"),
        ("{Rüsten: setup}", "{on: producing}", "put the word in quotes; unquoted, YAML reads it as true"),
        ("vocabulary: plain", "vocabulary: plane", "there is no vocabulary 'plane'; write one of mtconnect"),
        ("kind: state}", "kind: state, role: mood}", "'mood' is no role of the vocabulary; it has state"),
        ("reading: cumulative", "reading: increment, rolls_over_at: 100", "an increment does not roll over"),
        ("unit: degC", "scale: lots", "signals.reading.tags.temp.measurement.scale: "),
        ("unit: degC", "scale: 0.0000000000001", "no more than 12 digits"),
        ("kind: measurement, unit: degC", "kind: energy", "energy needs the `interval` that it was drawn in"),
        ("time: ts", "time: {column: ts, format: QQQ}", "'QQQ' is no part of a time"),
        ("time: ts", "time: {column: ts, midnight: ends_day}", "`midnight: ends_day` needs the `format` of the time"),
        ("machine: machine", "machine: {column: m, is: M1}", "name one of `column`, `is` and `file`"),
        ("machine: machine", "machine: {column: m, pattern: '(', becomes: x}", "'(' is no regular expression"),
        ("    tag: tag\n", "    tag: tag\n    tag_pattern: '(?P<tag>'\n", "'(?P<tag>' is no regular expression"),
        ("machine: machine", "machine: {file: 'M1'}", "'M1' needs a group in parentheses"),
        ("shape: long", "shape: shdr", "`tag` is for the shape long; shdr names its tags itself"),
        ("    tag: tag\n", "    tag: tag\n    tag_pattern: '(.+)'\n", "`tag_pattern` needs two groups"),
    ],
)
def test_a_mistake_is_named_with_its_place(home: Home, old: str, new: str, said: str) -> None:
    assert old in SOURCE_YML
    with pytest.raises(ConfigurationError) as error:
        load(home, SOURCE_YML.replace(old, new))
    assert str(error.value).startswith(str(home.root / "shop/source.yml"))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("dd.MM.yyyy HH:mm:ss.SSS", "02.03.2026 18:05:01.250"),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2026-03-02T20:05:01+02:00"),
        ("d/M/yy h:mm:ss a", "2/3/26 6:05:01 PM"),
        ("%Y%m%d %H%M%S", "20260302 180501"),
    ],
)
def test_times_are_read_as_their_format_is_written(form: str, written: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        asked = [written, Moment(column="t", format=form).strptime]
        assert connection.execute("select strftime(strptime(?, ?), '%Y-%m-%d %H:%M:%S')", asked).fetchall() == [
            ("2026-03-02 18:05:01",)
        ]


def test_shdr_is_read_from_lines(home: Home) -> None:
    with pytest.raises(ConfigurationError, match="the shape shdr is read from `format: lines`"):
        load(home, SOURCE_YML.replace("shape: long", "shape: shdr").replace("    time: ts\n    ", "    ").replace(
            "    tag: tag\n", ""))  # fmt: skip


def test_a_dataset_is_either_declared_or_selected(home: Home) -> None:
    (home.root / "shop/machine_state.sql").write_text("select 1 from reading")
    with pytest.raises(ConfigurationError, match=r"feeds machine_state, and so does machine_state\.sql"):
        load(home)


def test_off_needs_no_quotes_as_a_state(home: Home) -> None:
    assert "'aus' then 'off'" in load(home, SOURCE_YML.replace("Rüsten: setup", "aus: off"))["machine_state"]


def test_tags_that_are_all_ignored_feed_nothing(home: Home) -> None:
    with pytest.raises(ConfigurationError, match=r"holds no <dataset>\.sql"):
        load(home, SOURCE_YML.split("    tags:")[0] + "    tags: {x: {kind: ignored}}\n")
