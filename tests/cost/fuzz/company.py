"""One invented company: how it costs, and the rows that its systems deliver but for the general ledger.

The ledger is written by the bookkeeper from these rows, so that a company from which rows are taken away still has
books that belong to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from efficiency.case import Facts, Row

CURRENCY = "EUR"
DEFAULT_CHOICES = {
    "price_variance_at": "purchase",
    "joint_variance": "price",
    "mix_method": "individual_price",
    "absorption_base": "actual_hours",
    "wip_valuation": "actual",
    "exchange_rate_type": "daily",
}
STOCK_ROLES = {
    "raw": "raw_material",
    "consumable": "raw_material",
    "packaging": "packaging",
    "semi_finished": "semi_finished_goods",
    "by_product": "semi_finished_goods",
    "finished": "finished_goods",
}
"""The stock account of an item by its type, where the company has one of that role."""
WHERE_THERE_IS_NONE = {"packaging": "raw_material", "semi_finished_goods": "finished_goods"}


@dataclass(frozen=True)
class Company:
    """A company's clock, its choices of costing, and its rows; every key stands once."""

    zone: str
    choices: Mapping[str, str] = field(default_factory=lambda: DEFAULT_CHOICES)
    rows: tuple[Row, ...] = ()
    ledger: tuple[Row, ...] | None = None
    """Written by hand; None where the bookkeeper writes it."""

    @property
    def row_count(self) -> int:
        return len(self.rows)

    def without(self, dropped: set[int]) -> Company:
        """The company without the rows of these numbers."""
        return replace(self, rows=tuple(row for at, row in enumerate(self.rows) if at not in dropped))

    def with_row(self, at: int, **changed: Any) -> Company:
        """The company with row number `at` changed."""
        rows = list(self.rows)
        rows[at] = Row(rows[at].dataset, {**rows[at].values, **changed})
        return replace(self, rows=tuple(rows))

    @property
    def facts(self) -> Facts:
        """The rows by dataset."""
        found: Facts = defaultdict(list)
        for row in self.rows:
            found[row.dataset].append(dict(row.values))
        return found


def month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def period_of(facts: Facts, day: date) -> tuple[str, date, date]:
    """The fiscal period of a posting date: its name, its first and its last day."""
    for period in facts["fiscal_period"]:
        if period["start_date"] <= day <= period["end_date"]:
            return period["period_id"], period["start_date"], period["end_date"]
    return f"{day:%Y-%m}", day.replace(day=1), month_end(day)


def stock_role(facts: Facts, item_id: str) -> str:
    """The role of the account that holds the item's stock."""
    roles = {account["role"] for account in facts["account"]}
    if "inventory" in roles:
        return "inventory"
    [item_type] = [item["item_type"] for item in facts["item"] if item["item_id"] == item_id]
    role = STOCK_ROLES[item_type]
    return role if role in roles else WHERE_THERE_IS_NONE[role]
