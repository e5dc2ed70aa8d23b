"""One night over a real finance warehouse: the budget walk is what direct sums over its files say.

Everything expected is computed here from the delivered files, in decimals, without the product.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.slow

TIEOUT_YML = """
sources: [{{name: finance, system: adventureworks_dw, path: "{path}"}}]
costing: {{budget_version: Budget, group_currency_code: USD}}
"""
ZERO = Decimal(0)
FLOWS = ("Revenue", "Expenditures")
Row = dict[str, str]


@pytest.fixture(scope="module")
def table(shared_data: Path) -> Callable[[str, str], list[Row]]:
    """Reads a delivered file by its name and the names of its columns."""

    @cache
    def read(name: str, columns: str) -> list[Row]:
        with (shared_data / f"adventureworks/dw/{name}.csv").open(newline="", encoding="utf-8") as stream:
            lines = csv.reader(stream, delimiter="|", quoting=csv.QUOTE_NONE)
            return [dict(zip(columns.split(), line, strict=False)) for line in lines]

    return read


@pytest.fixture(scope="module")
def accounts(table: Callable[[str, str], list[Row]]) -> dict[str, Row]:
    return {row["key"]: row for row in table("DimAccount", "key parent code parent_code name type operator")}


@pytest.fixture(scope="module")
def facts(table: Callable[[str, str], list[Row]]) -> list[Row]:
    return table("FactFinance", "key day organization department scenario account amount")


@pytest.fixture(scope="module")
def warehouse(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """What `tieout nightly` publishes."""
    home = tmp_path_factory.mktemp("finance")
    path = shared_data / "adventureworks/dw"
    home.joinpath("tieout.yml").write_text(TIEOUT_YML.format(path=path), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("tieout")), "--home", str(home), "nightly"]
    night = subprocess.run(command, capture_output=True, text=True, check=False)
    assert night.returncode == 0, night.stdout + night.stderr
    return duckdb.connect(str(home / "published/current/warehouse.duckdb"), read_only=True)


def day_of(fact: Row) -> date:
    return date.fromisoformat(f"{fact['day'][:4]}-{fact['day'][4:6]}-{fact['day'][6:]}")


def month_of(fact: Row) -> str:
    """The month that a day near its end stands for: 1 March for February."""
    return f"{day_of(fact) - timedelta(days=14):%Y-%m}"


def amount_of(fact: Row) -> Decimal:
    """The printed figure; the file writes binary fractions."""
    return Decimal(fact["amount"]).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def test_periods_follow_the_days_that_figures_stand_on(warehouse: duckdb.DuckDBPyConnection, facts: list[Row]) -> None:
    """Thirty-seven months, whose last days drift from the 27th to the 1st of the next month."""
    last_days: dict[str, date] = {}
    for fact in facts:
        last_days[month_of(fact)] = max(day_of(fact), last_days.get(month_of(fact), date.min))
    assert (len(last_days), last_days["2011-02"], last_days["2012-12"]) == (37, date(2011, 3, 1), date(2012, 12, 28))
    stored = warehouse.sql("select distinct period_id, fiscal_year from finance.budget_walk order by 1").fetchall()
    assert [period for period, _ in stored] == sorted(last_days)
    years = dict(stored)
    assert len(years) == len(stored)
    # From July to June, called after the June; the source's own FiscalYear calls two of them 2011.
    assert {period for period, year in stored if year == 2012} == {
        f"2011-{month:02d}" if month > 6 else f"2012-{month:02d}" for month in range(1, 13)
    }
    assert (years["2010-12"], years["2011-06"], years["2013-12"]) == (2011, 2011, 2014)


def test_actual_and_budget_are_the_sums_of_the_file(
    warehouse: duckdb.DuckDBPyConnection, facts: list[Row], accounts: dict[str, Row]
) -> None:
    direct: dict[str, dict[tuple[str, ...], Decimal]] = {"1": defaultdict(lambda: ZERO), "2": defaultdict(lambda: ZERO)}
    for fact in facts:
        account = accounts[fact["account"]]
        if account["type"] in FLOWS:
            key = (fact["organization"], fact["department"], account["code"], month_of(fact))
            sign = -1 if account["type"] == "Revenue" else 1
            direct[fact["scenario"]][key] += sign * amount_of(fact)
    stored = warehouse.sql("""
        select company_id, cost_center_id, account_id, period_id, actual_amount, coalesce(static_amount, 0)
        from finance.budget_walk where ledger_line_count > 0 or static_amount <> 0""").fetchall()
    actual = {key: amount for *key_, amount, _ in stored if amount for key in [tuple(key_)]}
    budget = {key: amount for *key_, _, amount in stored if amount for key in [tuple(key_)]}
    assert actual == {key: amount for key, amount in direct["1"].items() if amount}
    assert budget == {key: amount for key, amount in direct["2"].items() if amount}
    assert (len(actual), len(budget)) > (20_000, 2_000)


def test_the_walk_closes_line_by_line(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.sql("""
        select count(*) from finance.budget_walk
        where static_amount + activity_variance_amount + efficiency_variance_amount + rate_variance_amount
            + spending_variance_amount + undivided_variance_amount <> actual_amount""").fetchone() == (0,)


@pytest.mark.parametrize("code", ["4", "40", "400", "60", "5000", "80"])
def test_rolled_up_with_printed_signs_an_account_is_what_the_operators_say(
    warehouse: duckdb.DuckDBPyConnection, facts: list[Row], accounts: dict[str, Row], code: str
) -> None:
    """Here parents are plain sums of debits and credits; in the source children are added or taken off by Operator."""
    own: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for fact in facts:
        if fact["scenario"] == "1":
            own[fact["account"], month_of(fact)] += amount_of(fact)

    def by_operator(key: str, month: str) -> Decimal:
        children = [child for child in accounts.values() if child["parent"] == key]
        return own[key, month] + sum(
            ((-1 if child["operator"] == "-" else 1) * by_operator(child["key"], month) for child in children), ZERO
        )

    [key] = [key for key, account in accounts.items() if account["code"] == code]
    stored = warehouse.sql(f"""
        with recursive tree as (
            select company_id, account_id from core.dim_account where account_id = '{code}'
            union all
            select children.company_id, children.account_id from core.dim_account as children
            inner join tree
                on children.company_id = tree.company_id and children.parent_account_id = tree.account_id)
        select walk.period_id, sum(walk.actual_amount) * any_value(top.account_sign)
        from finance.budget_walk as walk
        inner join tree using (company_id, account_id)
        inner join core.dim_account as top on walk.company_id = top.company_id and top.account_id = '{code}'
        group by 1""").fetchall()
    assert len(stored) == 37
    assert dict(stored) == {month: by_operator(key, month) for month, _ in stored}


def test_the_group_sees_dollars_at_the_average_of_the_periods_last_day(
    warehouse: duckdb.DuckDBPyConnection, facts: list[Row], table: Callable[[str, str], list[Row]]
) -> None:
    currencies = {row["key"]: row["currency"] for row in table("DimOrganization", "key parent share name currency")}
    rates = {
        (row["currency"], row["day"]): Decimal(row["average"]).quantize(Decimal("1e-9"), ROUND_HALF_UP)
        for row in table("FactCurrencyRate", "currency day average closing")
    }
    last_days: dict[str, str] = {}
    for fact in facts:
        last_days[month_of(fact)] = max(fact["day"], last_days.get(month_of(fact), ""))
    stored = warehouse.sql("""
        select company_id, period_id, actual_amount, group_actual_amount, group_rounding_amount, currency_code
        from finance.budget_walk where ledger_line_count > 0""").fetchall()
    assert {row[5] for row in stored} == {"USD", "CAD", "EUR", "AUD"}
    for company, period, amount, in_dollars, rounding, _ in stored:
        exact = amount * rates[currencies[company], last_days[period]]
        assert in_dollars == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert in_dollars - rounding == exact


def test_balances_become_postings_that_add_up_to_the_last_balance(
    warehouse: duckdb.DuckDBPyConnection, facts: list[Row], accounts: dict[str, Row]
) -> None:
    """An asset of 10 and then 12 is a posting of 10 and one of 2; nothing is posted twice, nothing to statistics."""
    balances: dict[str, dict[tuple[str, str], tuple[str, Decimal]]] = defaultdict(dict)
    for fact in sorted(facts, key=day_of):
        account = accounts[fact["account"]]
        if account["type"] in ("Assets", "Liabilities"):
            sign = -1 if account["type"] == "Liabilities" else 1
            place = (fact["organization"], fact["department"])
            balances[account["code"]][place] = (fact["day"], sign * amount_of(fact))
    expected = {code: sum((amount for _, amount in of.values()), ZERO) for code, of in balances.items()}
    stored = warehouse.sql("""
        select account_id, sum(amount) from core.fct_ledger_posting
        inner join core.dim_account using (company_id, account_id)
        where account_type in ('asset', 'liability') group by 1""").fetchall()
    assert dict(stored) == expected
    statistics = {account["code"] for account in accounts.values() if account["type"] in ("Balances", "Flow")}
    assert warehouse.sql(f"""
        select count(*) from core.dim_account where account_id in ({", ".join(f"'{code}'" for code in statistics)})
    """).fetchone() == (0,)


def test_nothing_is_turned_away_and_every_identity_of_the_walk_holds(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.sql("select count(*) from meta.quarantine").fetchone() == (0,)
    proofs = warehouse.sql("select distinct identity_id, status from meta.proof where identity_id like 'I%'").fetchall()
    assert {status for _, status in proofs} <= {"holds"}
