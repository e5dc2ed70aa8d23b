"""The process environment of Dagster and dbt, set in one place before either is imported.

In: the home. Out: environment variables and `<home>/dagster/dagster.yaml`. Dagster reads DAGSTER_HOME, and with it
whether telemetry is off, the moment an instance is opened; so every entry point calls `enter` first.
"""

from __future__ import annotations

import os
from pathlib import Path

from settings.home import Home

SHIPPED_INSTANCE_SETTINGS = Path(__file__).with_name("dagster.yaml")


def enter(home: Home) -> None:
    """Point Dagster, dbt and their child processes at `home`; create its Dagster folder and build folder."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    home.build.mkdir(parents=True, exist_ok=True)
    _write_if_different(home.dagster / "dagster.yaml", SHIPPED_INSTANCE_SETTINGS.read_text(encoding="utf-8"))
    os.environ.update(
        {
            "TIEOUT_HOME": str(home.root),
            "DAGSTER_HOME": str(home.dagster),
            "TIEOUT_EVENT_LOG": str(home.dagster / "history" / "runs"),
            "DAGSTER_DISABLE_TELEMETRY": "true",
            "GX_ANALYTICS_ENABLED": "false",
            **dbt_environment(home),
        }
    )


def dbt_environment(home: Home) -> dict[str, str]:
    """Return the variables that tell dbt which files of `home` it works on."""
    return {
        "TIEOUT_WAREHOUSE": str(home.warehouse),
        "TIEOUT_SCRATCH": str(home.scratch),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_TARGET_PATH": str(dbt_target(home)),
        "DBT_LOG_PATH": str(dbt_target(home)),
        "DO_NOT_TRACK": "1",
    }


def dbt_target(home: Home) -> Path:
    """Return where dbt keeps this home's manifest, compiled SQL and log; homes do not disturb each other."""
    return home.build / "dbt_target"


def _write_if_different(file: Path, text: str) -> None:
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
