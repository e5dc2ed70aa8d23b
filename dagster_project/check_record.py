"""What last night's gates said, kept as `build/checks.json` for `tieout status`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from settings.home import Home


def _file(home: Home) -> Path:
    return home.build / "checks.json"


def write_check_record(home: Home, results: Sequence[Any]) -> None:
    """Keep the checks that did not pass, and how many were evaluated."""
    failed = [asdict(result) for result in results if not result.passed]
    record = {"evaluated": len(results), "failed": failed}
    _file(home).write_text(json.dumps(record, indent=1, default=str), encoding="utf-8")


def read_check_record(home: Home) -> dict[str, Any]:
    """Return {evaluated, failed: [{suite, table, check, severity, message, ...}]}; empty where no gate has run."""
    try:
        record: dict[str, Any] = json.loads(_file(home).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record
