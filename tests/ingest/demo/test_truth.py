"""The truth, on days small enough to work out on paper, and against what the simulation did itself."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from ingest import demo
from ingest.demo.clock import HOUR, MINUTE
from ingest.demo.event_log import EventLog
from ingest.demo.truth import MACHINE_SHIFT_COLUMNS, ORDER_COLUMNS, WORKER_SHIFT_COLUMNS, truth_of
from ingest.demo.truth_states import ruling_spans, state_events
from ingest.demo.truth_time import unit_times

DAY_ONE = date(2026, 2, 9)


def at(log: EventLog, hour: int, minute: int = 0) -> int:
    return log.begin + hour * HOUR + minute * MINUTE


@pytest.fixture
def log() -> EventLog:
    """One unit, one order, one shift from 06:00 to 14:00 UTC with a break from 09:00 to 09:30."""
    log = EventLog(DAY_ONE, 5)
    opening = date(2026, 1, 1)
    log.add("work_center", 0, work_center_id="WC", plant_id="P1", cost_center_id="CC", name="Turning")
    log.add("work_unit", 0, work_unit_id="U1", work_center_id="WC", plant_id="P1", name="Lathe")
    log.add("item", 0, item_id="BOLT", company_id="C1", base_uom="PC")
    log.add("item", 0, item_id="BAR", company_id="C1", base_uom="KG")
    log.add("uom_conversion", 0, from_uom="G", to_uom="KG", numerator=1, denominator=1000)
    log.add(
        "shift_calendar",
        0,
        plant_id="P1",
        production_date=DAY_ONE,
        shift_id="E",
        start_at=at(log, 6),
        end_at=at(log, 14),
    )
    log.add("planned_stop", 0, plant_id="P1", start_at=at(log, 9), end_at=at(log, 9, 30), stop_type="break")
    log.add("production_order", 0, order_id="O1", plant_id="P1", item_id="BOLT", status="released")
    log.add("order_operation", 0, order_id="O1", operation_no="10", work_center_id="WC")
    log.add(
        "routing_operation",
        0,
        item_id="BOLT",
        plant_id="P1",
        version_id="1",
        operation_no="10",
        work_center_id="WC",
        run_seconds_per_unit=Decimal("30"),
        base_qty=1,
        valid_from=opening,
    )
    for item_id, component, amount in (
        ("BOLT", "material", "0.500"),
        ("BOLT", "setup", "0.125"),
        ("BAR", "material", "2"),
    ):
        log.add(
            "standard_cost",
            0,
            item_id=item_id,
            plant_id="P1",
            version_id="1",
            cost_component=component,
            valid_from=opening,
            amount=Decimal(amount),
            price_unit_qty=1,
        )
    for activity, hourly in (
        ("labour", 36),
        ("machine", 50),
        ("setup", 40),
        ("variable_overhead", 9),
        ("fixed_overhead", 18),
    ):
        log.add(
            "activity_rate",
            0,
            cost_center_id="CC",
            activity=activity,
            rate_type="planned",
            valid_from=opening,
            hourly_amount=Decimal(hourly),
        )
    return log


def confirm(log: EventLog, night: int = 0, **values: object) -> None:
    row = {
        "confirmation_id": "CF1",
        "order_id": "O1",
        "operation_no": "10",
        "plant_id": "P1",
        "work_unit_id": "U1",
        "posting_date": DAY_ONE,
        "good_qty": Decimal(100),
        "scrap_qty": Decimal(2),
    }
    log.add("confirmation", night, **{**row, **values})


def state(log: EventLog, hour: int, minute: int, name: str, **more: object) -> None:
    log.add("machine_state", 0, work_unit_id="U1", occurred_at=at(log, hour, minute), state=name, **more)


def read(log: EventLog, counter: str, *readings: tuple[int, int], order_id: str | None = None) -> None:
    for hour, value in readings:
        log.add(
            "production_counter",
            0,
            work_unit_id="U1",
            counter=counter,
            occurred_at=at(log, hour),
            value=value,
            reading_kind="cumulative",
            order_id=order_id,
        )


def test_every_second_of_a_shift_finds_its_place(log):
    state(log, 6, 30, "setup", order_id="O1")  # 06:00-06:30 nothing known
    state(log, 7, 0, "producing", order_id="O1")  # until 10:00, through the break
    state(log, 10, 0, "down")  # no order: down
    state(log, 11, 0, "down", order_id="O1")  # with an order: delay
    state(log, 12, 0, "idle", ended_at=at(log, 12, 30))  # down, then nothing known until 13:00
    state(log, 13, 0, "off")  # down
    state(log, 14, 0, "off")  # as far as the plant is known
    (shift,) = truth_of(log).machine_shifts
    hours = {
        name[: -len("_seconds")]: value / 3600 for name, value in shift.items() if name.endswith("_seconds") and value
    }
    assert hours == {
        "calendar": 8,
        "planned_operation": 8,
        "planned_busy": Decimal("7.5"),
        "busy": Decimal("4"),
        "production": Decimal("2.5"),
        "setup": Decimal("0.5"),
        "delay": 1,
        "down": Decimal("2.5"),
        "unknown": 1,
        "busy_outside_plan": Decimal("0.5"),
        "order_execution": Decimal("4.5"),
    }


def test_a_confirmation_registers_its_order_where_the_state_names_none(log):
    state(log, 6, 0, "down")
    state(log, 14, 0, "off")
    confirm(log, start_at=at(log, 7), end_at=at(log, 8))
    (shift,) = truth_of(log).machine_shifts
    assert (shift["delay_seconds"], shift["down_seconds"]) == (3600, Decimal("6.5") * 3600)


def test_a_unit_without_states_has_no_state_times_but_pieces(log):
    confirm(log, production_date=DAY_ONE, shift_id="E")
    (shift,) = truth_of(log).machine_shifts
    assert shift["production_seconds"] is None
    assert shift["planned_busy_seconds"] == Decimal("7.5") * 3600
    assert (shift["produced_qty"], shift["good_qty"], shift["standard_produced_seconds"]) == (102, 100, 3060)


def test_a_fall_of_the_counter_is_a_reset_and_the_first_reading_a_baseline(log):
    read(log, "good", (6, 1000), (7, 1040), (8, 15), (14, 99), order_id="O1")  # 14:00 belongs to the next shift
    read(log, "scrap", (6, 0), (14, 9), order_id="O1")
    (shift,) = truth_of(log).machine_shifts
    assert shift["good_qty"] == 40 + 15
    assert shift["standard_good_seconds"] == 55 * 30


def test_pieces_of_no_known_order_leave_the_standard_unavailable(log):
    read(log, "good", (6, 0), (7, 10))
    read(log, "scrap", (6, 0), (7, 1))
    (shift,) = truth_of(log).machine_shifts
    assert (shift["produced_qty"], shift["standard_produced_seconds"], shift["standard_good_seconds"]) == (
        11,
        None,
        None,
    )


def test_what_a_unit_does_not_count_is_taken_from_its_confirmations(log):
    read(log, "good", (6, 0), (7, 90), order_id="O1")
    confirm(log, production_date=DAY_ONE, shift_id="E", rework_qty=Decimal(3))
    (shift,) = truth_of(log).machine_shifts
    assert (shift["good_qty"], shift["scrap_qty"], shift["rework_qty"], shift["produced_qty"]) == (90, 2, 3, 95)


def test_a_unit_with_a_total_finds_what_it_does_not_count(log):
    read(log, "total", (6, 0), (7, 12), order_id="O1")
    read(log, "scrap", (6, 0), (7, 2), order_id="O1")
    (shift,) = truth_of(log).machine_shifts
    assert (shift["good_qty"], shift["scrap_qty"], shift["produced_qty"]) == (10, 2, 12)
    assert (shift["standard_produced_seconds"], shift["standard_good_seconds"]) == (360, 300)


def test_a_confirmation_over_two_shifts_is_split_by_producing_time(log):
    log.add(
        "shift_calendar",
        0,
        plant_id="P1",
        production_date=DAY_ONE,
        shift_id="L",
        start_at=at(log, 14),
        end_at=at(log, 22),
    )
    state(log, 12, 0, "producing")
    state(log, 15, 0, "idle")  # two hours in E, one in L
    confirm(log, start_at=at(log, 12), end_at=at(log, 20))
    early, late = truth_of(log).machine_shifts
    assert (early["good_qty"], late["good_qty"]) == (67, 33)
    assert (early["scrap_qty"], late["scrap_qty"]) == (1, 1)


def test_an_order_is_charged_what_was_booked_and_credited_what_was_received(log):
    def move(number: int, kind: str, item_id: str, qty: str, uom: str, amount: str | None) -> None:
        log.add(
            "goods_movement",
            0,
            movement_id=str(number),
            movement_type=kind,
            plant_id="P1",
            item_id=item_id,
            order_id="O1",
            qty=Decimal(qty),
            uom=uom,
            amount=Decimal(amount) if amount else None,
            posting_date=DAY_ONE,
        )

    move(1, "issue", "BAR", "30", "KG", "60.10")
    move(2, "issue", "BAR", "500", "G", None)  # 0.5 kg at 2.00
    move(3, "return", "BAR", "1", "KG", "2.00")
    move(4, "receipt", "BOLT", "99", "PC", "61.88")
    confirm(log, machine_seconds=3600, setup_seconds=900, labour_seconds=1800)
    (order,) = truth_of(log).orders
    assert order["good_qty"] == 99
    assert order["standard_material_amount"] == Decimal("49.50")
    assert order["standard_machine_amount"] == Decimal("12.38")  # 99 x 0.125 = 12.375
    assert order["actual_material_amount"] == Decimal("59.10")
    assert order["actual_labour_amount"] == Decimal("18.00")
    assert order["actual_machine_amount"] == Decimal("60.00")
    assert order["actual_overhead_amount"] == Decimal("27.00")
    assert order["actual_subcontract_amount"] == 0


def test_booked_labour_replaces_confirmed_labour_and_actual_rates_planned_ones(log):
    log.add(
        "activity_rate",
        0,
        cost_center_id="CC",
        activity="labour",
        rate_type="actual",
        valid_from=date(2026, 2, 1),
        valid_to=date(2026, 3, 1),
        hourly_amount=Decimal(37),
    )
    confirm(log, labour_seconds=99999)
    log.add(
        "labour_time",
        0,
        time_id="1",
        worker_id="W",
        plant_id="P1",
        work_date=DAY_ONE,
        start_at=at(log, 13),
        end_at=at(log, 15),
        hours=Decimal("0.50"),
        activity="direct",
        order_id="O1",
        work_unit_id="U1",
    )
    truth = truth_of(log)
    assert truth.orders[0]["actual_labour_amount"] == Decimal("18.50")
    (worker,) = truth.worker_shifts
    assert (worker["shift_id"], worker["order_hours"]) == ("E", Decimal("0.50"))


def test_an_item_without_a_standard_has_no_standard_amounts(log):
    log.rows["standard_cost"] = []
    confirm(log)
    (order,) = truth_of(log).orders
    assert order["standard_material_amount"] is None
    assert order["good_qty"] == 100


def test_a_night_knows_only_what_was_delivered_until_then(log):
    confirm(log, night=0, production_date=DAY_ONE, shift_id="E", good_qty=Decimal(107))
    confirm(log, night=2, production_date=DAY_ONE, shift_id="E")
    assert truth_of(log, 1).orders[0]["good_qty"] == 107
    assert truth_of(log, 2).orders[0]["good_qty"] == 100


def test_time_elements_of_the_whole_factory_add_up(factory):
    for shift in demo.truth_as_of(factory).machine_shifts:
        assert shift["planned_busy_seconds"] <= shift["planned_operation_seconds"] <= shift["calendar_seconds"]
        if shift["busy_seconds"] is not None:
            inside = shift["busy_seconds"] + shift["down_seconds"] + shift["unknown_seconds"]
            assert inside == shift["planned_busy_seconds"]
        assert shift["produced_qty"] == shift["good_qty"] + shift["scrap_qty"] + shift["rework_qty"]


def test_the_truth_agrees_with_what_the_simulation_did(factory):
    """Pieces of finished shifts, up to a reading at a shift's edge, a reading not yet sent, or a correction."""
    simulated: dict[str, Decimal] = defaultdict(Decimal)
    told: dict[str, Decimal] = defaultdict(Decimal)
    shifts = demo.truth_as_of(factory).machine_shifts
    finished = {(s["work_unit_id"], s["production_date"], s["shift_id"]) for s in shifts}
    for order in factory.floor.orders:
        for run in order.runs:
            if (run.unit.work_unit_id, run.shift.production_date, run.shift.shift_id) in finished:
                made = (run.good + run.scrap + run.rework) * order.item.quantum
                simulated[run.unit.work_unit_id] += made
    for shift in shifts:
        told[shift["work_unit_id"]] += shift["produced_qty"]
    assert set(simulated) == set(told)
    for unit_id, made in simulated.items():
        assert abs(told[unit_id] - made) <= made * Decimal("0.015"), unit_id


def test_both_standard_versions_and_actual_rates_are_used(factory):
    orders = demo.truth_as_of(factory).orders
    assert sum(order["standard_material_amount"] is None for order in orders) > 0
    assert {version for _, row in factory.log.rows["standard_cost"] for version in [row[2]]} == {"1", "2"}
    ratios = [
        float(order["actual_material_amount"] / order["standard_material_amount"])
        for order in orders
        if order["standard_material_amount"] and order["good_qty"] > 100 and order["actual_material_amount"]
    ]
    assert 0.95 < sorted(ratios)[len(ratios) // 2] < 1.15


def test_the_truth_is_written_with_these_columns(factory, tmp_path):
    demo.write_truth(factory, tmp_path)
    for name, columns in (
        ("machine_shift", MACHINE_SHIFT_COLUMNS),
        ("order", ORDER_COLUMNS),
        ("labour_worker_shift", WORKER_SHIFT_COLUMNS),
    ):
        lines = (tmp_path / "truth" / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        assert lines[0].split(",") == columns
        assert len(lines) > 1000
    faults = (tmp_path / "truth" / "fault.csv").read_text(encoding="utf-8").splitlines()
    assert len(faults) == len(factory.faults) + 1


def test_of_overlapping_states_the_strongest_rules_and_of_equal_ones_the_last(log):
    state(log, 6, 0, "producing")
    state(log, 7, 0, "idle", ended_at=at(log, 8))
    state(log, 7, 15, "producing", ended_at=at(log, 8, 45))  # above idle
    state(log, 7, 30, "down", ended_at=at(log, 8, 30), reason_id="LATER")  # above producing
    state(log, 8, 0, "down", ended_at=at(log, 8, 15), reason_id="LAST")
    state(log, 10, 0, "off")
    events = state_events(log.current("machine_state"), at(log, 14))
    told = [(span.start, span.end, span.event.state, span.event.reason_id) for span in ruling_spans(events)]
    assert told == [
        (at(log, 6), at(log, 7), "producing", None),
        (at(log, 7), at(log, 7, 15), "idle", None),
        (at(log, 7, 15), at(log, 7, 30), "producing", None),
        (at(log, 7, 30), at(log, 8), "down", "LATER"),
        (at(log, 8), at(log, 8, 15), "down", "LAST"),
        (at(log, 8, 15), at(log, 8, 30), "down", "LATER"),
        (at(log, 8, 30), at(log, 8, 45), "producing", None),  # and then nothing is known until 10:00
        (at(log, 10), at(log, 14), "off", None),
    ]


def test_a_counter_rolls_over_where_it_says_so_and_begins_anew_at_a_baseline(log):
    for hour, value, kind in (
        (6, 9_990, "cumulative"),
        (7, 20, "cumulative"),  # 30 across 10,000
        (8, 5_000, "baseline"),  # a new counter, preset
        (9, 5_007, "cumulative"),
        (10, 7, "cumulative"),  # a rise of half the counter and more is no roll-over: a reset
    ):
        log.add(
            "production_counter",
            0,
            work_unit_id="U1",
            counter="good",
            occurred_at=at(log, hour),
            value=value,
            reading_kind=kind,
            rolls_over_at=10_000,
            order_id="O1",
        )
    state(log, 14, 0, "off")
    (shift,) = truth_of(log).machine_shifts
    assert shift["good_qty"] == 30 + 7 + 7


def test_an_order_is_taken_from_the_event_then_the_confirmation_then_the_schedule(log):
    log.rows["production_order"] = []
    log.add(
        "production_order",
        0,
        order_id="O1",
        plant_id="P1",
        item_id="BOLT",
        status="released",
        planned_start_at=at(log, 6),
        planned_end_at=at(log, 12),
    )
    state(log, 6, 0, "idle")
    state(log, 10, 0, "idle", order_id="O9")
    state(log, 11, 0, "idle")
    state(log, 14, 0, "off")
    confirm(log, order_id="O2", start_at=at(log, 8), end_at=at(log, 10, 30))
    (shift,) = unit_times(log, None)["U1"].shifts
    told: dict[object, int] = defaultdict(int)
    for part in shift.slices:
        told[part.order_id, part.operation_no, part.order_source] += part.lasts // MINUTE
    assert told == {
        ("O1", "10", "schedule"): 2 * 60 + 60,
        ("O2", "10", "confirmation"): 2 * 60,
        ("O9", None, "event"): 60,
        (None, None, None): 2 * 60,
    }
    assert shift.order_execution == 3 * HOUR  # a schedule is a plan


def test_losses_and_good_pieces_fill_the_planned_busy_time(log):
    log.add("reason", 0, reason_id="JAM", name="Jam", loss_category="external")
    log.add("reason", 0, reason_id="START", name="Start-up", loss_category="startup_reject")
    state(log, 6, 0, "setup", order_id="O1")
    state(log, 7, 0, "producing", order_id="O1")  # two hours up to the break
    state(log, 9, 30, "down", reason_id="JAM")
    state(log, 10, 0, "down")
    state(log, 10, 4, "idle")  # four minutes: a minor stop; the longer idle time is nobody's
    state(log, 11, 0, "down")
    state(log, 14, 0, "off")
    read(log, "good", (6, 0), (8, 200), order_id="O1")
    confirm(log, production_date=DAY_ONE, shift_id="E", scrap_qty=Decimal(3), reason_id="START")
    confirm(log, confirmation_id="CF2", production_date=DAY_ONE, shift_id="E", scrap_qty=Decimal(1))
    lost = {row["loss_category"]: row["loss_seconds"] for row in truth_of(log).losses}
    assert lost == {
        "setup": 3600,
        "reduced_speed": 7200 - 204 * 30,
        "startup_reject": 90,
        "production_reject": 30,
        "external": 1800,
        "minor_stop": 240,
        "unknown": 56 * 60,
        "breakdown": 3 * 3600,
    }
    assert sum(lost.values()) + 200 * 30 == Decimal("7.5") * 3600


def test_items_add_up_to_their_plants_day_and_losses_to_planned_busy_time(factory):
    truth = demo.truth_as_of(factory)
    for name in ("planned_busy_seconds", "production_seconds", "standard_produced_seconds", "standard_good_seconds"):
        by_day: dict[object, Decimal] = defaultdict(Decimal)
        for item in truth.item_days:
            by_day[item["plant_id"], item["production_date"]] += item[name] or 0
        for day in truth.plant_days:
            assert by_day[day["plant_id"], day["production_date"]] == day[name]
    lost: dict[object, Decimal] = defaultdict(Decimal)
    for loss in truth.losses:
        lost[loss["work_unit_id"], loss["production_date"], loss["shift_id"]] += loss["loss_seconds"]
    complete = [
        s for s in truth.machine_shifts if s["busy_seconds"] is not None and s["standard_good_seconds"] is not None
    ]
    for shift in complete:
        place = (shift["work_unit_id"], shift["production_date"], shift["shift_id"])
        assert lost[place] + shift["standard_good_seconds"] == shift["planned_busy_seconds"], place
    assert len(complete) > 2000


def test_the_factory_has_every_habit_that_the_figures_must_stand(factory):
    """Roll-overs, replaced counters, stops written down over what the machine said, orders known from plans alone."""
    kinds = {row[4] for _, row in factory.log.rows["production_counter"]}
    assert kinds == {"cumulative", "increment", "baseline"}
    units = unit_times(factory.log, None)
    overlapping = {
        unit_id
        for unit_id, unit in units.items()
        for one, other in pairwise(sorted({span.event for span in unit.spans}, key=lambda event: event.start))
        if other.start < one.end
    }
    assert overlapping == {"P1-ASSY-1", "P2-PACK-2"}
    sources = {part.order_source for unit in units.values() for shift in unit.shifts for part in shift.slices}
    assert sources == {"event", "confirmation", "schedule", None}


def test_a_day_of_measurements_is_the_plant_s_and_bad_values_are_left_out(log):
    log.add("plant", 0, plant_id="P1", time_zone="Europe/Berlin")
    for hour, value, quality in ((22, "1.5", None), (23, "2", "uncertain"), (24, "-999", "bad"), (25, "4", "good")):
        log.add(
            "process_measurement",
            0,
            work_unit_id="U1",
            tag="bath",
            occurred_at=at(log, hour),
            value=Decimal(value),
            quality=quality,
        )
    assert [list(day.values())[3:] for day in truth_of(log).tag_days] == [
        [date(2026, 2, 9), 1, Decimal("1.5"), Decimal("2.25"), Decimal("1.5"), Decimal("1.5")],
        [date(2026, 2, 10), 2, 6, 20, 2, 4],  # midnight is at 23:00 UTC
    ]
