"""Real extracts of machines and meters, taken in by the sources that ship with the product.

Every expected figure is read from the delivered file by plain Python that shares nothing with the product.
"""

from __future__ import annotations

import csv
import shutil
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml
from taken_in import TakeIn, TakenIn

from ingest.mapping import folder as mapping_folder
from ingest.mapping.vocabulary import VOCABULARY_FOLDER

ONE_PLANT = """
companies: [{{company_id: C, name: Company, currency_code: {currency}, time_zone: {zone}}}]
plants: [{{plant_id: P, company_id: C, name: Plant, time_zone: {zone}, currency_code: {currency}}}]
sources: [{{name: machines, system: {system}, path: "{path}", plant_id: P, time_zone: {zone}}}]
"""


def utc(text: str) -> datetime:
    """The moment as the raw store holds it, to the microsecond: UTC without zone."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    return datetime.fromisoformat(whole) + timedelta(microseconds=micros)


# ------------------------------------------------------------------------------------------------ a machine tool


@pytest.fixture(scope="module")
def shdr(shared_data: Path) -> list[tuple[int, str, str, str]]:
    """(line, time, key, value) of every pair of the adapter's lines, asset bodies and their ends left out."""
    pairs, inside = [], False
    text = (shared_data / "sensors/mtconnect/okuma.txt").read_bytes().decode()
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.rstrip("\r").split("|")
        if inside or len(fields) == 1:
            inside = inside and not line.startswith("--multiline--")
            continue
        inside = line.rstrip("\r").endswith("--multiline--ABCD")
        alone = fields[1].startswith("@") or fields[1].endswith("_cond") or fields[1] == "system"
        places = [1] if alone else range(1, len(fields), 2)
        pairs.extend((number, fields[0], fields[place], fields[place + 1]) for place in places)
    return pairs


@pytest.fixture(scope="module")
def okuma(take_in: TakeIn, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> TakenIn:
    inbox = tmp_path_factory.mktemp("okuma")
    shutil.copy(shared_data / "sensors/mtconnect/okuma.txt", inbox)
    return take_in(ONE_PLANT.format(system="mtconnect_okuma", path=inbox, zone="America/Chicago", currency="USD"))


def kinds_of(source: str) -> dict[str, dict[str, object]]:
    text = (mapping_folder.BUILT_IN_FOLDER / source / "source.yml").read_text(encoding="utf-8")
    (signals,) = yaml.safe_load(text)["signals"].values()
    tags: dict[str, dict[str, object]] = signals["tags"]
    return tags


def kind_of(tags: dict[str, dict[str, object]], key: str) -> object:
    return next(one["kind"] for tag, one in [(key, tags.get(key)), *tags.items()] if one and fnmatchcase(key, tag))


def test_the_stream_is_stored_pair_by_pair_and_nothing_is_refused(
    okuma: TakenIn, shdr: list[tuple[int, str, str, str]]
) -> None:
    tags = kinds_of("mtconnect_okuma")
    measured = [
        (line, key, utc(time), float(value))
        for line, time, key, value in shdr
        if kind_of(tags, key) == "measurement" and value not in ("", "UNAVAILABLE")
    ]
    stored = okuma.rows("select source_line, tag, occurred_at, value from process_measurement")
    assert sorted(stored) == sorted(measured)
    assert len(stored) > 20_000
    assert okuma.rows("select count(*) from quarantine") == [(0,)]
    assert okuma.rows("select distinct unit from process_measurement where tag = 'Z1load'") == [("percent",)]


def test_the_machine_sets_up_while_the_process_is_developed_and_then_produces(
    okuma: TakenIn, shdr: list[tuple[int, str, str, str]]
) -> None:
    said: dict[str, str] = {}
    at: dict[datetime, dict[str, str]] = defaultdict(dict)
    for _, time, key, value in shdr:
        if key in ("avail", "estop", "fmode", "pmode", "pexecution"):
            at[utc(time)][key] = value
    expected = []
    for moment in sorted(at):
        said |= at[moment]
        assert (said["avail"], said["estop"], said["pmode"]) == ("AVAILABLE", "ARMED", "AUTOMATIC")
        state = "idle"
        if said["pexecution"] == "ACTIVE":
            state = {"PRODUCTION": "producing", "PROCESS_DEVELOPMENT": "setup"}[said["fmode"]]
        expected.append((moment, state))
    stored = okuma.rows("select occurred_at, state from machine_state order by 1")
    assert stored == expected
    assert Counter(state for _, state in stored)["producing"] > 0


def test_parts_are_counted_as_the_control_counts_them(okuma: TakenIn, shdr: list[tuple[int, str, str, str]]) -> None:
    expected = sorted((utc(time), int(value)) for _, time, key, value in shdr if key == "ppartcount")
    stored = okuma.rows("select occurred_at, value::int from production_counter order by 1")
    assert stored == expected
    assert len(expected) == 8


def test_a_haas_tells_the_roles_that_the_vocabulary_knows(shared_data: Path) -> None:
    device = ElementTree.parse(shared_data / "sensors/mtconnect/haas.xml")
    types = {item.get("type", "").lower() for item in device.iter("{urn:mtconnect.org:MTConnectDevices:1.1}DataItem")}
    roles = yaml.safe_load((VOCABULARY_FOLDER / "mtconnect.yml").read_text(encoding="utf-8"))["roles"]
    assert set(roles) - types == {"functional_mode"}


# ------------------------------------------------------------------------------------------------ a temperature


def test_an_hour_that_the_clock_repeats_is_set_aside_and_the_rest_is_kept(
    take_in: TakeIn, shared_data: Path
) -> None:  # fmt: skip
    plant = take_in(
        ONE_PLANT.format(system="nab_temperature", path=shared_data / "sensors/nab", zone="UTC", currency="USD")
    )
    with (shared_data / "sensors/nab/machine_temperature_system_failure.csv").open(newline="") as stream:
        rows = [(utc(row["timestamp"].replace(" ", "T")), float(row["value"])) for row in csv.DictReader(stream)]
    times = Counter(time for time, _ in rows)
    twice = {time for time, count in times.items() if count > 1}
    assert (len(rows), len(twice)) == (22_695, 12)
    clear = [row for row in rows if row[0] not in twice]
    stored = plant.rows("select occurred_at, value from process_measurement order by 1")
    assert [row for row in stored if row[0] not in twice] == clear
    refused = plant.rows("select reason_codes, count(*) from quarantine group by 1")
    assert [codes for codes, _ in refused] == [["key_conflict"]]
    assert len(stored) + refused[0][1] == len(rows)
    assert plant.rows("select distinct tag, unit from process_measurement") == [("temperature", None)]


# ------------------------------------------------------------------------------------------------ a steel works


def test_a_years_energy_is_complete_and_each_day_ends_at_its_midnight(take_in: TakeIn, shared_data: Path) -> None:
    plant = take_in(
        ONE_PLANT.format(system="steel_energy", path=shared_data / "steel-energy", zone="Asia/Seoul", currency="KRW")
    )
    with (shared_data / "steel-energy/Steel_industry_data_full.csv").open(newline="") as stream:
        rows = [(row["date"], Decimal(row["Usage_kWh"]), int(row["NSM"])) for row in csv.DictReader(stream)]
    by_day: dict[str, Decimal] = defaultdict(Decimal)
    for date, kwh, _ in rows:
        by_day[date.split()[0]] += kwh
    assert plant.rows("select count(*), sum(kwh) from energy_reading") == [(35_040, Decimal("959636.710000"))]
    assert sum(by_day.values()) == Decimal("959636.71")
    days = plant.rows("""
        select strftime(interval_start_at + interval 9 hour, '%d/%m/%Y'), sum(kwh), count(*)
        from energy_reading group by 1""")
    assert {day: kwh for day, kwh, _ in days} == by_day
    assert {count for *_, count in days} == {96}
    # In the file's order each quarter-hour ends where the next begins: the year has neither hole nor overlap.
    assert plant.rows("""
        select count(*), min(interval_start_at + interval 9 hour), max(interval_end_at + interval 9 hour) from (
            select *, lead(interval_start_at) over (order by source_line) as next_start_at from energy_reading)
        where next_start_at is null or next_start_at = interval_end_at""") == [
        (35_040, utc("2018-01-01"), utc("2019-01-01"))
    ]
    assert all(
        (utc(f"{date[6:10]}-{date[3:5]}-{date[:2]}T{date[11:]}") - utc("2018-01-01")).seconds == seconds
        for date, _, seconds in rows
    )
    assert plant.rows("select count(*) from quarantine") == [(0,)]
    assert plant.rows("select distinct meter_id, work_unit_id from energy_reading") == [("MAIN", None)]


# ------------------------------------------------------------------------------------------------ a machine shop

MACHINE_SHOP_ZONE = "Europe/Athens"


@pytest.fixture(scope="module")
def log(shared_data: Path) -> list[dict[str, str]]:
    with (shared_data / "production-4tu/Production.csv").open(newline="", encoding="utf-8") as stream:
        return [{**row, "line": str(number)} for number, row in enumerate(csv.DictReader(stream), start=2)]


@pytest.fixture(scope="module")
def machine_shop(take_in: TakeIn, shared_data: Path) -> TakenIn:
    path = shared_data / "production-4tu"
    return take_in(ONE_PLANT.format(system="production_4tu", path=path, zone=MACHINE_SHOP_ZONE, currency="EUR"))


def is_artificial(row: dict[str, str]) -> bool:
    return row["Activity"] in ("Start", "End")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def content(row: dict[str, str]) -> tuple[str, ...]:
    columns = ("case:concept:name", "Activity", "@@startevent_Resource", "start_timestamp", "time:timestamp")
    return tuple(row[column] for column in columns)


def test_the_artificial_rows_are_450_and_every_other_row_is_labour_or_a_duplicate(
    machine_shop: TakenIn, log: list[dict[str, str]]
) -> None:
    work = [row for row in log if not is_artificial(row)]
    assert (len(log), len(work)) == (4_953, 4_503)
    repeated = Counter(content(row) for row in work)
    stored = machine_shop.rows("select start_at, end_at, hours, order_id, source_line from labour_time")
    assert len(stored) == len(repeated)
    held = machine_shop.rows("select dataset, reason_codes, count(*) from quarantine group by all")
    assert held == [("labour_time", ["duplicate"], len(work) - len(repeated))]
    by_line = {int(row["line"]): row for row in work}
    for start, end, hours, order, line in stored:
        row = by_line[line]
        assert (start, end, order) == (moment(row["start_timestamp"]), moment(row["time:timestamp"]),
                                       row["case:concept:name"])  # fmt: skip
        assert abs(Decimal(row["@@duration"]) / 3600 - hours) <= Decimal("0.0000005")
    assert len(machine_shop.rows("select 1 from labour_time where hours = 0")) == len(
        {content(row) for row in work if row["start_timestamp"] == row["time:timestamp"]}
    )


def test_hours_by_kind_of_work_equal_the_logs_durations(machine_shop: TakenIn, log: list[dict[str, str]]) -> None:
    seconds: dict[str, int] = defaultdict(int)
    for key in {content(row) for row in log if not is_artificial(row)}:
        name = key[1].lower()
        kind = "setup" if name.startswith("setup") else "rework" if "rework" in name else "direct"
        seconds[kind] += int((moment(key[4]) - moment(key[3])).total_seconds())
    stored = machine_shop.rows("select activity, sum(epoch(end_at - start_at))::bigint from labour_time group by 1")
    assert dict(stored) == seconds


def test_both_exports_of_the_log_name_the_same_people_for_the_same_work(
    log: list[dict[str, str]], shared_data: Path
) -> None:
    with (shared_data / "production-4tu/Production_mtl4ppm.csv").open(newline="", encoding="utf-8") as stream:
        other = Counter(
            (row["case_id"], row["activity"], row["resource"], row["start_timestamp"].replace("/", "-"),
             row["timestamp"].replace("/", "-"))
            for row in csv.DictReader(stream)
        )  # fmt: skip
    own = Counter(
        (*key[:3], key[3][:19], key[4][:19]) for key in (content(row) for row in log if not is_artificial(row))
    )
    assert own == other


def test_the_offsets_are_those_of_eastern_europe_and_local_days_are_those_written(
    machine_shop: TakenIn, log: list[dict[str, str]]
) -> None:
    written = Counter(key[3][:10] for key in {content(row) for row in log if not is_artificial(row)})
    stored = machine_shop.rows(f"""
        select work_date::varchar, count(*),
            bool_and(timezone('{MACHINE_SHOP_ZONE}', timezone('UTC', start_at))::date = work_date)
        from labour_time group by 1""")
    assert {day: count for day, count, _ in stored} == written
    assert all(agrees for *_, agrees in stored)


def test_a_station_works_while_a_stretch_is_open_and_names_an_order_that_is_alone(
    machine_shop: TakenIn, log: list[dict[str, str]]
) -> None:
    """Minute by minute, which is the log's own step."""
    minutes: dict[tuple[str, datetime], tuple[set[str], bool]] = {}
    for row in log:
        name = row["Activity"]
        if is_artificial(row) or name == "Setup":
            continue
        station, sets_up = (name[5:].strip(), True) if name.startswith("SETUP") else (name, False)
        at, end = moment(row["start_timestamp"]), moment(row["time:timestamp"])
        while at < end:
            orders, setup = minutes.get((station, at), (set(), False))
            minutes[station, at] = (orders | {row["case:concept:name"]}, setup or sets_up)
            at += timedelta(minutes=1)
    expected: dict[tuple[str, str, str | None], int] = defaultdict(int)
    for (station, _), (orders, setup) in minutes.items():
        expected[station, "setup" if setup else "producing", min(orders) if len(orders) == 1 else None] += 1
    stored = machine_shop.rows("""
        select work_unit_id, state, order_id, (sum(epoch(ended_at - occurred_at)) / 60)::bigint
        from machine_state group by all""")
    assert {(station, state, order): count for station, state, order, count in stored} == expected
    assert machine_shop.rows("""
        select count(*) from (select ended_at > lead(occurred_at) over (
            partition by work_unit_id order by occurred_at) as is_overlapped from machine_state)
        where is_overlapped""") == [(0,)]


def test_people_are_pseudonyms_and_nothing_is_said_that_the_log_does_not_say(machine_shop: TakenIn) -> None:
    workers = machine_shop.rows("select worker_id from worker")
    assert len(workers) == 46
    assert not [worker for (worker,) in workers if worker.startswith("ID")]
    for silent in ("production_order", "confirmation", "production_counter", "shift_calendar", "attendance"):
        assert machine_shop.rows(f"select count(*) from {silent}") == [(0,)]
