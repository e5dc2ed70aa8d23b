"""What a machine tells of a time at which it was not in use is refused, until the master data say otherwise."""

from __future__ import annotations

import pytest
from raw_plant import Plant

from ingest.raw import replay

UNIT = "work_unit_id,work_center_id,plant_id,name,valid_from,valid_to\n"
STATE = "work_unit_id,occurred_at,state\n"
LAST_SHIFT_AND_LATER = "M1,2026-03-10T23:59:59Z,producing\nM1,2026-03-11T00:00:00Z,down\n"


@pytest.fixture
def decommissioned(plant: Plant) -> Plant:
    """M1 counts on the production dates 2 to 9 March, M2 always."""
    plant.deliver_machines()
    plant.take_in()
    plant.deliver("2026-03-02/work_unit.csv", UNIT + "M1,WC,P1,Mill,2026-03-02,2026-03-10\nM2,WC,P1,Mill,,\n")
    plant.take_in()
    return plant


def test_states_beyond_the_machines_dates_are_refused_and_told_why(decommissioned: Plant) -> None:
    rows = "M1,2026-02-28T23:59:59Z,idle\nM1,2026-03-01T00:00:00Z,idle\n" + LAST_SHIFT_AND_LATER
    decommissioned.deliver("2026-03-11/machine_state.csv", STATE + rows + "M2,2031-01-01T00:00:00Z,down\n")
    decommissioned.take_in()
    assert decommissioned.rejected("machine_state") == [
        (
            2,
            ["not_in_use"],
            ["occurred_at: '2026-02-28T23:59:59Z' lies before the work unit M1 was in use (valid_from 2026-03-02)"],
        ),
        (
            5,
            ["not_in_use"],
            ["occurred_at: '2026-03-11T00:00:00Z' lies after the work unit M1 was in use (valid_to 2026-03-10)"],
        ),
    ]


@pytest.mark.parametrize(
    ("dataset", "header", "values"),
    [
        ("production_counter", "work_unit_id,occurred_at,counter,value,reading_kind", "good,5,increment"),
        ("process_measurement", "work_unit_id,occurred_at,tag,value", "torque,5"),
    ],
)
def test_counters_and_measurements_are_refused_likewise(
    decommissioned: Plant, dataset: str, header: str, values: str
) -> None:
    rows = f"M1,2026-03-10T12:00:00Z,{values}\nM1,2026-03-12T00:00:00Z,{values}\n"
    decommissioned.deliver(f"2026-03-12/{dataset}.csv", f"{header}\n{rows}")
    decommissioned.take_in()
    assert decommissioned.codes(dataset) == {3: ["not_in_use"]}


def test_refused_states_heal_when_the_machine_turns_out_to_be_in_use(decommissioned: Plant) -> None:
    decommissioned.deliver("2026-03-11/machine_state.csv", STATE + LAST_SHIFT_AND_LATER)
    decommissioned.take_in()
    assert decommissioned.codes("machine_state") == {3: ["not_in_use"]}
    assert not replay(decommissioned.home, decommissioned.configuration).accepted_rows
    decommissioned.deliver("2026-03-12/work_unit.csv", UNIT + "M1,WC,P1,Mill,2026-03-02,\n")
    report = decommissioned.take_in()
    assert [(b.dataset, b.healed_rows) for b in report.batches] == [("work_unit", 0), ("machine_state", 1)]
    assert decommissioned.codes("machine_state") == {}
    assert decommissioned.current("machine_state", "state") == [("down",), ("producing",)]


def test_a_day_of_states_delivered_again_with_other_contents_is_restated(plant: Plant) -> None:
    plant.deliver_machines("M1")
    first = "M1,2026-03-02T06:00:00Z,producing\nM1,2026-03-02T09:00:00Z,idle\nM1,2026-03-03T06:00:00Z,producing\n"
    plant.deliver("machine_state.csv", STATE + first)
    plant.take_in()
    again = "M1,2026-03-02T06:00:00Z,down\nM1,2026-03-02T10:00:00Z,idle\nM1,2026-03-03T06:00:00Z,producing\n"
    plant.deliver("machine_state.csv", STATE + again)
    (batch,) = (report := plant.take_in()).batches
    assert (batch.accepted_rows, batch.unchanged_rows, batch.deleted_rows, batch.rejected_rows) == (2, 1, 1, 0)
    assert {day.isoformat() for day in report.affected.dates} >= {"2026-03-02"}
    assert plant.current("machine_state", "occurred_at::time::varchar, state") == [
        ("06:00:00", "down"),
        ("06:00:00", "producing"),
        ("10:00:00", "idle"),
    ]
    assert plant.ask("select distinct event_date::varchar, is_only_version from raw.machine_state order by 1") == [
        ("2026-03-02", False),
        ("2026-03-03", True),
    ]
