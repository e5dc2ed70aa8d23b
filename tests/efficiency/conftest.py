"""What several tests ask of, built once however many workers run them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from efficiency.case import Case
from efficiency.compare import Answer, answers
from efficiency.draw import PLANTS, SEED, drawn
from efficiency.plants import plants
from efficiency.warehouse import Warehouse, built_at_once


@pytest.fixture(scope="session")
def cases() -> list[Case]:
    """The random plants; the same in every worker."""
    return drawn(plants(), PLANTS, SEED)


@pytest.fixture(scope="session")
def told(cases: list[Case]) -> dict[str, Answer]:
    """What the oracle says of them."""
    return answers(cases)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[..., Warehouse]:
    """Build a home, or take the one that another worker has built meanwhile."""
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent

    def build(name: str, make: Callable[[Path], object]) -> Warehouse:
        with FileLock(base / f"{name}.lock"):
            done = base / f"{name}.done"
            if not done.exists():
                make(base / name)
                done.touch()
        return Warehouse.opened(base / name)

    return build


@pytest.fixture(scope="session")
def warehouse(cases: list[Case], once: Callable[..., Warehouse]) -> Warehouse:
    """The random plants' home, built."""
    return once("random_plants", lambda folder: built_at_once(folder, cases))
