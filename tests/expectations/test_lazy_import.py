"""Great Expectations is imported only when something is validated, and talks to nobody."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from settings.home import Home

SCRIPT = """
import sys
from pathlib import Path

network = []
sys.addaudithook(lambda event, args: network.append((event, args)) if event in {
    "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"} else None)

from expectations.validate import preload, validate_warehouse
from settings.home import Home

assert "great_expectations" not in sys.modules
preload()
results = validate_warehouse(Home(Path(sys.argv[1])))
assert "great_expectations" in sys.modules and results
assert not network, network
"""


def test_validating_imports_it_once_and_opens_no_connection(home: Home, build: Callable[..., None]) -> None:
    build()
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(home.root)], check=False, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert "Calculating Metrics" not in run.stderr
