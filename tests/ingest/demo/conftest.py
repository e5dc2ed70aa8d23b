from __future__ import annotations

import pytest

from ingest import demo


@pytest.fixture(scope="session")
def factory() -> demo.DemoFactory:
    """Sixty days, among them both plants' change to summer time."""
    return demo.generate()
