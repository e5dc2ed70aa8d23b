"""Real data of two companies, taken in once per module by the mapping folders that ship with the product."""

from __future__ import annotations

from pathlib import Path

import pytest
from taken_in import TakeIn, TakenIn, take_in_home

from settings.home import Home

SHARED_DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets, which is no part of the project."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real data sets are not at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="session")
def take_in(tmp_path_factory: pytest.TempPathFactory) -> TakeIn:
    """A function that makes a home with the given tieout.yml and ingests what its sources deliver."""

    def make(tieout_yml: str) -> TakenIn:
        return take_in_home(Home(tmp_path_factory.mktemp("home")), tieout_yml)

    return make
