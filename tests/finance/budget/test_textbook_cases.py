"""Published cases of standard costing, through the real ingest and models: cost centers and the budget walk.

Sources of the cases: Alpha (paperzz 8483488), idle time and fixed overhead (OpenTuition), Jayco (P1 workbook), AAT,
Certified Containers (Balatbat, chapter 15), basiccollegeaccounting. + is unfavourable.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from cost.standards.delivered import Delivery, built, rows_of

from finance.budget.works import Works, budget, post
from settings.configuration import Costing, CostingChoices
from settings.home import Home

ALPHA = Works(
    good=9_600,
    hours_per_unit=4,
    worked_hours=43_200,
    labour_rate=10,
    variable_rate=8,
    fixed_rate=7,
    paid_hours=43_200,
    paid_amount=475_200,
    variable_amount=288_000,
    fixed_amount=290_000,
    budgeted_fixed_amount=280_000,
    budgeted_hours=40_000,
)
CASES: dict[str, tuple[Works, dict[str, int]]] = {
    "ALPHA": (
        ALPHA,
        {
            "LAB.RATE": 43_200,
            "LAB.IDLE": 0,
            "VOH.SPEND": -57_600,
            "VOH.EFF": 38_400,
            "FOH.SPEND": 10_000,
            "FOH.CAP": -22_400,
            "FOH.EFF": 33_600,
            "FOH.VOL": 11_200,
        },
    ),
    "IDLE": (
        Works(good=8_900, hours_per_unit=5, worked_hours=44_100, labour_rate=5, paid_hours=45_400, paid_amount=224_515),
        {"LAB.RATE": -2_485, "LAB.IDLE": 6_500},
    ),
    "CAPACITY": (
        Works(
            good=8_900,
            hours_per_unit=5,
            worked_hours=44_100,
            fixed_rate=3,
            fixed_amount=0,
            budgeted_fixed_amount=130_500,
            budgeted_hours=43_500,
        ),
        {"FOH.CAP": -1_800, "FOH.EFF": -1_200, "FOH.VOL": -3_000},
    ),
    "EXPECTED": (
        Works(
            good=1_000,
            hours_per_unit=Decimal("7.6"),
            worked_hours=7_740,
            labour_rate=6,
            idle_ratio=Decimal("0.05"),
            paid_hours=8_200,
            paid_amount=50_020,
        ),
        {"LAB.RATE": 3_280, "LAB.IDLE": 300},
    ),
    "JAYCO": (
        Works(
            good=1_100,
            hours_per_unit=4,
            worked_hours=4_180,
            fixed_rate=3,
            fixed_amount=11_600,
            budgeted_fixed_amount=12_000,
            budgeted_hours=4_000,
        ),
        {"FOH.SPEND": -400, "FOH.CAP": -540, "FOH.EFF": -660},
    ),
    "AAT": (
        Works(
            good=4_000,
            hours_per_unit=10,
            worked_hours=43_000,
            fixed_rate=1,
            fixed_amount=55_000,
            budgeted_fixed_amount=50_000,
            budgeted_hours=50_000,
        ),
        {"FOH.SPEND": 5_000, "FOH.CAP": 7_000, "FOH.EFF": 3_000},
    ),
    "CONTAINERS": (
        Works(
            good=50_000,
            hours_per_unit=Decimal("0.1"),
            worked_hours=6_000,
            labour_rate=15,
            variable_rate=5,
            paid_hours=6_000,
            paid_amount=84_000,
            variable_amount=28_000,
            fixed_amount=83_000,
            budgeted_fixed_amount=80_000,
        ),
        {"LAB.RATE": -6_000, "VOH.SPEND": -2_000, "VOH.EFF": 5_000, "FOH.SPEND": 3_000},
    ),
    "STANDARD": (
        Works(
            good=180,
            hours_per_unit=20,
            worked_hours=4_050,
            variable_rate=Decimal("2.25"),
            fixed_rate=4,
            variable_amount=3_400,
            fixed_amount=16_000,
            budgeted_fixed_amount=16_000,
            budgeted_hours=4_000,
            absorbed_hours=3_600,
        ),
        {"FOH.VOL": 1_600, "FOH.CAP": -200, "FOH.EFF": 1_800},
    ),
}
ON_STANDARD_HOURS = Costing(companies={"STANDARD": CostingChoices(absorption_base="standard_hours")})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """All cases as companies; Alpha also sells, buys and budgets what its whole profit is made of."""
    delivery = Delivery()
    for name, (works, _) in CASES.items():
        works.deliver(delivery, name)
    of_alpha: list[tuple[str, int, int, str, int]] = [
        ("8000", -3_000_000, -2_976_000, "units", 10_000),
        ("6000", 600_000, 595_200, "material", 600_000),
        ("5000", 400_000, 475_200, "labour_hours", 40_000),
        ("5100", 320_000, 288_000, "machine_hours", 40_000),
    ]
    for account, planned, actual, driver, driver_qty in of_alpha:
        budget(delivery, "ALPHA", account, planned, behaviour="variable", driver=driver, driver_qty=driver_qty)
        if account not in ("5000", "5100"):
            post(delivery, "ALPHA", account, actual)
    delivery.item("ALPHA", "R", base_uom="KG")
    delivery.standard("ALPHA", "R", 12, date(2026, 1, 1))
    delivery.standard("ALPHA", "I", 60, date(2026, 1, 1))
    delivery.add(
        "goods_movement",
        "ALPHA",
        movement_id="G",
        movement_type="issue",
        plant_id="P",
        item_id="R",
        order_id="O",
        qty=52_800,
        uom="KG",
        posting_date=date(2026, 3, 10),
    )
    models = ("cost_center_variance", "budget_walk", "int_cost_center_proof", "int_budget_proof", "int_budget_finding")
    return built(tmp_path_factory.mktemp("textbook") / "home", delivery, models, ON_STANDARD_HOURS)


@pytest.fixture(scope="module")
def leaves(home: Home) -> Callable[[str], dict[str, Decimal]]:
    def of(company: str) -> dict[str, Decimal]:
        sql = f"select leaf_code, amount from cost.cost_center_variance where company_id = '{company}'"
        return {row["leaf_code"]: row["amount"] for row in rows_of(home, sql)}

    return of


@pytest.mark.parametrize("name", CASES)
def test_every_leaf_is_the_published_one(leaves: Callable[[str], dict[str, Decimal]], name: str) -> None:
    expected = CASES[name][1]
    assert {code: amount for code, amount in leaves(name).items() if code in expected} == expected


@pytest.mark.parametrize(
    ("company", "total"), [("ALPHA", -57_600 + 10_000 - 22_400), ("STANDARD", -3_100), ("AAT", 5_000 + 7_000)]
)
def test_the_leaves_add_up_to_what_the_ledger_left_unabsorbed(home: Home, company: str, total: int) -> None:
    """Absorbed on actual hours, efficiency stands in the orders; on standard hours it belongs to the cost center."""
    [row] = rows_of(
        home,
        f"""select sum(amount) as amount from cost.cost_center_variance
        where company_id = '{company}' and leaf_scope = 'cost_center' and account_role = 'overhead_absorbed'""",
    )
    assert row["amount"] == total
    [ledger] = rows_of(
        home,
        f"""select sum(amount) as amount from scratch.intermediate.int_budget_actual
        where company_id = '{company}' and account_role like '%overhead%'""",
    )
    assert ledger["amount"] == total


def test_every_identity_holds(home: Home) -> None:
    proofs = rows_of(
        home,
        """select identity_id, count(*) as compared, sum(abs(left_value - right_value)) as gap
        from (select * from scratch.intermediate.int_cost_center_proof
              union all select * from scratch.intermediate.int_budget_proof) group by all""",
    )
    assert {row["identity_id"] for row in proofs} >= {"I6.OVERHEAD", "I6.LABOUR", "I6.APPLIED", "I2.VOLUME", "I9.WALK"}
    assert [row for row in proofs if row["gap"] != 0] == []


def test_from_the_budgeted_profit_of_alpha_to_the_actual_one(home: Home) -> None:
    """1,400,000 less 56,000 of volume, 96,000 better prices and 112,400 of cost: 1,327,600."""
    rows = rows_of(
        home,
        """select account_id, static_amount, flexed_amount, actual_amount, activity_variance_amount,
        efficiency_variance_amount, rate_variance_amount, spending_variance_amount, volume_variance_amount
        from finance.budget_walk where company_id = 'ALPHA' and account_id not in ('5900', '5950')""",
    )
    walk = {row.pop("account_id"): list(row.values()) for row in rows}
    assert walk == {
        "8000": [-3_000_000, -2_880_000, -2_976_000, 120_000, 0, -96_000, 0, None],
        "6000": [600_000, 576_000, 595_200, -24_000, 57_600, -38_400, 0, None],
        "5000": [400_000, 384_000, 475_200, -16_000, 48_000, 43_200, 0, None],
        "5100": [320_000, 307_200, 288_000, -12_800, 38_400, 0, -57_600, None],
        "5200": [280_000, 280_000, 290_000, 0, 0, 0, 10_000, -22_400],
    }
    profit = [-sum(column) for column in zip(*(amounts[:7] for amounts in walk.values()), strict=True)]
    static, _, actual, activity, efficiency, rate, spending = profit
    assert (static, actual) == (1_400_000, 1_327_600)
    # What the textbook calls volume leaves out the fixed overhead of 400 pieces, 28 each: here that is FOH.VOL.
    assert activity + 400 * 28 == -56_000
    assert static + activity + efficiency + rate + spending == actual
