"""Many invented companies as one home, through the real ingest and the real models of cost and finance."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from efficiency.case import Row
from efficiency.warehouse import Warehouse, company_of

from cost.fuzz.bookkeeper import ledger_of
from cost.fuzz.company import DEFAULT_CHOICES, Company
from cost.fuzz.draw import BOOKS_ONLY
from dagster_project.model_project import PROJECT_FOLDER
from settings.home import Home

MARTS = (
    *(
        "fct_order_posting",
        "int_order_period",
        "int_purchase_line",
        "int_goods_movement",
        "fct_ledger_posting",
        "fct_variance_part",
    ),
    *("order_cost", "order_variance", "wip_order_period", "purchase_price_variance", "cost_center_variance"),
    *("budget_walk", "gl_reconciliation", "reconciling_item", "proof"),
)
COSTING = "costing.json"


def delivered_rows(company: Company) -> list[Row]:
    """What the company's systems deliver: the rows, and the ledger that its bookkeeper writes from them."""
    return [*(row for row in company.rows if row.dataset not in BOOKS_ONLY), *ledger_of(company)]


class CostWarehouse(Warehouse):
    """A home whose companies are whole ones; how each costs is told to dbt as tieout.yml would tell it."""

    marts = tuple(name for name in MARTS if any((PROJECT_FOLDER / "models").rglob(f"{name}.sql")))

    @classmethod
    def holding(cls, folder: Path, companies: Sequence[Company]) -> CostWarehouse:
        """All companies, taken in at once and built in full."""
        warehouse = cls.new(folder)
        assert isinstance(warehouse, CostWarehouse)
        warehouse.deliver_companies({number: company.zone for number, company in enumerate(companies)})
        warehouse.choose({company_of(number): company.choices for number, company in enumerate(companies)})
        warehouse.deliver({number: (company.zone, delivered_rows(company)) for number, company in enumerate(companies)})
        warehouse.take_in()
        warehouse.build()
        return warehouse

    def build_beside(self) -> None:
        """Build everything of a raw store that belongs to another home, and leave its ledger alone."""
        self._build(None)

    def choose(self, choices: Mapping[str, Mapping[str, str]]) -> None:
        told = json.dumps({"": DEFAULT_CHOICES, **{company: dict(chosen) for company, chosen in choices.items()}})
        (self.home.root / COSTING).write_text(told, encoding="utf-8")

    def _run(self, arguments: list[str], told: dict[str, str]) -> None:
        costing = (self.home.root / COSTING).read_text(encoding="utf-8")
        super()._run(arguments, told | {"TIEOUT_COSTING": costing})


def opened(home: Home | Path) -> CostWarehouse:
    """A home that has been built."""
    return CostWarehouse(home if isinstance(home, Home) else Home(home), deliveries=1)


def built(folder: Path, companies: Iterable[Company]) -> CostWarehouse:
    """The companies, built in `folder`."""
    return CostWarehouse.holding(folder, list(companies))
