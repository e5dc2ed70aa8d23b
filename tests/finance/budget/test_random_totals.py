"""Random companies: each line of the walk and each leaf of a cost center against a calculation of its own in Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

import pytest
from cost.standards.delivered import Delivery, built, rows_of

from finance.budget.works import chart
from settings.configuration import Costing

MONTHS = ("2026-01", "2026-02", "2026-03")
VERSIONS = ("PLAN", "FORECAST")
CENTERS = ("K1", "K2")
COMPANIES = tuple(f"R{number}" for number in range(8))
VARIABLE, FIXED, ABSORBED = "5100", ("5200", "5400", "5300"), "5950"
ZERO = Decimal(0)


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


class Drawn:
    """One company: what is delivered, and the sums that its marts must show."""

    def __init__(self, to: Delivery, company: str, random: Random) -> None:
        self.company = company
        self.machine: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        self.standard: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        self.units: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        self.absorbed: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        self.carried: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        self.actual: dict[tuple[str, str, str], Decimal] = defaultdict(lambda: ZERO)
        self.budget: dict[tuple[str, str, str, str], dict[str, Any]] = {}
        to.company(company)
        to.item(company, "I", "finished")
        chart(to, company)
        for center in CENTERS:
            self._center(to, center, random)
        self._books(to, random)

    def _center(self, to: Delivery, center: str, random: Random) -> None:
        company = self.company
        to.add("cost_center", company, cost_center_id=center, plant_id="P", name=center, kind="production")
        to.add("work_center", company, work_center_id=f"W{center}", plant_id="P", cost_center_id=center, name=center)
        to.add("work_unit", company, work_unit_id=f"M{center}", work_center_id=f"W{center}", plant_id="P", name=center)
        rates = {
            kind: Decimal(random.randint(100, 9_999)) / 100
            for kind in ("labour", "variable_overhead", "fixed_overhead")
        }
        for activity, rate in rates.items():
            to.add("activity_rate", company, cost_center_id=center, activity=activity, rate_type="planned",
                valid_from=date(2026, 1, 1), hourly_amount=rate, currency_code="EUR")  # fmt: skip
        item = f"I{center}"
        to.item(company, item, "finished")
        seconds = 36 * random.randint(1, 50)
        to.add("routing_operation", company, item_id=item, plant_id="P", version_id="1", operation_no=10,
            work_center_id=f"W{center}", run_seconds_per_unit=seconds, base_qty=1)  # fmt: skip
        for number in range(random.randint(2, 5)):
            self._order(to, center, f"{center}-{number}", item, seconds, rates, random)

    def _order(
        self, to: Delivery, center: str, order: str, item: str, seconds: int, rates: dict[str, Decimal], random: Random
    ) -> None:
        to.add("production_order", self.company, order_id=order, plant_id="P", item_id=item, order_type="standard",
            planned_qty=100, uom="PC", status="completed")  # fmt: skip
        to.add("order_operation", self.company, order_id=order, operation_no=10, work_center_id=f"W{center}")
        good_in: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for number in range(random.randint(1, 4)):
            day = date(2026, 1, 1) + timedelta(days=random.randrange(90))
            good, worked = Decimal(random.randint(0, 60)), 36 * random.randint(1, 900)
            to.add("confirmation", self.company, confirmation_id=f"{order}-{number}", order_id=order, operation_no=10,
                plant_id="P", work_unit_id=f"M{center}", posting_date=day, good_qty=good, scrap_qty=0,
                machine_seconds=worked)  # fmt: skip
            at = (center, f"{day:%Y-%m}")
            hours = Decimal(worked) / 3600
            self.machine[at] += hours
            self.units[at] += good
            self.carried[at] += cents(hours * rates["variable_overhead"])
            self.absorbed[at] += cents(hours * rates["fixed_overhead"])
            good_in[at[1]] += good
        for month, good in good_in.items():
            self.standard[center, month] += good * seconds / 3600

    def _books(self, to: Delivery, random: Random) -> None:
        for center in CENTERS:
            for month in MONTHS:
                day = (date.fromisoformat(f"{month}-28") + timedelta(days=4)).replace(day=1) - timedelta(days=1)
                amounts = {
                    account: Decimal(random.randint(-1_000, 900_000)) / 100
                    for account in (VARIABLE, *FIXED)
                    if random.random() < 0.8
                }
                amounts[ABSORBED] = -self.absorbed[center, month] - self.carried[center, month]
                for account, amount in amounts.items():
                    self.actual[center, account, month] += amount
                    to.add("ledger_posting", self.company, document_id=f"{center}{month}{account}", line_no=1,
                        account_id=account, cost_center_id=center, posting_date=day, period_id=month, amount=amount,
                        currency_code="EUR")  # fmt: skip
                for version in VERSIONS:
                    for account in (VARIABLE, *FIXED):
                        if random.random() < 0.8:
                            self._budget(to, (center, account, month, version), random)

    def _budget(self, to: Delivery, key: tuple[str, str, str, str], random: Random) -> None:
        center, account, month, version = key
        line: dict[str, Any] = {"amount": Decimal(random.randint(1, 900_000)) / 100, "behaviour": "fixed"}
        if account == VARIABLE:
            driver = random.choice(["machine_hours", "units"])
            line |= {"behaviour": "variable", "driver": driver, "driver_qty": Decimal(random.randint(1, 5_000)) / 10}
        self.budget[key] = line
        to.add("budget", self.company, version_id=version, cost_center_id=center, account_id=account, period_id=month,
            currency_code="EUR", **line)  # fmt: skip

    def walk(self, key: tuple[str, str, str, str]) -> tuple[Decimal, ...]:
        """Static, flexed and actual amount, and the efficiency between flexed and actual, of a line."""
        center, account, month, _ = key
        line = self.budget.get(key)
        actual = self.actual[center, account, month]
        if line is None or line["behaviour"] == "fixed":
            static = line["amount"] if line else ZERO
            return static, static, actual, ZERO
        at = (center, month)
        used, due = (
            (self.machine[at], self.standard[at])
            if line["driver"] == "machine_hours"
            else (self.units[at], self.units[at])
        )
        flexed, at_used = (cents(line["amount"] * qty / line["driver_qty"]) for qty in (due, used))
        return line["amount"], flexed, actual, at_used - flexed

    def leaves(self, center: str, month: str) -> dict[str, Decimal | None]:
        """The leaves of the cost center's overhead."""
        at = (center, month)
        planned = {account: self.budget.get((center, account, month, "PLAN")) for account in FIXED}
        known = [line["amount"] for line in planned.values() if line]
        primary = sum((line["amount"] for name, line in planned.items() if line and name != "5300"), ZERO)
        allocated = self.actual[center, "5300", month]
        posted = sum((self.actual[center, account, month] for account in FIXED), ZERO)
        if not known:
            return {"VOH.SPEND": self.actual[center, VARIABLE, month] - self.carried[at],
                "FOH.UNSPLIT": posted - self.absorbed[at]}  # fmt: skip
        budgeted = sum(known, ZERO)
        return {
            "VOH.SPEND": self.actual[center, VARIABLE, month] - self.carried[at],
            "FOH.SPEND": posted - allocated - primary,
            "FOH.ALLOC": allocated - (budgeted - primary),
            "FOH.CAP": budgeted - self.absorbed[at],
        }


@pytest.fixture(scope="module")
def built_companies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, list[Drawn]]:
    delivery = Delivery()
    random = Random(20_260_331)
    companies = [Drawn(delivery, company, random) for company in COMPANIES]
    models = ("budget_walk", "cost_center_variance", "int_budget_proof", "int_cost_center_proof")
    home = built(tmp_path_factory.mktemp("random") / "home", delivery, models, Costing(budget_version="PLAN"))
    return home, companies


def test_every_line_of_the_walk_is_what_python_says(built_companies: tuple[Any, list[Drawn]]) -> None:
    home, companies = built_companies
    drawn = {company.company: company for company in companies}
    rows = rows_of(home, "select * from finance.budget_walk")
    assert len(rows) > 200
    seen = set()
    for row in rows:
        company = drawn[row["company_id"]]
        key = tuple(row[name] for name in ("cost_center_id", "account_id", "period_id", "budget_version_id"))
        seen.add((company.company, *key))
        static, flexed, actual, efficiency = company.walk(key)
        assert (row["static_amount"], row["flexed_amount"], row["actual_amount"]) == (static, flexed, actual), key
        assert row["activity_variance_amount"] == flexed - static
        assert row["efficiency_variance_amount"] == efficiency
        assert row["spending_variance_amount"] == actual - flexed - efficiency
        until = [company.walk((*key[:2], month, key[3])) for month in MONTHS if month <= key[2]]
        assert (row["ytd_static_amount"], row["ytd_flexed_amount"], row["ytd_actual_amount"]) == tuple(
            sum(amounts) for amounts in list(zip(*until, strict=True))[:3]
        )
    assert seen >= {(company.company, *key) for company in companies for key in company.budget}


def test_every_leaf_is_what_python_says(built_companies: tuple[Any, list[Drawn]]) -> None:
    home, companies = built_companies
    rows = rows_of(home, """select * from cost.cost_center_variance
        where leaf_scope = 'cost_center' and amount <> 0""")  # fmt: skip
    found: dict[tuple[str, str, str], dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        found[row["company_id"], row["cost_center_id"], row["period_id"]][row["leaf_code"]] = row["amount"]
    for company in companies:
        for center in CENTERS:
            for month in MONTHS:
                told = {code: amount for code, amount in company.leaves(center, month).items() if amount}
                assert found[company.company, center, month] == told, (company.company, center, month)


def test_the_ledger_closes_on_both_sides(built_companies: tuple[Any, list[Drawn]]) -> None:
    home, companies = built_companies
    [row] = rows_of(home, """select sum(amount) as amount from cost.cost_center_variance
        where leaf_scope = 'cost_center'""")  # fmt: skip
    assert row["amount"] == sum((sum(company.actual.values()) for company in companies), ZERO)
    gaps = rows_of(home, """select identity_id from (
            select * from scratch.intermediate.int_budget_proof
            union all select * from scratch.intermediate.int_cost_center_proof)
        where left_value <> right_value and identity_id <> 'I11.ALLOCATION'""")  # fmt: skip
    assert gaps == []
