from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

import polars
import pytest

from ingest import demo
from ingest.contracts.model import load_contracts
from ingest.demo.tables import COLUMNS, KEYS
from settings.configuration import load_configuration
from settings.home import Home


def read_lines(file: Path) -> list[str]:
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return content.decode().splitlines()


@pytest.fixture(scope="module")
def inbox(factory, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("inbox")
    demo.write_extracts(factory, folder)
    return folder


def test_the_same_seed_makes_the_same_files(tmp_path):
    for name in ("one", "two"):
        demo.write_extracts(demo.generate(days=4, seed=3), tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert len(files) > 40
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_another_seed_makes_another_factory():
    assert demo.generate(days=2, seed=1).log.rows != demo.generate(days=2, seed=2).log.rows


def test_a_night_is_the_day_after_the_day_it_tells_of(factory):
    nights = demo.nights(factory)
    assert (nights[0], nights[-1], len(nights)) == (date(2026, 2, 10), date(2026, 4, 10), 60)


def test_nights_one_by_one_end_in_the_same_files_as_all_at_once(tmp_path):
    factory = demo.generate(days=9)
    demo.write_extracts(factory, tmp_path / "all")
    for night in demo.nights(factory):
        demo.write_extracts(factory, tmp_path / "nightly", night)
    files = {path.relative_to(tmp_path / "all") for path in (tmp_path / "all").rglob("*.*")}
    assert files == {path.relative_to(tmp_path / "nightly") for path in (tmp_path / "nightly").rglob("*.*")}
    assert all((tmp_path / "all" / f).read_bytes() == (tmp_path / "nightly" / f).read_bytes() for f in files)


def test_a_date_that_is_no_night_is_refused(factory, tmp_path):
    with pytest.raises(ValueError, match="no night"):
        demo.write_extracts(factory, tmp_path, date(2026, 2, 9))


def test_a_truncated_file_comes_again_whole_the_next_night(factory, tmp_path):
    fault = next(fault for fault in factory.faults if fault.resolved_night is not None)
    file = tmp_path / fault.source / fault.source_file
    night, following = demo.nights(factory)[fault.night], demo.nights(factory)[fault.resolved_night]
    demo.write_extracts(factory, tmp_path, night)
    broken = read_lines(file)
    demo.write_extracts(factory, tmp_path, following)
    whole = read_lines(file)
    assert len(broken) == len(whole) == fault.source_line
    assert broken[:-1] == whole[:-1]
    assert whole[-1].startswith(broken[-1])
    assert broken[-1].count(",") < whole[-1].count(",")


def test_columns_and_keys_are_those_of_the_contracts():
    contracts = load_contracts()
    for dataset, columns in COLUMNS.items():
        known = {column.name for column in contracts[dataset].columns} | {"company_id", "changed_at", "is_deleted"}
        assert set(columns) <= known, dataset
        assert KEYS[dataset] == contracts[dataset].key, dataset


def test_every_file_has_the_header_of_its_dataset(factory, inbox):
    for files in factory.files.values():
        for file in files:
            if file.path.endswith(".parquet"):
                assert polars.read_parquet(inbox / file.path).columns == list(COLUMNS[file.dataset])
            else:
                assert read_lines(inbox / file.path)[0].split(",") == list(COLUMNS[file.dataset])


def test_every_planted_fault_stands_where_the_list_says(factory, inbox):
    columns_of = {
        "unknown_code": {"RUNNING", "261", "coffee"},
        "wrong_type": {"12.5 kg", "zwölf", "8h", "2026-13-45T06:00:00"},
        "unknown_reference": {"P2-FILL-99", "P1-TURN-99", "9999999", "P2-OVEN-7"},
        "out_of_range": {"-3.500", "27.50", "30.00", "80.00", "-12", "-200"},
    }
    for fault in factory.faults:
        line = read_lines(inbox / fault.source / fault.source_file)[fault.source_line - 1]
        wanted = columns_of.get(fault.reason_code)
        if "known" in fault.description or "has posted" in fault.description:
            assert " kg," in line or "-32," in line, fault
        elif wanted:
            assert wanted & set(next(csv.reader([line]))), fault
        elif fault.reason_code == "time_in_dst_gap":
            assert "-29T02:30:00" in line or "-08T02:30:00" in line
        elif fault.reason_code == "duplicate":
            assert read_lines(inbox / fault.source / fault.source_file).index(line) < fault.source_line - 1


def test_every_kind_of_fault_is_planted_within_twenty_nights(factory):
    soon = {fault.reason_code for fault in factory.faults if fault.night < 20}
    everything = {fault.reason_code for fault in factory.faults}
    assert everything - soon == {"time_in_dst_gap"}
    assert len(soon) == 10


def test_rows_come_late_corrected_reversed_and_repeated(factory):
    assert {done.kind for done in factory.disturbances} == {"late", "corrected", "reversed", "repeated"}


def test_accepted_lines_of_the_files_are_the_rows_of_the_log(factory, inbox):
    """What is not planted is in the log: as many lines, night by night, as the log has rows."""
    planted = {(fault.source, fault.source_file, fault.source_line) for fault in factory.faults}
    postponed = sum(fault.resolved_night is not None for fault in factory.faults)
    written = sum(
        len(file.rows) or len(read_lines(inbox / file.path)) - 1
        for path, file in {file.path: file for files in factory.files.values() for file in files}.items()
    )
    kept = sum(len(rows) for dataset in COLUMNS for rows in factory.log.by_night(dataset).values())
    assert written - (len(planted) - postponed) == kept


def test_the_home_of_the_demo_is_configured(tmp_path):
    demo.write_configuration(tmp_path)
    configuration = load_configuration(Home(tmp_path))
    assert [source.name for source in configuration.sources] == ["erp", "timesheets", "sensors"]
    assert configuration.schedule.at == "02:00"
    assert configuration.schedule_time_zone == "Europe/Berlin"


def test_an_autumn_factory_writes_no_ambiguous_local_time(tmp_path):
    factory = demo.generate(days=6, first_date=date(2026, 10, 22))
    demo.write_extracts(factory, tmp_path)
    for file in tmp_path.rglob("*.csv"):
        for line in read_lines(file):
            for field in next(csv.reader([line])):
                assert not (field.startswith("2026-10-25T02:") and len(field.split(".")[0]) == 19), (file, line)
