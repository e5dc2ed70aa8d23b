"""The warehouse as known at a past moment, for questions; never published.

In: the home and a moment. Out: an open read-only database. A published build that is still kept and knows exactly what
was known then answers at once; else the past is built beside the nightly's files, in build/as_of/<moment>/, from the
immutable raw store. Of any two moments between which nothing was recorded, one build serves both.

Building the past does not hold the home: a night may run meanwhile, and what it records is later than any moment asked
for here. Two questions about the past wait for each other.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from dagster_project.build_files import connect_raw, remove_build_files
from dagster_project.build_plan import BuildPlan, declared_choices
from dagster_project.build_state import BuildState, Stage, forget_build_state, read_build_state, write_build_state
from dagster_project.build_steps import BuildStep, build_steps
from dagster_project.environment import dbt_environment, dbt_target
from dagster_project.model_project import dbt_command, dbt_problems, project_fingerprint
from dagster_project.news import known_by
from dagster_project.night import Progress, no_progress
from settings.configuration import Configuration
from settings.errors import ConfigurationError, GateError
from settings.home import Home

if TYPE_CHECKING:
    import duckdb

KEPT_PASTS = 2
"""Warehouses of the past that stay on disk; the one asked longest ago goes first."""

_PARTIAL_PARSE = "partial_parse.msgpack"


@dataclass(frozen=True)
class PastHome(Home):
    """The home with build files of its own for one past moment; everything else is the home's."""

    known_at: str

    @property
    def build(self) -> Path:
        """The folder of the past's build files."""
        return pasts_folder(self) / f"{self.known_at.replace(':', '').replace('-', '')}Z"


def pasts_folder(home: Home) -> Path:
    """Return the folder that holds one folder for each past moment kept."""
    return home.root / "build" / "as_of"


def open_past(
    home: Home,
    configuration: Configuration,
    moment: str,
    progress: Progress = no_progress,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Path, duckdb.DuckDBPyConnection]:
    """Return the folder and the open database of the warehouse as known at `moment` (UTC, ISO 8601 without offset).

    `tell` hears in one line what is being waited for. Raises ConfigurationError if nothing was known then, GateError
    with dbt's reason if the past cannot be built.
    """
    from serving.publish import build_knowing
    from serving.query import QueryError, open_warehouse

    known_at = known_by(home, moment)
    if known_at is None:
        raise ConfigurationError(f"{home.root}: nothing had been recorded by {moment} UTC; ask for a later moment")
    kept = build_knowing(home, known_at)
    if kept:
        try:
            return kept, open_warehouse(kept, home)
        except QueryError:
            pass  # removed by a night that ended just now
    past = PastHome(home.root, known_at)
    with _alone(home, tell):
        if not _is_built(past, configuration):
            tell(f"building the warehouse as known at {known_at} UTC; it is kept for the next question")
            _build(past, configuration, progress)
        os.utime(past.build)
        _keep_few(past)
        return past.build, open_warehouse(past.build, past)


@contextmanager
def _alone(home: Home, tell: Callable[[str], None]) -> Iterator[None]:
    pasts_folder(home).mkdir(parents=True, exist_ok=True)
    lock = FileLock(pasts_folder(home) / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell("another question about the past is being answered; waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _is_built(past: PastHome, configuration: Configuration) -> bool:
    """Whether the past is on disk, made by today's SQL and choices."""
    state = read_build_state(past)
    return (
        state is not None
        and past.warehouse.exists()
        and state.project_fingerprint == project_fingerprint()
        and state.choices == declared_choices(configuration)
    )


def _build(past: PastHome, configuration: Configuration, progress: Progress) -> None:
    fingerprint = project_fingerprint()
    choices = declared_choices(configuration)
    plan = BuildPlan(
        full_refresh=True,
        reason=f"as known at {past.known_at}",
        affected_dates="all",
        as_of=past.known_at,
        run_unit_tests=False,
    )
    past.build.mkdir(parents=True, exist_ok=True)
    forget_build_state(past)
    remove_build_files(past)
    _begin_from_parsed_project(past)
    connect_raw(past, past.known_at, past.build / "ledger")
    built_at = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    build_id = f"{built_at:%Y%m%dT%H%M%S}Z"
    told = (
        os.environ | dbt_environment(past) | choices | plan.dbt_environment(build_id, built_at.isoformat(), fingerprint)
    )
    for step in build_steps(past, plan):
        _run_dbt(past, step, told, progress)
    write_build_state(
        past,
        BuildState(
            build_id,
            built_at.isoformat(),
            fingerprint,
            past.known_at,
            "",
            choices=choices,
            stage=Stage.BUILT,
            known_at=past.known_at,
        ),
    )
    # Only the warehouse is asked.
    past.scratch.unlink(missing_ok=True)
    shutil.rmtree(dbt_target(past), ignore_errors=True)
    shutil.rmtree(past.build / "ledger", ignore_errors=True)


def _begin_from_parsed_project(past: PastHome) -> None:
    """Take what dbt knows of the project from the nightly's folder; without it, it parses every file again."""
    dbt_target(past).mkdir(parents=True, exist_ok=True)
    parsed = dbt_target(Home(past.root)) / _PARTIAL_PARSE
    if parsed.exists():
        shutil.copyfile(parsed, dbt_target(past) / _PARTIAL_PARSE)


def _run_dbt(past: PastHome, step: BuildStep, told: Mapping[str, str], progress: Progress) -> None:
    """Run one step of the build without its tests: they judged these figures when they were published."""
    arguments = ["--log-format", "json", "build", *step.arguments, "--exclude-resource-type", "test"]
    with subprocess.Popen(
        dbt_command(past, *arguments),
        env={**told, **step.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            for line in process.stdout or ():
                _report(line, step, progress)
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise GateError("\n".join(dbt_problems(past, {"nodes": {}})))


def _report(line: str, step: BuildStep, progress: Progress) -> None:
    try:
        told = json.loads(line)["data"]
        index, total = int(told["index"]), int(told.get("total") or told["num_models"])
    except (ValueError, TypeError, KeyError):
        return
    if "execution_time" in told:  # the end of a model, not its start
        progress(step.stage, (step.number - 1) * total + index, step.count * total)


def _keep_few(past: PastHome) -> None:
    """Remove all but the pasts asked for last; whoever has one open keeps reading it."""
    pasts = [folder for folder in pasts_folder(past).iterdir() if folder.is_dir()]
    newest_first = sorted(pasts, key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
    for folder in newest_first[KEPT_PASTS:]:
        shutil.rmtree(folder)
