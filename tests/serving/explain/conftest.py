"""Twelve days of a simulated factory and three dozen invented companies, built once with every figure explained."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

# This folder belongs to no package, so that it does not hide the product's own `serving`.
sys.path.append(str(Path(__file__).parents[2]))

from cost.fuzz.draw import drawn_companies
from cost.fuzz.warehouse import CostWarehouse
from cost.standards.delivered import run_models

from ingest.demo import generate, write_configuration, write_extracts
from ingest.raw import create_raw_views, ingest
from serving.explain.catalogue import figures
from serving.publish import publish
from serving.query import open_warehouse
from settings.configuration import load_configuration
from settings.home import Home

MARTS = sorted({figure.mart.split(".")[1] for figure in figures().values()})
EVIDENCE = (
    "fct_variance_part",
    "dim_item_price",
    "dim_activity_rate",
    "dim_cost_center",
    "loss_event",
    "build",
    "load",
)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The simulated factory, taken in, built as far as figures are explained, and published."""
    home = Home(tmp_path_factory.mktemp("explained") / "plant")
    write_configuration(home.root)
    write_extracts(generate(days=12, seed=7, scale="small"), home.inbox)
    configuration = load_configuration(home)
    ingest(home, configuration, recorded_at=datetime(2027, 1, 1, tzinfo=UTC))
    home.build.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home.scratch)) as connection:
        create_raw_views(connection, home)
    run_models(home, (*MARTS, *EVIDENCE), configuration.costing)
    publish(home, "b1", keep_builds=2, manifest={})
    return home


@pytest.fixture(scope="session")
def published(demo: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(demo.current.resolve(), demo) as connection:
        yield connection


class ExplainedWarehouse(CostWarehouse):
    """Invented companies, with what figures are explained by."""

    marts = (*CostWarehouse.marts, *(mart for mart in MARTS if mart != "oee_machine_shift"), *EVIDENCE[:-3])


@pytest.fixture(scope="session")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Companies of every way of costing, and every kind of leaf."""
    warehouse = ExplainedWarehouse.holding(tmp_path_factory.mktemp("companies") / "home", drawn_companies(36, 22_500))
    with warehouse.connected() as connection:
        yield connection
