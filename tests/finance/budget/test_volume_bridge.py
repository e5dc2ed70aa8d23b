"""The bridge from lost machine time to the volume variance, on a shift whose figures are published (G18).

480 minutes budgeted, 440 planned, 373 producing, 19,271 pieces of a second each, 18,848 of them good, 60 an hour:
40.00 + 67.00 + 51.8167 + 7.05 = 165.8667. A loss is money in cents, so at 60 an hour 51.8167 is booked as 51.82; at
sixty times that rate every loss is a whole amount and the published figures come out to the last digit.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from cost.standards.delivered import Delivery, built, rows_of

from finance.budget.works import budget, chart, post
from settings.home import Home

DAY = date(2026, 3, 10)
MONTH = "2026-03"


def machine(to: Delivery, company: str, name: str, *, states: bool, confirmed_seconds: int) -> None:
    """Add a machine with the shift of the published case, and what was confirmed of it."""
    to.add("work_unit", company, work_unit_id=name, work_center_id="W", plant_id="P", name=name)
    to.add("shift_calendar", company, plant_id="P", work_unit_id=name, production_date=DAY, shift_id="S",
        start_at=f"{DAY}T06:00:00Z", end_at=f"{DAY}T14:00:00Z")  # fmt: skip
    to.add("planned_stop", company, plant_id="P", work_unit_id=name, start_at=f"{DAY}T13:20:00Z",
        end_at=f"{DAY}T14:00:00Z", stop_type="break")  # fmt: skip
    order = f"O-{name}"
    to.add("production_order", company, order_id=order, plant_id="P", item_id="I", order_type="standard",
        planned_qty=19_000, uom="PC", status="completed")  # fmt: skip
    to.add("order_operation", company, order_id=order, operation_no=10, work_center_id="W", work_unit_id=name)
    if states:
        told: dict[str, Any] = {"work_unit_id": name, "order_id": order, "operation_no": 10}
        to.add("machine_state", company, **told, occurred_at=f"{DAY}T06:00:00Z", state="down", reason_id="JAM")
        to.add("machine_state", company, **told, occurred_at=f"{DAY}T07:07:00Z", ended_at=f"{DAY}T13:20:00Z",
            state="producing")  # fmt: skip
    to.add("confirmation", company, confirmation_id=f"C-{name}", order_id=order, operation_no=10, plant_id="P",
        work_unit_id=name, production_date=DAY, shift_id="S", posting_date=DAY, good_qty=18_848, scrap_qty=423,
        machine_seconds=confirmed_seconds)  # fmt: skip


def company(to: Delivery, name: str, rate: int, budgeted: int, machines: list[dict[str, Any]]) -> None:
    """Add a company of one work center."""
    to.company(name)
    to.item(name, "I", "finished")
    chart(to, name)
    to.add("cost_center", name, cost_center_id="K", plant_id="P", name="Works", kind="production")
    to.add("work_center", name, work_center_id="W", plant_id="P", cost_center_id="K", name="Works")
    to.add("reason", name, reason_id="JAM", plant_id="", name="Jam", loss_category="breakdown")
    to.add("activity_rate", name, cost_center_id="K", activity="fixed_overhead", rate_type="planned",
        valid_from=date(2026, 1, 1), hourly_amount=rate, currency_code="EUR")  # fmt: skip
    to.add("routing_operation", name, item_id="I", plant_id="P", version_id="1", operation_no=10, work_center_id="W",
        run_seconds_per_unit=1, base_qty=1)  # fmt: skip
    budget(to, name, "5200", budgeted)
    post(to, name, "5200", budgeted)
    for number, told in enumerate(machines):
        machine(to, name, f"M{number}", **told)


@pytest.fixture(scope="module")
def bridges(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The bridge of each company."""
    delivery = Delivery()
    measured = {"states": True, "confirmed_seconds": 373 * 60}
    company(delivery, "DEAR", 3_600, 28_800, [measured])
    company(delivery, "PUBLISHED", 60, 480, [measured])
    company(delivery, "BOOKED", 3_600, 28_800, [measured | {"confirmed_seconds": 370 * 60}])
    company(delivery, "SILENT", 3_600, 28_800, [measured | {"states": False}])
    company(delivery, "MIXED", 3_600, 57_600, [measured, measured | {"states": False}])
    home: Home = built(tmp_path_factory.mktemp("bridge") / "home", delivery, ["volume_variance_bridge"])
    return {row["company_id"]: row for row in rows_of(home, "select * from efficiency.volume_variance_bridge")}


def losses(row: dict[str, Any]) -> list[Decimal | None]:
    return [row[f"{loss}_loss_amount"] for loss in ("schedule", "availability", "setup", "performance", "quality")]


def variances(row: dict[str, Any]) -> list[Decimal]:
    names = ("capacity_basis_difference", "efficiency_basis_difference", "capacity_variance", "efficiency_variance")
    return [row[f"{name}_amount"] for name in (*names, "volume_variance")]


def test_the_published_shift_comes_out_to_the_last_digit(bridges: dict[str, dict[str, Any]]) -> None:
    row = bridges["DEAR"]
    assert losses(row) == [40 * 60, 67 * 60, 0, 3_109, 423]
    assert [Decimal(loss) / 60 for loss in losses(row)[3:]] == [Decimal(3_109) / 60, Decimal("7.05")]
    # 107.00 of capacity and 58.8667 of efficiency, 165.8667 in all, and machines say what was booked.
    assert variances(row) == [0, 0, 107 * 60, 3_532, 9_952]
    assert [round(60 * row[name], 4) for name in ("planned_busy_hours", "production_hours")] == [440, 373]
    assert row["bridge_status"] == "known"


def test_at_the_published_rate_a_loss_is_rounded_to_cents(bridges: dict[str, dict[str, Any]]) -> None:
    row = bridges["PUBLISHED"]
    assert losses(row) == [40, 67, 0, Decimal("51.82"), Decimal("7.05")]
    assert variances(row) == [0, 0, 107, Decimal("58.87"), Decimal("165.87")]


def test_production_that_nobody_confirmed_is_no_loss(bridges: dict[str, dict[str, Any]]) -> None:
    """Three minutes of production are missing from the confirmation: capacity looks worse and efficiency better."""
    row = bridges["BOOKED"]
    assert losses(row) == losses(bridges["DEAR"])
    assert variances(row) == [180, -180, 110 * 60, 3_352, 9_952]


def test_without_states_the_schedule_is_known_and_the_rest_is_not(bridges: dict[str, dict[str, Any]]) -> None:
    row = bridges["SILENT"]
    assert losses(row) == [40 * 60, None, None, None, None]
    assert variances(row) == [67 * 60, 3_532, 107 * 60, 3_532, 9_952]
    assert row["bridge_status"] == "not available: no machine states from this source"


def test_a_machine_without_states_puts_nothing_into_the_losses_of_the_others(
    bridges: dict[str, dict[str, Any]],
) -> None:
    row = bridges["MIXED"]
    assert losses(row) == [2 * 40 * 60, 67 * 60, 0, 3_109, 423]
    assert variances(row) == [67 * 60, 3_532, 2 * 107 * 60, 2 * 3_532, 2 * 9_952]
    assert row["bridge_status"] == "incomplete: 1 of 2 machine-shifts have no machine states"
