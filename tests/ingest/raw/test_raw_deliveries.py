"""Files that come again, corrected, late, twice, or not whole: what counts, and what nobody sees."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from raw_plant import Plant

from ingest.raw import AffectedDates, mark_built, pending_dates
from settings.errors import DeliveryError

REASON = "reason_id,name,loss_category\n"
STATE = "work_unit_id,occurred_at,state\n"
NIGHT_1 = datetime(2026, 3, 2, tzinfo=UTC)
NIGHT_2 = datetime(2026, 3, 3, tzinfo=UTC)
NIGHT_3 = datetime(2026, 3, 4, tzinfo=UTC)


def test_the_same_files_again_change_nothing(plant: Plant) -> None:
    plant.deliver("2026-03-01/reason.csv", REASON + "R1,Jam,breakdown\n")
    plant.take_in()
    before = plant.everything_stored()
    plant.deliver("2026-03-01/reason.csv", REASON + "R1,Jam,breakdown\n")  # written again, equal content
    report = plant.take_in()
    assert (report.batches, report.new_files) == ((), 0)
    assert plant.everything_stored() == before


def test_the_same_content_under_another_name_is_counted_and_not_stored(plant: Plant) -> None:
    plant.deliver("2026-03-01/reason.csv", REASON + "R1,Jam,breakdown\nR2,Wait,external\n")
    plant.take_in()
    plant.deliver("2026-03-02/reason.csv", REASON + "R1,Jam,breakdown\nR2,Wait,planned\n")
    (batch,) = plant.take_in().batches
    assert (batch.delivered_rows, batch.accepted_rows, batch.unchanged_rows) == (2, 1, 1)
    assert plant.current("reason", "reason_id, loss_category") == [("R1", "breakdown"), ("R2", "planned")]
    assert plant.ask("select count(*) from raw.reason") == [(3,)]


def test_a_corrected_file_replaces_its_rows_and_what_it_leaves_out_is_deleted(plant: Plant) -> None:
    plant.deliver("2026-03-01/reason.csv", REASON + "R1,Jam,breakdown\nR2,Wiat,external\nR3,Odd,unknown\nR4,x,bad\n")
    plant.take_in(NIGHT_1)
    plant.deliver("2026-03-01/reason.csv", REASON + "R1,Jam,breakdown\nR2,Wait,external\n")
    (batch,) = plant.take_in(NIGHT_2).batches
    assert (batch.accepted_rows, batch.unchanged_rows, batch.deleted_rows) == (1, 1, 1)
    assert plant.current("reason", "reason_id, name") == [("R1", "Jam"), ("R2", "Wait")]
    assert plant.rejected("reason") == []  # R4 was rejected from the file that is now replaced
    assert plant.ask("select reason_id, is_deleted from raw.reason where is_deleted") == [("R3", True)]


def test_a_corrected_old_file_does_not_undo_what_later_files_said(plant: Plant) -> None:
    plant.deliver("2026-03-01/reason.csv", REASON + "R1,Jam,breakdown\nR2,Wait,external\n")
    plant.take_in(NIGHT_1)
    plant.deliver("2026-03-02/reason.csv", REASON + "R1,Jammed feeder,breakdown\n")
    plant.take_in(NIGHT_2)
    plant.deliver("2026-03-01/reason.csv", REASON + "R1,Jam,breakdown\nR2,Waiting,external\n")
    plant.take_in(NIGHT_3)
    assert plant.current("reason", "reason_id, name") == [("R1", "Jammed feeder"), ("R2", "Waiting")]


def test_wholly_new_rows_under_an_old_name_are_an_addition(plant: Plant) -> None:
    plant.deliver("export/reason.csv", REASON + "R1,Jam,breakdown\n")
    plant.take_in()
    plant.deliver("export/reason.csv", REASON + "R2,Wait,external\n")
    report = plant.take_in()
    assert any("reused name" in warning for warning in report.warnings)
    assert plant.current("reason", "reason_id") == [("R1",), ("R2",)]


def test_a_row_that_the_source_marks_as_deleted_becomes_a_tombstone(plant: Plant) -> None:
    plant.deliver("2026-03-01/reason.csv", REASON + "R1,Jam,breakdown\nR2,Wait,external\n")
    plant.take_in(NIGHT_1)
    plant.deliver("2026-03-02/reason.csv", "reason_id,is_deleted,name,loss_category\nR1,yes,,\nR2,no,Wait,external\n")
    plant.take_in(NIGHT_2)
    assert plant.current("reason", "reason_id") == [("R2",)]


def test_within_one_delivery_equal_rows_are_duplicates_and_different_ones_exclude_each_other(plant: Plant) -> None:
    plant.deliver("2026-03-01/reason_a.csv", REASON + "R1,Jam,breakdown\nR1,Jam,breakdown\nR2,Wait,external\n")
    plant.deliver("2026-03-01/reason_b.csv", REASON + "R2,Weight,external\nR3,Cold,planned\n")
    plant.take_in()
    assert plant.ask("select source_file, source_line, reason_codes, reasons from raw.quarantine order by all") == [
        (
            "2026-03-01/reason_a.csv",
            3,
            ["duplicate"],
            ["the same row stands already in 2026-03-01/reason_a.csv line 2"],
        ),
        *(
            (
                f"2026-03-01/reason_{letter}.csv",
                line,
                ["key_conflict"],
                [
                    "R2 stands 2 times with different content: 2026-03-01/reason_a.csv line 4, "
                    "2026-03-01/reason_b.csv line 2"
                ],
            )
            for letter, line in (("a", 4), ("b", 2))
        ),
    ]
    assert plant.current("reason", "reason_id") == [("R1",), ("R3",)]


def test_a_time_of_change_decides_between_rival_rows(plant: Plant) -> None:
    header = "reason_id,name,loss_category,changed_at\n"
    plant.deliver(
        "2026-03-01/reason.csv",
        header + "R1,New,breakdown,2026-03-01T10:00:00Z\nR1,Old,breakdown,2026-03-01T09:00:00Z\n",
    )
    plant.take_in()
    assert plant.rejected("reason") == []
    assert plant.current("reason", "name") == [("New",)]


def test_many_nights_at_once_give_what_night_by_night_gives(tmp_path: Path) -> None:
    from raw_plant import ONE_PLANT

    nights = [
        ("2026-03-01", "R1,Jam,breakdown\nR2,Wait,external\n"),
        ("2026-03-02", "R1,Jam!,breakdown\nR2,Wait,external\n"),
        ("2026-03-03", "R1,Jam,breakdown\nR3,Cold,planned\n"),
    ]
    single, many = Plant(tmp_path / "single", ONE_PLANT), Plant(tmp_path / "many", ONE_PLANT)
    for number, (night, rows) in enumerate(nights, start=2):
        single.deliver(f"{night}/reason.csv", REASON + rows)
        single.take_in(datetime(2026, 3, number, tzinfo=UTC))
        many.deliver(f"{night}/reason.csv", REASON + rows)
    many.take_in()
    history = "select reason_id, name, source_file, source_line from raw.reason order by reason_id, delivery_seq"
    assert single.ask(history) == many.ask(history)
    assert len(many.ask(history)) == 5


def test_affected_dates_are_those_of_the_news_and_of_what_it_replaces(plant: Plant) -> None:
    plant.deliver_machines("M1")
    plant.take_in(NIGHT_1)
    mark_built(plant.home, "first")
    assert not pending_dates(plant.home)
    header = "confirmation_id,order_id,plant_id,posting_date,good_qty,scrap_qty\n"
    plant.deliver("2026-03-02/confirmation.csv", header + "K1,O1,P1,2026-03-02,1,0\nK2,O1,P1,2026-03-02,1,0\n")
    plant.take_in(NIGHT_2)
    assert pending_dates(plant.home) == AffectedDates(frozenset({date(2026, 3, 2)}))
    mark_built(plant.home, "second")
    plant.deliver("2026-03-03/confirmation.csv", header + "K1,O1,P1,2026-02-27,1,0\nK2,O1,P1,2026-03-02,1,0\n")
    plant.take_in(NIGHT_3)
    assert pending_dates(plant.home) == AffectedDates(frozenset({date(2026, 3, 2), date(2026, 2, 27)}))


def test_master_data_touch_every_date(plant: Plant) -> None:
    plant.deliver("2026-03-01/reason.csv", REASON + "R1,Jam,breakdown\n")
    plant.take_in()
    assert pending_dates(plant.home).everything


def test_an_event_touches_its_day_and_the_days_beside_it(plant: Plant) -> None:
    plant.deliver_machines("M1")
    plant.take_in()
    mark_built(plant.home, "first")
    plant.deliver("2026-03-01/machine_state.csv", STATE + "M1,2026-03-01T23:30:00Z,down\n")
    plant.take_in()
    assert pending_dates(plant.home).dates == {date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)}


def test_unusable_files_are_all_named_and_nothing_of_the_run_is_taken_in(plant: Plant) -> None:
    plant.deliver_machines("M1")
    plant.deliver("2026-03-01/reason.csv", REASON + "R1,Jam,breakdown\n")
    plant.deliver("2026-03-01/supplier.csv", b"")
    plant.deliver("2026-03-01/customer.csv", "customer_id,name\nK1,M\xfcller\n".encode("latin-1"))
    plant.deliver("2026-03-01/item.csv", "item_id,name\nI1,Cog\n")
    packed = gzip.compress((STATE + "M1,2026-03-01T06:00:00Z,down\n" * 500).encode())
    plant.deliver("2026-03-01/machine_state.csv.gz", packed[:-30])
    plant.deliver("2026-03-01/lot.parquet", b"PAR1 and then nothing PAR1")
    with pytest.raises(DeliveryError) as refused:
        plant.take_in()
    told = {Path(problem.split(": ")[0]).name: problem for problem in refused.value.problems}
    assert set(told) == {"supplier.csv", "customer.csv", "item.csv", "machine_state.csv.gz", "lot.parquet"}
    assert "is empty (0 bytes)" in told["supplier.csv"]
    assert "is not utf-8 text" in told["customer.csv"]
    assert "lacks the column item_type, base_uom" in told["item.csv"]
    assert "is cut short or damaged" in told["machine_state.csv.gz"]
    assert "is no whole Parquet file" in told["lot.parquet"]
    assert refused.value.exit_status == 2
    assert plant.ask("select count(*) from raw.load") == [(0,)]
    assert plant.ask("select count(*) from raw.reason") == [(0,)]
    for name in ("supplier.csv", "customer.csv", "item.csv", "machine_state.csv.gz", "lot.parquet"):
        (plant.home.inbox / "erp/2026-03-01" / name).unlink()
    plant.take_in()
    assert plant.current("reason", "reason_id") == [("R1",)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_is_named(plant: Plant) -> None:
    folder = plant.deliver("2026-03-01/reason.csv", REASON).parent
    folder.chmod(0)
    try:
        with pytest.raises(DeliveryError, match=r"2026-03-01: cannot be listed .*grant this user access"):
            plant.take_in()
    finally:
        folder.chmod(0o755)


def test_a_named_folder_that_is_missing_is_an_error_and_the_default_inbox_a_warning(plant: Plant) -> None:
    assert any("delivered nothing" in warning for warning in plant.take_in().warnings)
    plant.configure({"sources": [{"name": "erp", "path": "/nowhere/share"}]})
    with pytest.raises(DeliveryError, match="/nowhere/share: not found"):
        plant.take_in()


def test_misshapen_lines_are_quarantined_and_the_rest_of_the_file_counts(plant: Plant) -> None:
    plant.deliver(
        "2026-03-01/reason.csv",
        REASON + 'R1,Jam,breakdown\n\nR2,Wait\nR3,Cold,planned,extra\nR4,"Open,planned\nR5,Fine,planned\nR6,"Cut, off',
    )
    plant.take_in()
    assert plant.reasons("reason") == {
        4: ["the line has 2 fields where the header has 3"],
        5: ["the line has 4 fields where the header has 3"],
        6: ["a quote is opened and never closed"],
        8: ["a quote is opened and never closed"],
    }
    assert plant.current("reason", "reason_id") == [("R1",), ("R5",)]
    assert plant.ask("select row_json from raw.quarantine where source_line = 4") == [('{"line":"R2,Wait"}',)]


_KILLED_BEFORE_ITS_COMMIT = """
import os, signal, sys
from pathlib import Path
import ingest.raw.run as run
from settings.configuration import parse_configuration
from settings.home import Home
import json

def killed(*_):
    written = list(Path(sys.argv[1]).glob("raw/reason/*.parquet"))
    assert len(written) == 2, written
    os.kill(os.getpid(), signal.SIGKILL)

run.commit = killed
run.ingest(Home(Path(sys.argv[1])), parse_configuration(json.loads(sys.argv[2]), Path("tieout.yml")))
"""


def test_a_run_killed_before_its_commit_leaves_nothing_half_loaded(plant: Plant) -> None:
    import json

    from raw_plant import ONE_PLANT

    plant.deliver("2026-03-01/reason.csv", REASON + "R1,Jam,breakdown\nR2,x,nonsense\n")
    command = [sys.executable, "-c", _KILLED_BEFORE_ITS_COMMIT, str(plant.home.root), json.dumps(ONE_PLANT)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert plant.ask("select (select count(*) from raw.reason), (select count(*) from raw.quarantine)") == [(0, 0)]
    report = plant.take_in()
    assert (report.accepted_rows, report.rejected_rows) == (3, 1)  # with the company and plant of tieout.yml
    assert len(list((plant.home.raw / "reason").glob("*.parquet"))) == 2
    assert len(list(plant.home.quarantine.iterdir())) == 1


def test_delivered_files_are_kept_as_delivered_even_when_written_over(plant: Plant) -> None:
    first = plant.deliver("2026-03-01/reason.csv", REASON + "R1,Jam,breakdown\n")
    plant.take_in()
    first.write_text(REASON + "R1,Jammed,breakdown\n")
    plant.take_in()
    kept = plant.ask("select kept_path, superseded_by from raw.delivered_file order by delivery_seq")
    assert [superseded for _, superseded in kept] == [2, None]
    assert [(plant.home.root / path).read_text().split(",")[3] for path, _ in kept] == ["Jam", "Jammed"]
    assert first.exists()


def test_companies_and_plants_of_tieout_yml_give_way_to_delivered_ones(plant: Plant) -> None:
    plant.take_in()
    assert plant.current("plant", "plant_id, name, source_system") == [("P1", "Works", "tieout.yml")]
    header = "plant_id,company_id,name,time_zone,currency_code,production_type\n"
    plant.deliver("2026-03-01/plant.csv", header + "P1,C1,Cog works,Europe/Berlin,EUR,discrete\n")
    plant.take_in()
    assert plant.take_in().batches == ()
    assert plant.current("plant", "plant_id, name, source_system") == [("P1", "Cog works", "erp")]
