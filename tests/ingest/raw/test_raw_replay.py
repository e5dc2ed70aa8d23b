"""Quarantined rows that heal: because what they name arrives, or because mapping and contract were mended."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from raw_plant import ONE_PLANT, Plant

from ingest.raw import check_source, replay
from settings.errors import ConfigurationError

STATE = "work_unit_id,occurred_at,state\n"


def test_a_row_heals_when_the_machine_that_it_names_arrives(plant: Plant) -> None:
    plant.deliver_machines("M1")
    plant.deliver(
        "2026-03-01/machine_state.csv",
        STATE + "M1,2026-03-01T06:00:00Z,down\nM9,2026-03-01T06:00:00Z,down\nM8,2026-03-01T06:00:00Z,down\n",
    )
    plant.take_in(datetime(2026, 3, 2, tzinfo=UTC))
    assert list(plant.codes("machine_state")) == [3, 4]
    plant.deliver("2026-03-02/work_unit.csv", "work_unit_id,work_center_id,plant_id,name\nM9,WC,P1,nine\n")
    report = plant.take_in(datetime(2026, 3, 3, tzinfo=UTC))
    assert [(b.dataset, b.accepted_rows, b.healed_rows) for b in report.batches] == [
        ("work_unit", 1, 0),
        ("machine_state", 1, 1),
    ]
    assert plant.current("machine_state", "work_unit_id, source_line") == [("M1", 2), ("M9", 3)]
    assert list(plant.codes("machine_state")) == [4]
    assert plant.ask("select rejected_at::varchar, batch_id from raw.quarantine") == [
        ("2026-03-02 00:00:00", "000001-erp-machine_state")
    ]


def test_a_healed_row_does_not_overrule_a_later_delivery(plant: Plant) -> None:
    header = "item_id,from_uom,to_uom,numerator,denominator\n"
    item = "item_id,name,item_type,base_uom,procurement,valuation\n"
    plant.deliver("2026-03-01/item.csv", item + "I1,Cog,finished,pc,make,standard\n")
    plant.deliver("2026-03-01/uom_conversion.csv", header + "I2,kg,pc,10,1\n")
    plant.take_in(datetime(2026, 3, 2, tzinfo=UTC))
    plant.deliver("2026-03-02/item.csv", item + "I2,Pin,raw,pc,buy,standard\n")
    plant.deliver("2026-03-02/uom_conversion.csv", header + "I2,kg,pc,12,1\n")
    plant.take_in(datetime(2026, 3, 3, tzinfo=UTC))
    assert plant.current("uom_conversion", "numerator::int") == [(12,)]
    assert plant.rejected("uom_conversion") == []


def test_a_mended_mapping_heals_history(plant: Plant) -> None:
    folder = plant.home.root / "shop"
    folder.mkdir(parents=True)
    (folder / "source.yml").write_text(
        "system: shop\ndescription: The shop floor's own lists.\n"
        "tables: {stops: {files: 'stops*.csv', format: csv, delimiter: ';', decimal: ','}}\n"
    )
    mapping = folder / "reason.sql"
    mapping.write_text(
        "select code as reason_id, text as name, art as loss_category, source_file, source_line from stops\n"
    )
    plant.configure({**ONE_PLANT, "sources": [{"name": "erp", "system": "shop"}]})
    plant.deliver("stops.csv", "code;text;art\n1;Stau;Störung\n2;Pause;planned\n")
    plant.take_in()
    assert plant.codes("reason") == {2: ["unknown_code"]}
    assert replay(plant.home, plant.configuration).batches == ()
    mapping.write_text(
        "select code as reason_id, text as name, if(art = 'Störung', 'breakdown', art) as loss_category, "
        "source_file, source_line from stops\n"
    )
    (batch,) = replay(plant.home, plant.configuration, "reason").batches
    assert (batch.accepted_rows, batch.healed_rows) == (1, 1)
    assert plant.rejected("reason") == []
    assert plant.current("reason", "reason_id, loss_category") == [("1", "breakdown"), ("2", "planned")]


def test_replay_of_a_dataset_that_does_not_exist_is_refused(plant: Plant) -> None:
    with pytest.raises(ConfigurationError, match="there is no dataset 'machine_sate'"):
        replay(plant.home, plant.configuration, "machine_sate")


def test_check_source_tells_what_would_happen_and_changes_nothing(plant: Plant) -> None:
    plant.deliver_machines("M1")
    plant.deliver("2026-03-01/machine_state.csv", STATE + "M1,2026-03-01T06:00:00Z,down\nM9,2026-03-01T06:00:00Z,x\n")
    plant.deliver("2026-03-01/holidays.csv", "a\n1\n")
    plant.deliver("2026-03-01/item.csv", "item_id\nI1\n")
    found = check_source(plant.home, plant.configuration, "erp")
    states = next(check for check in found.datasets if check.dataset == "machine_state")
    assert (states.delivered_rows, states.accepted_rows, states.rejected_rows) == (2, 1, 1)
    assert {reject.code: reject.rows for reject in states.rejects} == {"unknown_code": 1, "unknown_reference": 1}
    assert found.unread == ("2026-03-01/holidays.csv",)
    assert len(found.problems) == 1 and "item.csv: lacks the column name" in found.problems[0]
    assert not plant.home.raw.exists() and not plant.home.build.exists()
    assert "M9" in str(found)
    with pytest.raises(ConfigurationError, match="there is no source 'epr'; it lists erp"):
        check_source(plant.home, plant.configuration, "epr")
