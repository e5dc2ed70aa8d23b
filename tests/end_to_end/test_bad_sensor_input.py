"""What sensors get wrong, planted one machine each: every fault is set aside, restated or named, and harms no other.

One plant of small machines is delivered twice: as it was, and with its faults. Both run the real `tieout nightly`;
what the faulty home says of itself is read from the printed `tieout status`.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from settings.home import Home

pytestmark = pytest.mark.slow
TIEOUT = str(Path(sys.executable).with_name("tieout"))
MONDAY, TUESDAY = "2026-03-02", "2026-03-03"
SOUND = ("SAW-1", "SAW-2")
"""Machines without a fault."""
FAULTY = ("CLOCK", "WORDS", "NOCALENDAR", "GONE", "TWICE", "TORN", "AGAIN")

TIEOUT_YML = """
companies: [{company_id: BC, name: Bad Co, currency_code: EUR, time_zone: Europe/Berlin}]
plants:
  - {plant_id: BP, company_id: BC, name: Bad plant, time_zone: Europe/Berlin, currency_code: EUR}
sources:
  - {name: erp, system: canonical, plant_id: BP}
  - {name: historian, system: ./historian, plant_id: BP}
  - {name: terminal, system: canonical, plant_id: BP}
"""
SOURCE_YML = """
system: historian
description: One row a reading, moments in UTC.
tables:
  reading: {files: "**/*.csv", format: csv, delivery: replaces_file}
states: {vocabulary: plain}
signals:
  reading:
    shape: long
    time: at
    machine: machine
    tag: tag
    value: value
    tags:
      state: {kind: state}
      good: {kind: counter, counter: good, reading: cumulative}
"""

Reading = tuple[str, str, str]
"""Time of day (UTC), tag, value."""


def day_of_readings(day: str) -> list[Reading]:
    """A shift from 05:00 to 13:00 UTC: stopped for half an hour at 09:00, ten good pieces an hour."""
    counted = 0 if day == MONDAY else 100
    readings = [("05:00:00", "state", "producing")]
    for hour in range(5, 13):
        if hour == 9:
            readings += [("09:00:00", "state", "down"), ("09:30:00", "state", "producing")]
        readings += [
            (f"{hour:02d}:{minute:02d}:30", "good", str(counted + hour * 10 + minute // 6))
            for minute in range(0, 60, 12)
        ]
    return [*readings, ("13:00:00", "state", "off")]


def set_back(readings: list[Reading]) -> list[Reading]:
    """From 10:00 on the clock shows 47 minutes less, and nobody says so."""
    return [(minus_47_minutes(at) if at >= "10:00:00" else at, tag, value) for at, tag, value in readings]


def minus_47_minutes(at: str) -> str:
    hour, minute, second = map(int, at.split(":"))
    hour, minute = divmod(hour * 60 + minute - 47, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}"


def with_words(readings: list[Reading]) -> list[Reading]:
    """A counter that says what it thinks, and a measuring point nobody has heard of."""
    return [*readings, ("10:00:05", "good", "viele"), ("10:00:06", "vibration", "0.3")]


def write(file: Path, columns: str, rows: list[tuple[object, ...]]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened, lineterminator="\n").writerows([columns.split(), *rows])
    return file


def deliver_master_data(home: Home, machines: tuple[str, ...]) -> None:
    erp = home.inbox / "erp"
    write(erp / "work_center.csv", "work_center_id name", [("WC", "Workshop")])
    write(
        erp / "work_unit.csv",
        "work_unit_id work_center_id name valid_from valid_to",
        [(unit, "WC", unit, "2020-01-01", "2026-02-01" if unit == "GONE" else "") for unit in machines],
    )
    write(
        erp / "shift_calendar.csv",
        "work_unit_id production_date shift_id start_at end_at",
        [
            (unit, day, "D", f"{day}T06:00:00", f"{day}T14:00:00")
            for unit in machines
            for day in (MONDAY, TUESDAY)
            if unit not in ("NOCALENDAR", "GONE")
        ],
    )


def deliver_readings(
    home: Home, day: str, machine: str, change: Callable[[list[Reading]], list[Reading]] = lambda readings: readings
) -> Path:
    rows = [(f"{day}T{at}Z", machine, tag, value) for at, tag, value in change(day_of_readings(day))]
    return write(home.inbox / "historian" / day / f"{machine}.csv", "at machine tag value", rows)


def tieout(home: Home, *arguments: str) -> str:
    done = subprocess.run(
        [TIEOUT, "--home", str(home.root), *arguments], capture_output=True, text=True, check=False, timeout=400
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def new_home(folder: Path) -> Home:
    (folder / "historian").mkdir(parents=True)
    (folder / "tieout.yml").write_text(TIEOUT_YML, encoding="utf-8")
    (folder / "historian" / "source.yml").write_text(SOURCE_YML, encoding="utf-8")
    return Home(folder)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sound machines alone."""
    home = new_home(tmp_path_factory.mktemp("clean") / "plant")
    deliver_master_data(home, SOUND)
    for day in (MONDAY, TUESDAY):
        for machine in SOUND:
            deliver_readings(home, day, machine)
    tieout(home, "nightly")
    return home


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str, str]:
    """All machines; the printed status after the first night, and after the second with its late corrections."""
    home = new_home(tmp_path_factory.mktemp("faulty") / "plant")
    deliver_master_data(home, SOUND + FAULTY)
    changes = {"CLOCK": set_back, "WORDS": with_words}
    for machine in SOUND + FAULTY:
        deliver_readings(home, MONDAY, machine, *([changes[machine]] if machine in changes else []))
    whole = home.inbox / "historian" / MONDAY / "TORN.csv"
    content = whole.read_bytes()
    whole.write_bytes(content[:-19])  # in the middle of the last row
    write(
        home.inbox / "terminal" / "machine_state.csv",
        "work_unit_id occurred_at ended_at state",
        [
            ("TWICE", f"{MONDAY}T10:10:00", f"{MONDAY}T10:50:00", "maintenance"),  # over `down` and then `producing`
            ("TWICE", f"{MONDAY}T12:00:00", "", "idle"),
            ("TWICE", f"{MONDAY}T12:00:00", "", "setup"),
        ],
    )
    tieout(home, "nightly")
    first = tieout(home, "status")
    whole.write_bytes(content)
    deliver_readings(home, MONDAY, "AGAIN", lambda readings: [r for r in readings if r[0] != "09:30:00"])
    for machine in SOUND + FAULTY:
        deliver_readings(home, TUESDAY, machine)
    tieout(home, "nightly")
    return home, first, tieout(home, "status")


def ask(home: Home, sql: str) -> list[dict[str, object]]:
    return json.loads(tieout(home, "query", sql, "--format", "json"))


def lines_with(status: str, *words: str) -> list[str]:
    return [line for line in status.splitlines() if all(word in line for word in words)]


def refused(home: Home, machine: str) -> list[tuple[object, object]]:
    rows = ask(
        home,
        f"select source_line, reason_codes from meta.quarantine where source_file like '%{machine}.csv' order by all",
    )
    return [(row["source_line"], row["reason_codes"]) for row in rows]


@pytest.mark.parametrize("mart", ["oee_machine_shift", "loss_event", "loss_waterfall"])
def test_machines_without_a_fault_have_the_figures_of_a_clean_plant(
    clean: Home, faulty: tuple[Home, str, str], mart: str
) -> None:
    sql = f"from efficiency.{mart} where work_unit_id in {SOUND} order by all"
    expected = ask(clean, sql)
    assert len(expected) >= 4
    assert ask(faulty[0], sql) == expected


def test_a_clock_that_was_set_back_is_named(faulty: tuple[Home, str, str]) -> None:
    home, _, status = faulty
    (line,) = lines_with(status, "clock_ran_back")
    assert "CLOCK" in line and "set the machine's clock right" in line and "SAW" not in line
    found = ask(
        home, "select subject, finding_seconds::int as seconds from meta.finding where finding = 'clock_ran_back'"
    )
    assert {row["subject"] for row in found} == {"CLOCK"}
    assert max(row["seconds"] for row in found) == 35 * 60  # readings every 12 minutes: 09:48:30, then 09:13:30


def test_a_text_for_a_number_and_a_tag_never_seen_are_refused_line_by_line(faulty: tuple[Home, str, str]) -> None:
    home, first, _ = faulty
    assert [reason for _, reason in refused(home, "WORDS")] == ["wrong_type", "undeclared"]
    assert lines_with(first, "wrong_type", "production_counter")
    assert lines_with(first, "undeclared")


def test_a_machine_without_a_calendar_has_no_figure_and_is_named(faulty: tuple[Home, str, str]) -> None:
    home, _, status = faulty
    (line,) = lines_with(status, "machine_without_calendar")
    assert "NOCALENDAR" in line and "shift_calendar" in line
    assert ask(home, "select count(*) as n from efficiency.oee_machine_shift where work_unit_id = 'NOCALENDAR'") == [
        {"n": 0}
    ]


def test_what_a_machine_says_after_it_was_taken_out_of_use_is_refused(faulty: tuple[Home, str, str]) -> None:
    home, first, _ = faulty
    assert lines_with(first, "not_in_use")
    assert {reason for _, reason in refused(home, "GONE")} == {"not_in_use"}
    assert len(refused(home, "GONE")) == len(day_of_readings(MONDAY)) + len(day_of_readings(TUESDAY))


def test_of_two_sensors_that_disagree_the_stronger_state_rules_and_is_named(faulty: tuple[Home, str, str]) -> None:
    home, first, status = faulty
    (line,) = lines_with(status, "overlapping_states")
    assert "TWICE" in line
    # Local 10:10 to 10:50 is 09:10 to 09:50 UTC: from the end of `down` at 09:30 on, both are said.
    assert ask(
        home, "select finding_count, finding_seconds::int as s from meta.finding where finding = 'overlapping_states'"
    ) == [{"finding_count": 1, "s": 20 * 60}]
    assert ask(
        home,
        "select production_seconds::int as s from efficiency.oee_machine_shift "
        f"where work_unit_id = 'TWICE' and production_date = '{MONDAY}'",
    ) == [{"s": 8 * 3600 - 50 * 60}]
    assert lines_with(first, "key_conflict", "machine_state")


def test_a_torn_file_loses_its_torn_row_until_it_comes_whole(faulty: tuple[Home, str, str]) -> None:
    home, first, status = faulty
    assert lines_with(first, "wrong_field_count")
    assert not lines_with(status, "wrong_field_count")
    assert refused(home, "TORN") == []
    torn, sound = (
        ask(
            home,
            f"select * exclude (work_unit_id, work_unit_key) from efficiency.oee_machine_shift "
            f"where work_unit_id = '{machine}' order by all",
        )
        for machine in ("TORN", "SAW-1")
    )
    assert torn == sound


def test_a_day_delivered_again_with_other_contents_is_restated_and_shown(faulty: tuple[Home, str, str]) -> None:
    home, first, status = faulty
    assert "restated last night: nothing" in first
    (line,) = [line for line in status.splitlines() if line.startswith("2026-03-")]
    assert line.split() == [MONDAY, "1", "AGAIN"]
    down = ask(
        home,
        "select production_date::varchar as day, down_seconds::int as s from efficiency.oee_machine_shift "
        "where work_unit_id = 'AGAIN' order by 1",
    )
    assert down == [{"day": MONDAY, "s": 4 * 3600}, {"day": TUESDAY, "s": 1800}]


def test_status_stays_one_screen(faulty: tuple[Home, str, str]) -> None:
    _, first, status = faulty
    assert first.count("\n") < 55 and status.count("\n") < 60
