"""Runs the nightly job in this process, recorded in the home's Dagster instance like a run of the schedule."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dagster_project.build_plan import BuildRequest
from dagster_project.command_line.crash_log import log_file
from dagster_project.command_line.progress import NightProgress
from dagster_project.environment import enter
from dagster_project.night import Night
from settings.configuration import Configuration
from settings.errors import ConfigurationError, GateError
from settings.home import Home

if TYPE_CHECKING:
    from dagster import DagsterInstance


def requested_build(
    configuration: Configuration, as_of: str | None, from_date: str | None, to_date: str | None, full_refresh: bool
) -> BuildRequest:
    """Return what the options ask for; raise ConfigurationError for a moment or a date that is none."""
    return BuildRequest(
        as_of=moment_asked(as_of, configuration.schedule_time_zone) if as_of else None,
        from_date=_date("--from", from_date) if from_date else None,
        to_date=_date("--to", to_date) if to_date else None,
        full_refresh=full_refresh,
    )


def _date(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"{option} {text}: not a date; write it as 2026-03-31") from error


def moment_asked(text: str, time_zone: str) -> str:
    """Return the moment as UTC without offset, the clock that rows are recorded by; a date means its end.

    Raises ConfigurationError for a text that is no moment.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"--as-of {text}: not a moment; write it as 2026-03-31T18:00") from error
    if len(text) <= len("2026-03-31"):
        moment = datetime.combine(moment.date() + timedelta(days=1), time.min) - timedelta(microseconds=1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(time_zone))
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def run_night(home: Home, configuration: Configuration, request: BuildRequest) -> str:
    """Run one night with progress on the terminal and return the published build's id.

    Raises HomeLockedError at once when another run holds the home, GateError when nothing could be published, and
    whatever TieoutError a stage ended with.
    """
    with home.hold():
        enter(home)
        log = log_file(home, "nightly")
        with NightProgress(log) as progress, _output_to(log):
            _run(Night(home, configuration, progress.report, home_is_held=True), request, progress)
        return home.current.resolve().name


def _run(night: Night, request: BuildRequest, progress: NightProgress) -> None:
    progress.report("start", 0, 1)
    with ThreadPoolExecutor(1) as pool:
        from dagster_project.model_project import current_manifest

        # A first night parses the dbt project, in a process of its own, while Dagster is being imported here.
        manifest = pool.submit(current_manifest, night.home)
        import dagster as dg

        from dagster_project.definitions import definitions_for
        from dagster_project.defs.failures import cause_of
        from dagster_project.defs.nightly import NIGHTLY

        job = definitions_for(night, manifest.result()).resolve_job_def(NIGHTLY)
    progress.report("start", 1, 1)
    with dg.DagsterInstance.get() as instance:
        _close_dead_runs(instance)
        try:
            result = job.execute_in_process(
                run_config={"ops": {"build_warehouse": {"config": _config(request)}}}, instance=instance
            )
        except Exception as error:
            expected = cause_of(error)
            if expected is None:
                raise
            raise expected from error
    if not result.success:
        raise GateError("the night ended without publishing; `tieout ui` shows which step failed")


def _close_dead_runs(instance: DagsterInstance) -> None:
    """Mark runs that were killed as failed: whoever holds the home knows that no other run is alive."""
    import dagster as dg

    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        instance.report_run_failed(run, "the process ended before the run did")


def _config(request: BuildRequest) -> dict[str, object]:
    return {
        "as_of": request.as_of,
        "from_date": request.from_date.isoformat() if request.from_date else None,
        "to_date": request.to_date.isoformat() if request.to_date else None,
        "full_refresh": request.full_refresh,
    }


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send what Dagster and dbt print to the night's log; the terminal belongs to the progress display."""
    with log.open("a", encoding="utf-8", buffering=1) as stream, redirect_stdout(stream), redirect_stderr(stream):
        handlers = logging.getLogger().handlers
        before = handlers[:]
        try:
            yield
        finally:
            handlers[:] = before
