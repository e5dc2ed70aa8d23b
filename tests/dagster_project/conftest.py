"""A configured home, and the definitions built on it; dbt parses the project once for the whole session."""

import os
from pathlib import Path

import pytest

from settings.home import Home

CONFIGURATION = """\
companies: [{company_id: C1, name: Test, currency_code: CAD, time_zone: America/Toronto}]
sources: [{name: erp, path: inbox/erp}]
schedule: {at: "02:30"}
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a configuration and nothing delivered."""
    (tmp_path / "inbox" / "erp").mkdir(parents=True)
    (tmp_path / "tieout.yml").write_text(CONFIGURATION, encoding="utf-8")
    return Home(tmp_path)


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory):
    """The definitions as `dagster dev` loads them: by TIEOUT_HOME alone."""
    root = tmp_path_factory.mktemp("plant")
    (root / "tieout.yml").write_text(CONFIGURATION, encoding="utf-8")
    before = dict(os.environ)
    os.environ["TIEOUT_HOME"] = str(root)
    try:
        from dagster_project.definitions import defs

        yield defs()
    finally:
        os.environ.clear()
        os.environ.update(before)
