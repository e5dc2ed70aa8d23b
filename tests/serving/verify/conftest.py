"""One published build of random companies, made once however many workers run the tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from filelock import FileLock

from serving.verify.build import Build, open_build


@pytest.fixture(scope="session")
def companies_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the build."""
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent
    with FileLock(base / "verified.lock"):
        done = base / "verified.done"
        if not done.exists():
            # The companies are drawn where the cost oracle's tests stand.
            sys.path.append(str(Path(__file__).parents[2]))
            from verify.build_of_companies import published_build

            done.write_text(str(published_build(base / "verified")))
    return Path(done.read_text())


@pytest.fixture
def companies(companies_folder: Path) -> Build:
    """The build, opened."""
    return open_build(companies_folder)
