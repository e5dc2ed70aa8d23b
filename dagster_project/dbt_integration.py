"""dagster-dbt, imported without dbt.

dagster-dbt imports dbt-core into the process only to compare versions and to borrow a few enums; it runs without,
for dbt Fusion. dbt itself runs as a child process here, so those imports (2.7 of 4.6 s before the first step, measured
on 2 cores) would buy nothing.
"""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version

from packaging.version import Version

_absent = "dbt.version" not in sys.modules
if _absent:
    sys.modules["dbt.version"] = None  # type: ignore[assignment]  # Python's own way to say: not installed
try:
    from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliInvocation, dbt_assets
finally:
    if _absent:
        del sys.modules["dbt.version"]

DBT_VERSION = Version(installed_version("dbt-core"))

__all__ = ["DBT_VERSION", "DagsterDbtTranslator", "DagsterDbtTranslatorSettings", "DbtCliInvocation", "dbt_assets"]
