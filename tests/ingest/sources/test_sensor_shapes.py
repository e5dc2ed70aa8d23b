"""Every shape in which historians deliver readings, as small extracts whose rows a reader can work out."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from sensor_plant import SensorPlant

from ingest.raw import check_source
from ingest.raw.replay import replay
from settings.configuration import load_configuration

LONG = """
tables:
  reading: {files: "*.csv", format: csv, delivery: appends}
states: {vocabulary: plain, words: {Rüsten: setup, Werkzeugbruch: down}, reasons: {Werkzeugbruch: TOOL}}
signals:
  reading:
    shape: long
    time: zeit
    machine: {column: anlage, names: {Fräse 1: M1}, pattern: 'Anlage (\\d+)', becomes: 'M\\1'}
    tag: messpunkt
    value: wert
    tags:
      zustand: {kind: state}
      gut: {kind: counter, counter: good, reading: cumulative, rolls_over_at: 65536}
      ausschuss: {kind: counter, counter: scrap, reading: increment}
      dosen: {kind: counter, counter: total, reading: cumulative, scale: 0.5}
      temp*: {kind: measurement, unit: degC, scale: 0.1, offset: -273.15}
      "*_roh": {kind: ignored}
"""
HEADER = "zeit,anlage,messpunkt,wert\n"


def long_plant(tmp_path: Path, rows: str) -> SensorPlant:
    plant = SensorPlant(tmp_path / "home", LONG)
    plant.deliver("a.csv", HEADER + rows)
    return plant.take_in()


def test_a_long_table_feeds_three_datasets(tmp_path: Path) -> None:
    plant = long_plant(
        tmp_path,
        "2026-03-02T06:00:00Z,Fräse 1,zustand,Produktion\n"
        "2026-03-02T06:00:00Z,Anlage 2,zustand,Rüsten\n"
        "2026-03-02T06:05:00Z,Fräse 1,gut,65530\n"
        "2026-03-02T06:06:00Z,Fräse 1,ausschuss,2\n"
        "2026-03-02T06:06:00Z,Fräse 1,dosen,7\n"
        "2026-03-02T06:07:00Z,Fräse 1,temp_spindel,3031.5\n"
        "2026-03-02T06:08:00Z,Fräse 1,temp_roh,egal\n",
    )
    assert plant.states() == [("M1", "03-02 06:00:00", "producing"), ("M2", "03-02 06:00:00", "setup")]
    assert plant.counters(", rolls_over_at::int") == [
        ("M1", "03-02 06:05:00", "good", "65530.000000", "cumulative", 65536),
        ("M1", "03-02 06:06:00", "scrap", "2.000000", "increment", None),
        ("M1", "03-02 06:06:00", "total", "3.500000", "cumulative", None),
    ]
    assert plant.measurements() == [("M1", "03-02 06:07:00", "temp_spindel", 30.0, "degC")]
    assert plant.ask("select source_line from production_counter order by 1") == [(4,), (5,), (6,)]
    # temp_roh fits temp* first, so it is measured, and its text is no number.
    assert plant.refused_lines() == [(8, "process_measurement", "wrong_type")]


def test_what_is_declared_nowhere_is_refused_once_and_by_name(tmp_path: Path) -> None:
    plant = long_plant(
        tmp_path,
        "2026-03-02T06:00:00Z,Fräse 1,zustand,producing\n"
        "2026-03-02T06:01:00Z,Fräse 1,vibration,0.3\n"
        "2026-03-02T06:02:00Z,Fräse 9,zustand,idle\n"
        "2026-03-02T06:03:00Z,Fräse 1,zustand,Kaffeepause\n"
        "2026-03-02T06:04:00Z,Fräse 1,gut,viele\n"
        "2026-03-02T06:05:00Z,Fräse 1,zustand,\n"
        "2026-03-02T06:06:00Z,Anlage 7,zustand,idle\n"
        "2026-03-02T06:07:00Z,Fräse 9,x_roh,1\n"
        "2026-03-02T06:0",
    )
    assert plant.states() == [("M1", "03-02 06:00:00", "producing")]
    refused = plant.refused()
    assert [row[:3] for row in refused] == [
        (3, "machine_state", "undeclared"),
        (4, "machine_state", "undeclared"),
        (5, "machine_state", "unknown_code"),
        (6, "production_counter", "wrong_type"),
        (7, "machine_state", "missing_value"),
        (8, "machine_state", "unknown_reference"),
        (10, "machine_state", "wrong_field_count"),
    ]
    assert refused[0][3] == (
        "undeclared tag vibration is none of those that source.yml declares; add it there, if only as ignored"
    )
    assert refused[0][4] == '{"line":"2026-03-02T06:01:00Z, Fräse 1, vibration, 0.3"}'
    assert refused[1][3] == "undeclared machine Fräse 9 is none of those that source.yml names; add it there"
    assert "'Kaffeepause' is none of producing, setup" in refused[2][3]
    assert refused[-1][4] == '{"line":"2026-03-02T06:0"}'


def test_a_tag_that_is_declared_later_is_taken_in_by_replay(tmp_path: Path) -> None:
    plant = long_plant(tmp_path, "2026-03-02T06:00:00Z,Fräse 1,halt,Kaffeepause\n")
    assert plant.refused_lines() == [(2, "machine_state", "undeclared")]
    plant.declare(LONG.replace("zustand:", "halt:").replace("Rüsten: setup", "Kaffeepause: idle"))
    replay(plant.home, load_configuration(plant.home))
    plant.take_in()
    assert plant.states() == [("M1", "03-02 06:00:00", "idle")]
    assert plant.refused() == []


def test_a_state_word_may_stand_for_a_reason(tmp_path: Path) -> None:
    plant = long_plant(
        tmp_path,
        "2026-03-02T06:00:00Z,Fräse 1,zustand,Werkzeugbruch\n2026-03-02T06:09:00Z,Fräse 1,zustand,producing\n",
    )
    assert plant.states(", reason_id") == [
        ("M1", "03-02 06:00:00", "down", "TOOL"),
        ("M1", "03-02 06:09:00", "producing", None),
    ]


def test_a_clock_that_jumps_back_keeps_its_times_and_two_contents_of_one_moment_conflict(tmp_path: Path) -> None:
    plant = long_plant(
        tmp_path,
        "2026-03-02T06:10:00Z,Fräse 1,zustand,producing\n"
        "2026-03-02T06:05:00Z,Fräse 1,zustand,idle\n"
        "2026-03-02T06:20:00Z,Fräse 1,zustand,down\n"
        "2026-03-02T06:20:00Z,Fräse 1,zustand,setup\n"
        "2026-03-02T06:30:00Z,Fräse 1,zustand,idle\n"
        "2026-03-02T06:30:00Z,Fräse 1,zustand,idle\n",
    )
    kept = [state for state in plant.states() if state[1] != "03-02 06:20:00"]
    assert kept == [
        ("M1", "03-02 06:05:00", "idle"),
        ("M1", "03-02 06:10:00", "producing"),
        ("M1", "03-02 06:30:00", "idle"),
    ]
    assert {codes for _, _, codes in plant.refused_lines()} == {"key_conflict", "duplicate"}


def test_local_times_follow_the_plants_clock_and_its_changes(tmp_path: Path) -> None:
    plant = long_plant(
        tmp_path,
        "2026-07-01 06:00,Fräse 1,zustand,producing\n"
        "2026-01-15 06:00,Fräse 1,zustand,producing\n"
        "2026-07-01 07:00+02:00,Fräse 1,zustand,idle\n"
        "2026-03-29 02:30,Fräse 1,zustand,idle\n"
        "2026-10-25 02:30,Fräse 1,zustand,idle\n",
    )
    assert [time for _, time, _ in plant.states()] == ["01-15 05:00:00", "07-01 04:00:00", "07-01 05:00:00"]
    assert plant.refused_lines() == [
        (5, "machine_state", "time_in_dst_gap"),
        (6, "machine_state", "ambiguous_local_time"),
    ]


WIDE = """
tables:
  reading: {files: "*.csv", format: csv, delimiter: ";", delivery: appends}
states: {words: {1: producing, 0: idle}}
signals:
  reading:
    shape: wide
    time: {column: Zeit, format: "dd.MM.yyyy HH:mm:ss"}
    machine: {file: '^(M\\d)'}
    tags:
      Läuft: {kind: state}
      Stück: {kind: counter, counter: good, reading: cumulative}
      Temp: {kind: measurement, unit: degC, name: spindle_temperature}
"""


def test_a_wide_table_has_a_column_a_tag_and_blank_cells_say_nothing(tmp_path: Path) -> None:
    plant = SensorPlant(tmp_path / "home", WIDE)
    plant.deliver(
        "M2_2026-03-02.csv",
        """
        Zeit;Läuft;Stück;Temp;Neu
        02.03.2026 06:00:00;1;10;21.5;
        02.03.2026 06:00:10;;11;;
        02.03.2026 06:00:20;0;12;n/a;7
        gestern;1;;;
        02.03.2026 06:0
        """.replace("        ", ""),
    )
    plant.take_in()
    assert plant.states() == [("M2", "03-02 05:00:00", "producing"), ("M2", "03-02 05:00:20", "idle")]
    assert [(row[1], row[3]) for row in plant.counters()] == [
        ("03-02 05:00:00", "10.000000"),
        ("03-02 05:00:10", "11.000000"),
        ("03-02 05:00:20", "12.000000"),
    ]
    assert plant.measurements() == [("M2", "03-02 05:00:00", "spindle_temperature", 21.5, "degC")]
    assert plant.refused_lines() == [
        (4, "machine_state", "undeclared"),
        (4, "process_measurement", "wrong_type"),
        (5, "machine_state", "wrong_type"),
        (6, "machine_state", "wrong_field_count"),
    ]


SHDR = """
tables:
  line: {files: "*.txt", format: lines, delivery: appends}
states: {vocabulary: mtconnect}
signals:
  line:
    shape: shdr
    tag_pattern: '(?P<machine>M\\d):(?P<tag>.+)'
    tags:
      avail: {kind: state, role: availability}
      exec: {kind: state, role: execution}
      mode: {kind: state, role: controller_mode}
      estop: {kind: state, role: emergency_stop}
      alarm: {kind: reason}
      prog: {kind: order}
      parts: {kind: counter, counter: total, reading: cumulative}
      load: {kind: measurement, unit: percent}
      sys*: {kind: ignored, fields: 5}
      message: {kind: ignored, fields: 2}
      "@*": {kind: ignored}
"""


def test_shdr_lines_hold_many_pairs_and_a_state_follows_from_several_items(tmp_path: Path) -> None:
    plant = SensorPlant(tmp_path / "home", SHDR)
    plant.deliver(
        "agent.txt",
        """
        * shdrVersion: 2.0
        2026-03-02T06:00:00.1Z|M1:avail|AVAILABLE|M1:exec|READY|M1:mode|AUTOMATIC|M1:estop|ARMED|M1:parts|UNAVAILABLE
        2026-03-02T06:01:00Z|M1:exec|ACTIVE|M1:prog|O77|M1:load|12.5|M1:parts|3
        2026-03-02T06:02:00Z|M1:system|FAULT|E12|HIGH|LOW|Spindle | too hot
        2026-03-02T06:02:00Z|M1:message|7|Call somebody
        2026-03-02T06:03:00Z|M1:mode|MANUAL
        2026-03-02T06:04:00Z|M1:estop|TRIGGERED|M1:alarm|E12
        2026-03-02T06:05:00Z|@ASSET@|T1|CuttingTool|--multiline--ABCD
        <CuttingTool a="x|y"/>
        --multiline--ABCD
        2026-03-02T06:06:00Z|M1:estop|ARMED|M1:alarm||M1:mode|AUTOMATIC
        2026-03-02T06:07:00Z|M1:avail|UNAVAILABLE|M1:parts
        2026-03-02T06:08:00Z|M1:avail|UNAVAILABLE
        2026-03-02T06:09:00Z|M1:avail|AVAILABLE|M1:exec|DAYDREAMING
        2026-03-02T06:09:30Z|M1:humidity|40
        """.replace("        ", ""),
    )
    plant.take_in()
    assert plant.states(", reason_id, order_id") == [
        ("M1", "03-02 06:00:00", "idle", None, None),
        ("M1", "03-02 06:01:00", "producing", None, "O77"),
        ("M1", "03-02 06:03:00", "setup", None, "O77"),
        ("M1", "03-02 06:04:00", "down", "E12", "O77"),
        ("M1", "03-02 06:06:00", "producing", None, "O77"),
        ("M1", "03-02 06:08:00", "unknown", None, "O77"),
    ]
    assert plant.counters(", order_id") == [("M1", "03-02 06:01:00", "total", "3.000000", "cumulative", "O77")]
    assert plant.measurements() == [("M1", "03-02 06:01:00", "load", 12.5, "percent")]
    assert [(line, codes, why.split(";")[0]) for line, _, codes, why, _ in plant.refused()] == [
        (12, "wrong_field_count", "the line breaks off after the name M1:parts: it has 4 fields"),
        (14, "unknown_code", "state: 'DAYDREAMING' is none of producing, setup, delay, idle, down, maintenance, off, "
         "unknown"),
        (15, "undeclared", "undeclared tag M1:humidity is none of those that source.yml declares"),
    ]  # fmt: skip


SPARKPLUG = """
tables:
  message: {files: "*.jsonl", format: jsonl, delivery: appends}
states: {vocabulary: packml}
signals:
  message:
    shape: sparkplug
    machine: {names: {mill-1: M1, mill-2: M2}}
    tags:
      Status/State: {kind: state}
      Status/Mode: {kind: state, role: mode, words: {Nachtbetrieb: "producing"}}
      Admin/Good: {kind: counter, counter: good, reading: cumulative}
      Temp: {kind: measurement, unit: degC}
"""


def message(topic: str, seconds: int, *metrics: str) -> str:
    moment = 1_772_431_200_000 + seconds * 1000
    return f'{{"topic": "spBv1.0/works/{topic}", "timestamp": {moment}, "metrics": [{", ".join(metrics)}]}}\n'


def metric(seconds: int, **content: object) -> str:
    return json.dumps({"timestamp": 1_772_431_200_000 + seconds * 1000, **content})


def test_sparkplug_births_name_aliases_deaths_are_unknown_and_historical_values_are_late_events(tmp_path: Path) -> None:
    plant = SensorPlant(tmp_path / "home", SPARKPLUG)
    plant.deliver(
        "messages.jsonl",
        message("NBIRTH/hall", 0, metric(0, name="bdSeq", value=1))
        + message(
            "DBIRTH/hall/mill-1",
            0,
            metric(0, name="Status/State", alias=1, value="Idle"),
            metric(0, name="Admin/Good", alias=2, value=100),
            metric(0, name="Temp", alias=3, value=20.25),
        )
        + message("DBIRTH/hall/mill-2", 0, metric(0, name="Status/State", alias=11, value="Execute"))
        + message("DDATA/hall/mill-1", 61, metric(60, alias=1, value="Execute"), metric(61, alias=2, value=101))
        + message("DDEATH/hall/mill-1", 120)
        + message("DBIRTH/hall/mill-1", 300, metric(300, name="Status/State", alias=1, value="Held"))
        + message("DDATA/hall/mill-1", 301, metric(90, alias=2, value=102, is_historical=True))
        + message("DDATA/hall/mill-1", 302, metric(302, alias=99, value=1))
        + message("NDEATH/hall", 600)
        + message("DCMD/hall/mill-1", 601, metric(601, name="Status/State", value="Stopped"))
        + message("DDATA/hall/mill-3", 602, metric(602, name="Temp", value=1))
        + '{"topic": "spBv1.0/works/DDATA/hall/mi',
    )
    plant.take_in()
    assert plant.states() == [
        ("M1", "03-02 06:00:00", "idle"),
        ("M1", "03-02 06:01:00", "producing"),
        ("M1", "03-02 06:02:00", "unknown"),
        ("M1", "03-02 06:05:00", "down"),
        ("M1", "03-02 06:10:00", "unknown"),
        ("M2", "03-02 06:00:00", "producing"),
        ("M2", "03-02 06:10:00", "unknown"),
    ]
    assert [(time, value) for _, time, _, value, _ in plant.counters()] == [
        ("03-02 06:00:00", "100.000000"),
        ("03-02 06:01:01", "101.000000"),
        ("03-02 06:01:30", "102.000000"),
    ]
    assert plant.measurements() == [("M1", "03-02 06:00:00", "Temp", 20.25, "degC")]
    assert [(line, why.split(";")[0]) for line, _, _, why, _ in plant.refused()] == [
        (8, "a metric has no name, and no birth in this file gives its alias 99 one"),
        (11, "undeclared machine mill-3 is none of those that source.yml names"),
        (12, "the line is no whole JSON object"),
    ]


INTERVAL = """
tables:
  reading: {files: "*.csv", format: csv, delivery: appends}
signals:
  reading:
    shape: long
    time: {column: t, format: dd/MM/yyyy HH:mm%MIDNIGHT%}
    tag: {is: main_meter}
    value: v
    interval: {seconds: 900, stamped_at: %END%}
    tags:
      main_meter: {kind: energy, scale: 0.001}
"""


@pytest.mark.parametrize("end", ["start", "end"])
def test_an_interval_is_stamped_at_either_end(tmp_path: Path, end: str) -> None:
    plant = SensorPlant(tmp_path / "home", INTERVAL.replace("%END%", end).replace("%MIDNIGHT%", ""))
    plant.deliver(
        "a.csv",
        """
        t,v
        01/03/2026 00:00,1500
        29/03/2026 03:00,2000
        25/10/2026 03:00,2500
        25/10/2026 02:15,1
        29/03/2026 02:15,1
        31/12/2026,1
        """.replace("        ", ""),
    )
    plant.take_in()
    stamped = [("2026-02-28 23:00", "1.500000"), ("2026-03-29 01:00", "2.000000"), ("2026-10-25 02:00", "2.500000")]
    column = "interval_start_at" if end == "start" else "interval_end_at"
    assert plant.ask(f"select strftime({column}, '%Y-%m-%d %H:%M'), kwh::varchar from energy_reading order by 1") == (
        stamped
    )
    assert plant.ask(
        "select distinct interval_end_at - interval_start_at = interval 15 minute from energy_reading"
    ) == [(True,)]
    assert sorted({code for _, _, codes in plant.refused_lines() for code in codes.split()}) == [
        "ambiguous_local_time",
        "time_in_dst_gap",
        "wrong_type",
    ]


def test_midnight_may_close_the_day_it_is_written_under(tmp_path: Path) -> None:
    midnight = '", midnight: ends_day'
    plant = SensorPlant(
        tmp_path / "home",
        INTERVAL.replace("%END%", "end").replace("dd/MM/yyyy HH:mm%MIDNIGHT%", '"dd/MM/yyyy HH:mm' + midnight),
    )
    plant.deliver("a.csv", "t,v\n01/03/2026 23:45,1000\n01/03/2026 00:00,2000\n")
    plant.take_in()
    assert plant.ask("select strftime(interval_end_at, '%m-%d %H:%M'), kwh::int from energy_reading order by 1") == [
        ("03-01 22:45", 1),
        ("03-01 23:00", 2),
    ]


STATES_OF_INTERVALS = """
tables:
  reading: {files: "*.csv", format: csv, delivery: appends}
states: {vocabulary: semi_e10}
signals:
  reading:
    shape: wide
    time: {column: t, format: epoch_s}
    machine: {is: M1}
    interval: {seconds: 60, stamped_at: end}
    tags:
      e10: {kind: state}
      n: {kind: counter, counter: good, reading: increment}
      total: {kind: counter, counter: total, reading: cumulative}
"""


def test_a_state_of_an_interval_ends_and_its_pieces_count_from_where_it_begins(tmp_path: Path) -> None:
    plant = SensorPlant(tmp_path / "home", STATES_OF_INTERVALS)
    plant.deliver("a.csv", "t,e10,n,total\n1772431260,PRD,4,104\n1772431320,Unscheduled downtime,0,104\n")
    plant.take_in()
    assert plant.states(", strftime(ended_at, '%H:%M:%S')") == [
        ("M1", "03-02 06:00:00", "producing", "06:01:00"),
        ("M1", "03-02 06:01:00", "down", "06:02:00"),
    ]
    assert [(row[1], row[2], row[3]) for row in plant.counters()] == [
        ("03-02 06:00:00", "good", "4.000000"),
        ("03-02 06:01:00", "good", "0.000000"),
        ("03-02 06:01:00", "total", "104.000000"),
        ("03-02 06:02:00", "total", "104.000000"),
    ]


def test_scaling_is_exact_and_keeps_what_is_no_number_for_the_contract(tmp_path: Path) -> None:
    plant = long_plant(
        tmp_path,
        "2026-03-02T06:00:00Z,Fräse 1,dosen,0.000003\n"
        "2026-03-02T06:01:00Z,Fräse 1,dosen,12345678.000001\n"
        "2026-03-02T06:02:00Z,Fräse 1,temp1,2731.5\n"
        "2026-03-02T06:03:00Z,Fräse 1,temp1,1e30\n",
    )
    assert [row[3] for row in plant.counters()] == ["0.000002", "6172839.000001"]
    assert [row[3] for row in plant.measurements()] == [0.0, pytest.approx(1e29)]


DECIMAL_COMMA = """
tables:
  reading: {files: "*.csv", format: csv, delimiter: ";", decimal: ",", delivery: appends}
signals:
  reading:
    shape: wide
    time: t
    machine: {is: M1}
    tags:
      n: {kind: counter, counter: good, reading: cumulative, scale: 0.5, rolls_over_at: 1001}
      temp: {kind: measurement, scale: 0.1, offset: -1.5}
      raw: {kind: measurement}
"""


def test_scaled_numbers_keep_the_decimal_mark_of_the_table(tmp_path: Path) -> None:
    plant = SensorPlant(tmp_path / "home", DECIMAL_COMMA)
    plant.deliver(
        "a.csv",
        "t;n;temp;raw\n2026-03-02T06:00Z;1.001,5;31,5;-2,5\n2026-03-02T06:01Z;1.5;x;2.5\n2026-03-02T06:02Z;7;-10;8\n",
    )
    plant.take_in()
    assert [(*row[1:4], row[5]) for row in plant.counters(", rolls_over_at::varchar")] == [
        ("03-02 06:00:00", "good", "500.750000", "500.500000"),
        ("03-02 06:02:00", "good", "3.500000", "500.500000"),
    ]
    assert [(tag, value) for _, _, tag, value, _ in plant.measurements()] == [
        ("raw", -2.5),
        ("temp", pytest.approx(1.65)),
        ("raw", 8.0),
        ("temp", -2.5),
    ]
    assert plant.refused_lines() == [
        (3, "process_measurement", "wrong_type"),
        (3, "process_measurement", "wrong_type"),
        (3, "production_counter", "wrong_type"),
    ]


TWO_TABLES = """
tables:
  event: {files: "events*.csv", format: csv, delivery: appends}
  sample: {files: "samples*.parquet", format: parquet, delivery: appends}
states: {vocabulary: plain}
signals:
  event:
    shape: long
    time: t
    tag_pattern: 'HALL\\.(?P<machine>M\\d)\\.(?P<tag>\\w+)'
    tag: name
    value: v
    tags:
      state: {kind: state}
  sample:
    shape: wide
    time: t
    machine: m
    states: {words: {1: producing, 0: idle}}
    tags:
      run: {kind: state}
      good: {kind: counter, counter: good, reading: increment}
      t1: {kind: measurement}
"""


def test_two_tables_may_feed_one_dataset_each_with_words_of_its_own(tmp_path: Path) -> None:
    plant = SensorPlant(tmp_path / "home", TWO_TABLES)
    plant.deliver("events1.csv", "t,name,v\n2026-03-02T06:00Z,HALL.M1.state,down\n2026-03-02T06:01Z,state,1\n")
    plant.take_in()
    assert plant.states() == [("M1", "03-02 06:00:00", "down")]
    for number, rows in enumerate(["(1, 5, 20.5)", "(0, 2, null)"], start=1):
        duckdb.sql(f"""copy (
            select timestamp '2026-03-02 07:00' + interval {number} minute as t, 'M2' as m, *
            from (values {rows}) as cell (run, good, t1)
        ) to '{plant.home.inbox}/machines/samples{number}.parquet'""")
    plant.take_in()
    assert plant.states(", source_file") == [
        ("M1", "03-02 06:00:00", "down", "events1.csv"),
        ("M2", "03-02 06:01:00", "producing", "samples1.parquet"),
        ("M2", "03-02 06:02:00", "idle", "samples2.parquet"),
    ]
    assert [row[3] for row in plant.counters()] == ["5.000000", "2.000000"]
    assert plant.measurements() == [("M2", "03-02 06:01:00", "t1", 20.5, None)]
    assert [(line, codes) for line, _, codes in plant.refused_lines()] == [(3, "missing_value unknown_code")]


def test_a_dry_run_shows_what_would_be_refused(tmp_path: Path) -> None:
    plant = long_plant(tmp_path, "2026-03-02T06:00:00Z,Fräse 1,zustand,producing\n")
    plant.deliver("b.csv", HEADER + "2026-03-02T07:00:00Z,Fräse 1,vibration,1\n2026-03-02T07:00:00Z,Fräse 1,gut,1\n")
    found = str(check_source(plant.home, load_configuration(plant.home), "machines"))
    assert "dataset machine_state: 2 rows from 2 files, 1 good, 1 rejected" in found
    assert "b.csv line 2: undeclared tag vibration is none of those that source.yml declares" in found
    assert "dataset production_counter: 1 rows from 2 files, 1 good, 0 rejected" in found
