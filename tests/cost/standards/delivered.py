"""Invented companies through the real ingest and the real models, and what is asked of the result.

A row is what a source would deliver: a mapping of column to value, a Decimal for every quantity and amount. All
companies of a test stand in one home, so that many cases cost one build.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from dagster_project.model_project import PROJECT_FOLDER
from ingest.raw import create_raw_views, ingest
from settings.configuration import Costing, load_configuration
from settings.home import Home

Row = Mapping[str, Any]
RECORDED_AT = datetime(2027, 1, 1, tzinfo=UTC)


class Delivery:
    """The rows of one home by dataset."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)

    def add(self, dataset: str, company_id: str, **values: Any) -> None:
        """Add one row of a company."""
        self.rows[dataset].append({"company_id": company_id, **values})

    def company(self, company_id: str, currency_code: str = "EUR", plants: Iterable[str] = ("P",)) -> None:
        """Add a company and its plants."""
        self.rows["company"].append(
            {"company_id": company_id, "name": company_id, "currency_code": currency_code, "time_zone": "UTC"}
        )
        for plant_id in plants:
            self.add(
                "plant",
                company_id,
                plant_id=plant_id,
                name="Works",
                time_zone="UTC",
                currency_code=currency_code,
                production_type="discrete",
            )

    def item(self, company_id: str, item_id: str, item_type: str = "raw", base_uom: str = "PC") -> None:
        """Add an item that is bought or made."""
        self.add(
            "item",
            company_id,
            item_id=item_id,
            name=item_id,
            item_type=item_type,
            base_uom=base_uom,
            procurement="buy" if item_type in {"raw", "packaging"} else "make",
            valuation="standard",
        )

    def standard(
        self,
        company_id: str,
        item_id: str,
        amount: Any,
        valid_from: date,
        *,
        version_id: str = "1",
        cost_component: str = "material",
        price_unit_qty: Any = 1,
        plant_id: str = "P",
        **more: Any,
    ) -> None:
        """Add one cost component of a standard."""
        self.add(
            "standard_cost",
            company_id,
            item_id=item_id,
            plant_id=plant_id,
            version_id=version_id,
            cost_component=cost_component,
            valid_from=valid_from,
            amount=amount,
            price_unit_qty=price_unit_qty,
            **({"currency_code": "EUR"} | more),
        )

    def write(self, folder: Path) -> None:
        """Write one file a dataset."""
        folder.mkdir(parents=True)
        for dataset, rows in self.rows.items():
            header = list(dict.fromkeys(name for row in rows for name in row))
            with (folder / f"{dataset}.csv").open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, header, restval="")
                writer.writeheader()
                writer.writerows(rows)


def built(root: Path, delivery: Delivery, models: Iterable[str], costing: Costing | None = None) -> Home:
    """Deliver into a new home, ingest, and run `models` with all they are made from; no row may be refused."""
    home = Home(root)
    home.root.mkdir(parents=True)
    (home.root / "tieout.yml").write_text("sources: [{name: erp}]\n", encoding="utf-8")
    delivery.write(home.inbox / "erp" / "2026-12-31")
    ingest(home, load_configuration(home), recorded_at=RECORDED_AT)
    home.build.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home.scratch)) as connection:
        create_raw_views(connection, home)
        refused = connection.sql("select dataset, source_line, reasons from raw.quarantine limit 5").fetchall()
    assert refused == [], refused
    run_models(home, models, costing)
    return home


def run_models(home: Home, models: Iterable[str], costing: Costing | None = None) -> None:
    """Run these models and all they are made from over all of history."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TIEOUT_WAREHOUSE", str(home.warehouse))
        environment.setenv("TIEOUT_SCRATCH", str(home.scratch))
        environment.setenv("TIEOUT_AFFECTED_DATES", "all")
        environment.setenv("TIEOUT_COSTING", json.dumps((costing or Costing()).of_company()))
        environment.delenv("TIEOUT_AS_OF", raising=False)
        outcome = dbtRunner().invoke(
            [
                *("--quiet", "run", "--select", *(f"+{model}" for model in models)),
                *("--project-dir", str(PROJECT_FOLDER), "--profiles-dir", str(PROJECT_FOLDER)),
                *("--target-path", str(home.build / "dbt_target"), "--log-path", str(home.build / "logs")),
            ]
        )
    DuckDBConnectionManager.close_all_connections()
    failed = [f"{node.node.name}: {node.message}" for node in (outcome.result or []) if node.status == "error"]
    assert outcome.success, outcome.exception or failed


def rows_of(home: Home, sql: str) -> list[dict[str, Any]]:
    """What a query finds in the built home: marts by schema, intermediate models under `scratch.intermediate`."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.warehouse}' as warehouse (read_only)")
        connection.execute(f"attach '{home.scratch}' as scratch (read_only)")
        connection.execute("use warehouse")
        found = connection.sql(sql)
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
