"""What several tests ask of, drawn and built once however many workers run them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from cost.fuzz.company import Company
from cost.fuzz.compare import Answer, answers
from cost.fuzz.draw import drawn_companies
from cost.fuzz.warehouse import CostWarehouse, built, opened
from settings.home import Home

COMPANIES = int(os.environ.get("TIEOUT_COMPANIES", os.environ.get("TIEOUT_PLANTS", 200)))
SEED = int(os.environ.get("TIEOUT_SEED", 22_500))


@pytest.fixture(scope="session")
def companies() -> list[Company]:
    """The random companies; the same in every worker."""
    return drawn_companies(COMPANIES, SEED)


@pytest.fixture(scope="session")
def told(companies: list[Company]) -> dict[str, Answer]:
    """What the oracle says of them."""
    return answers(companies)


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[..., CostWarehouse]:
    """Build a home, or take the one that another worker has built meanwhile."""
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent

    def build(name: str, companies: list[Company]) -> CostWarehouse:
        folder: Path = base / f"cost_{name}"
        with FileLock(base / f"cost_{name}.lock"):
            done = base / f"cost_{name}.done"
            if not done.exists():
                built(folder, companies)
                done.touch()
        return opened(Home(folder))

    return build


@pytest.fixture(scope="session")
def warehouse(companies: list[Company], built_once: Callable[..., CostWarehouse]) -> CostWarehouse:
    """The random companies' home, built."""
    return built_once("random_companies", companies)
