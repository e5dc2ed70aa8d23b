"""The walk of one hand-worked company: what cannot be flexed, other versions, the year, the group's currency, signs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from cost.standards.delivered import Delivery, built, rows_of

from finance.budget.works import Works, budget, post
from settings.configuration import Costing, CostingChoices
from settings.home import Home

COSTING = Costing(
    budget_version="PLAN",
    group_currency_code="USD",
    companies={"TURNED": CostingChoices(budget_version="PLAN", group_currency_code="CHF")},
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    delivery = Delivery()
    works = Works(good=100, hours_per_unit=2, worked_hours=220, fixed_rate=10, fixed_amount=2_500)
    works.deliver(delivery, "WALK")
    # January is over, March is posted up to its last day, April is planned only.
    post(delivery, "WALK", "7000", 100, period_id="2026-01", posting_date=date(2026, 1, 31))
    post(delivery, "WALK", "7000", Decimal("130.05"))
    post(delivery, "WALK", "7000", 7, cost_center_id="")
    for period, amount in (("2026-01", 120), ("2026-03", 120), ("2026-04", 150)):
        budget(delivery, "WALK", "7000", amount, period_id=period)
        budget(delivery, "WALK", "7000", amount + 10, period_id=period, version_id="FORECAST")
    budget(delivery, "WALK", "5200", 1_500)
    budget(delivery, "WALK", "5400", 501)
    budget(delivery, "WALK", "5100", 1_000, behaviour="variable", driver="machine_hours", driver_qty=250)
    budget(delivery, "WALK", "5000", 640, behaviour="variable")
    post(delivery, "WALK", "5000", 700)
    budget(delivery, "WALK", "6000", 90, behaviour="variable", driver="material", driver_qty=90)
    delivery.add("cost_center", "WALK", cost_center_id="Q", plant_id="P", name="Quality", kind="overhead")
    budget(delivery, "WALK", "5100", 50, cost_center_id="Q", behaviour="variable", driver="units", driver_qty=50)
    post(delivery, "WALK", "5300", 40)
    post(delivery, "WALK", "5300", -30, cost_center_id="Q")
    for valid_from, rate in ((date(2026, 1, 1), "1.1"), (date(2026, 3, 31), "1.123456789")):
        delivery.add("exchange_rate", "WALK", from_currency_code="EUR", to_currency_code="USD", rate_type="average",
            valid_from=valid_from, rate=rate)  # fmt: skip
    Works(good=1, hours_per_unit=1, worked_hours=1).deliver(delivery, "TURNED")
    for account in ("5000", "5100", "7000"):
        budget(delivery, "TURNED", account, -100)
        budget(delivery, "TURNED", account, 100, version_id="GOOD")
        post(delivery, "TURNED", account, 90)
    Works(good=1, hours_per_unit=1, worked_hours=1, fixed_amount=5).deliver(delivery, "PLANLESS")
    models = ("budget_walk", "int_budget_proof", "int_budget_finding", "int_cost_center_proof", "cost_center_variance")
    return built(tmp_path_factory.mktemp("walk") / "home", delivery, models, COSTING)


def line(home: Home, account: str, columns: str, period: str = "2026-03", **other: str) -> tuple[Any, ...]:
    """The columns of one line of the walk."""
    asked = {"company_id": "WALK", "cost_center_id": "K", "budget_version_id": "PLAN"} | other
    where = " and ".join(f"{column} = '{value}'" for column, value in asked.items())
    [row] = rows_of(home, f"""select {columns} from finance.budget_walk
        where {where} and account_id = '{account}' and period_id = '{period}'""")  # fmt: skip
    return tuple(row.values())


VARIANCES = ", ".join(f"{name}_variance_amount" for name in ("activity", "efficiency", "rate", "spending", "undivided"))


def test_a_fixed_line_has_only_spending(home: Home) -> None:
    assert line(home, "7000", f"static_amount, {VARIANCES}, walk_status") == (
        *(120, 0, 0, 0, Decimal("10.05"), 0),
        "known",
    )


def test_a_variable_line_is_flexed_by_hours(home: Home) -> None:
    """1,000 for 250 hours; 200 were due and 220 taken, and nothing was posted."""
    columns = f"static_amount, flexed_amount, actual_amount, {VARIANCES}"
    assert line(home, "5100", columns) == (1_000, 800, 0, -200, 80, 0, -880, 0)


def test_a_line_that_cannot_be_flexed_keeps_its_difference_whole_and_says_why(home: Home) -> None:
    columns = f"flexed_amount, {VARIANCES}, walk_status"
    assert line(home, "5000", columns) == (
        *(None, None, None, None, None, 60),
        "not flexed: the budget names no driver or no quantity of it",
    )
    assert line(home, "6000", columns) == (
        *(None, None, None, None, None, -90),
        "not flexed: material is not delivered",
    )


def test_a_cost_center_where_nothing_is_made_follows_its_plant(home: Home) -> None:
    columns = "actual_driver_qty, flexed_amount, activity_variance_amount"
    assert line(home, "5100", columns, cost_center_id="Q") == (100, 100, 50)


def test_what_was_not_budgeted_is_there_with_nothing_planned(home: Home) -> None:
    assert line(home, "5300", f"static_amount, {VARIANCES}, walk_status") == (0, 0, 0, 0, 40, 0, "not budgeted")
    [row] = rows_of(home, """select actual_amount, plant_id, walk_status from finance.budget_walk
        where company_id = 'WALK' and cost_center_id is null and budget_version_id = 'PLAN'
            and period_id = '2026-03'""")  # fmt: skip
    assert row == {"actual_amount": 7, "plant_id": None, "walk_status": "not budgeted"}


def test_the_year_to_date_the_whole_year_and_its_outlook(home: Home) -> None:
    columns = "ytd_static_amount, ytd_actual_amount, full_year_static_amount, full_year_outlook_amount, is_forecast"
    outlook = 100 + Decimal("130.05") + 150
    assert line(home, "7000", columns) == (240, Decimal("230.05"), 390, outlook, False)
    assert line(home, "7000", columns, budget_version_id="FORECAST") == (
        *(260, Decimal("230.05"), 420, outlook + 10),
        True,
    )
    assert line(home, "7000", f"actual_amount, {VARIANCES}, ytd_actual_amount", "2026-04") == (None,) * 7


def test_absorbed_overhead_is_shared_to_fixed_lines_by_their_budget(home: Home) -> None:
    """2,200 absorbed against 2,001 budgeted: three quarters and a bit of it are the first line's."""
    first, second = (line(home, account, "volume_variance_amount")[0] for account in ("5200", "5400"))
    assert (first, second) == (1_500 - Decimal("1649.18"), 501 - Decimal("550.82"))
    assert first + second == 2_001 - 2_200


def test_the_group_sees_the_rate_of_the_last_day_and_what_rounding_added(home: Home) -> None:
    actual, exact = Decimal("146.11"), Decimal("130.05") * Decimal("1.123456789")
    columns = "group_actual_amount, group_static_amount, group_exchange_rate_type, group_rounding_amount"
    assert line(home, "7000", columns) == (actual, Decimal("134.81"), "average", actual - exact)
    assert line(home, "7000", "group_actual_amount", "2026-01") == (110,)


def test_every_identity_of_the_walk_and_the_cost_centers_holds(home: Home) -> None:
    """But one that is about the ledger's own lines: each allocation has one side here."""
    proofs = rows_of(home, """select identity_id, sum(abs(left_value - right_value)) as gap
        from (select * from scratch.intermediate.int_budget_proof
              union all select * from scratch.intermediate.int_cost_center_proof)
        group by all""")  # fmt: skip
    gaps = {row["identity_id"]: row["gap"] for row in proofs}
    assert gaps.pop("I11.ALLOCATION") == 70
    assert set(gaps) == {
        *("I9.WALK", "I9.LEDGER", "I9.BUDGET", "I12.GROUP"),
        *("I6.OVERHEAD", "I6.LABOUR", "I6.APPLIED", "I2.VOLUME"),
    }
    assert set(gaps.values()) == {0}


def test_a_budget_with_turned_signs_is_found_valued_and_not_turned(home: Home) -> None:
    found = rows_of(home, """select company_id, finding, subject, finding_count, finding_amount
        from scratch.intermediate.int_budget_finding order by all""")  # fmt: skip
    assert {(row["company_id"], row["finding"], row["subject"]): row["finding_amount"] for row in found} == {
        ("WALK", "allocation_leaves_balance", "Q/2026-03"): 30,
        ("WALK", "allocation_not_balanced", "2026-03"): 10,
        ("WALK", "budget_driver_not_delivered", "PLAN"): 90,
        ("WALK", "budget_without_driver", "PLAN"): 640,
        ("TURNED", "budget_sign_turned", "PLAN/expense"): 300,
        ("TURNED", "group_rate_missing", "EUR/CHF"): 2 * 270,
        ("PLANLESS", "budget_version_not_delivered", "PLAN"): None,
        ("PLANLESS", "group_rate_missing", "EUR/USD"): 5,
    }
    assert line(home, "7000", "static_amount, spending_variance_amount, group_actual_amount", company_id="TURNED") == (
        *(-100, 190),
        None,
    )


def test_a_company_without_a_budget_still_shows_its_actuals(home: Home) -> None:
    [row] = rows_of(home, """select budget_version_id, static_amount, actual_amount, walk_status
        from finance.budget_walk where company_id = 'PLANLESS' and account_id = '5200'""")  # fmt: skip
    assert row == {
        "budget_version_id": None,
        "static_amount": None,
        "actual_amount": 5,
        "walk_status": "not available: no budget is delivered",
    }
    leaves = rows_of(home, """select leaf_code, amount from cost.cost_center_variance
        where company_id = 'PLANLESS' and leaf_code like 'FOH.%' order by all""")  # fmt: skip
    assert {row["leaf_code"]: row["amount"] for row in leaves} == {"FOH.SPEND": None, "FOH.UNSPLIT": 5}
