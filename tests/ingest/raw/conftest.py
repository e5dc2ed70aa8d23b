"""A small company's home."""

from __future__ import annotations

from pathlib import Path

import pytest
from raw_plant import ONE_PLANT, Plant


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """One company, one plant in Berlin, one source that delivers the datasets as they are."""
    return Plant(tmp_path / "home", ONE_PLANT)
