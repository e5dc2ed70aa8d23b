"""A published build in which every table of cost and finance has rows: random companies, one of them closed and late.

The companies are those of the cost oracle's tests; nothing of the verifier had a hand in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from cost.fuzz.company import Company
from cost.fuzz.draw import drawn_companies
from cost.fuzz.warehouse import CostWarehouse, delivered_rows
from efficiency.case import Row

from dagster_project.model_project import PROJECT_FOLDER
from serving.closing import Decision, close_period
from serving.publish import publish
from serving.query import query

PUBLISHED = ("core", "cost", "finance", "efficiency", "yield", "labour", "maintenance", "meta")
SEED = 4_242


class WholeWarehouse(CostWarehouse):
    """A home in which every published table is built."""

    marts = tuple(
        file.stem for schema in PUBLISHED for file in sorted((PROJECT_FOLDER / "models" / schema).glob("*.sql"))
    )


def published_build(folder: Path, count: int = 10) -> Path:
    """Build the companies, publish, close a period of each, deliver a late change, publish again; return the build."""
    companies = [_with_group_currency(company) for company in drawn_companies(count, SEED)]
    # One of them counts price variances at use, whatever was drawn.
    companies[0] = replace(companies[0], choices={**companies[0].choices, "price_variance_at": "usage"})
    warehouse = WholeWarehouse.holding(folder, companies)
    assert isinstance(warehouse, WholeWarehouse)
    publish(warehouse.home, "first", keep_builds=2, manifest={"known_at": _last_recorded(warehouse)})
    with query(
        warehouse.home, "select distinct company_id, period_id from core.fct_order_posting order by all"
    ) as found:
        periods = list(found.rows())
    for company, period in periods:
        close_period(warehouse.home, Decision(period, company, "tests", "to see it restated", anyway=True), soft=False)
    warehouse.deliver(dict(_late_changes(companies)))
    warehouse.take_in()
    warehouse.build()
    return publish(warehouse.home, "second", keep_builds=2, manifest={"known_at": _last_recorded(warehouse)})


def _last_recorded(warehouse: CostWarehouse) -> str:
    return str(warehouse.rows("select max(recorded_at) from meta.load")[0][0].isoformat())


def _with_group_currency(company: Company) -> Company:
    rate = Row(
        "exchange_rate",
        {"from_currency_code": "EUR", "to_currency_code": "CHF", "rate_type": company.choices["exchange_rate_type"],
         "valid_from": date(2025, 1, 1), "rate": Decimal("0.943217654")},
    )  # fmt: skip
    return replace(company, choices={**company.choices, "group_currency_code": "CHF"}, rows=(*company.rows, rate))


def _late_changes(companies: list[Company]):
    """Of every company one movement of material that turns out to have been another quantity."""
    for number, company in enumerate(companies):
        moved = [
            row for row in delivered_rows(company) if row.dataset == "goods_movement" and row.values.get("order_id")
        ]
        if moved:
            values: Mapping[str, object] = {**moved[0].values, "qty": moved[0].values["qty"] + 1}
            yield number, (company.zone, [Row("goods_movement", values)])
