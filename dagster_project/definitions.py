"""Dagster's way in: the whole flow, raw → models → gates → published, as definitions of one home.

`dagster dev -m dagster_project.definitions` loads `defs`, with the home that TIEOUT_HOME names; the command line
builds the same definitions around a night of its own, which reports progress.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from dagster_project.defs.checks import gate_checks
from dagster_project.defs.home import HOME, held_home
from dagster_project.defs.model import model_assets
from dagster_project.defs.nightly import nightly_job, nightly_schedule
from dagster_project.defs.published import published_asset
from dagster_project.defs.raw import decision_specs, raw_assets
from dagster_project.defs.translator import published_keys
from dagster_project.environment import enter
from dagster_project.model_project import current_manifest, read_manifest
from dagster_project.night import Night
from settings.configuration import load_configuration
from settings.home import Home


def definitions_for(night: Night, manifest_file: Path) -> dg.Definitions:
    """Return the definitions of one home, with the models of `manifest_file` (dbt's manifest.json)."""
    manifest = read_manifest(manifest_file)
    raw = raw_assets(night)
    warehouse = published_keys(manifest)
    job = nightly_job()
    return dg.Definitions(
        assets=[raw, *decision_specs(), model_assets(night, manifest), published_asset(night, warehouse)],
        asset_checks=[gate_checks(night, sorted(raw.keys), warehouse)],
        jobs=[job],
        schedules=[nightly_schedule(job, night.configuration)],
        resources={HOME: held_home(night)},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions of the home named by TIEOUT_HOME, read here once for the life of the code location."""
    home = Home.find(None, os.environ)
    configuration = load_configuration(home)
    enter(home)
    return definitions_for(Night(home, configuration), current_manifest(home))
