"""`tieout status`: the whole story on one screen."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from dagster_project.command_line.status_report import StatusReport

LINES_SHOWN = 10
MACHINES_SHOWN = 2
STALE_AFTER = timedelta(hours=36)
_WORDS = {"SUCCESS": "published", "FAILURE": "failed", "STARTED": "running", "CANCELED": "stopped", "QUEUED": "waiting"}


def status(ctx: typer.Context) -> None:
    """Show the last runs, what was delivered, rejected, odd and restated, the proofs and what is published.

    **Examples**

    `tieout status`
    """
    from rich.console import Console

    from dagster_project.command_line.status_report import gather
    from settings.configuration import load_configuration

    home = ctx.obj.home
    report = gather(home, load_configuration(home))
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = 160
    for show in (_published, _runs, _sources, _rejected, _findings, _restated, _proofs, _checks):
        show(console, report)


def _published(console: Console, report: StatusReport) -> None:
    build = report.build
    console.print(f"[bold]{report.home.root}[/bold]")
    if build:
        as_of = f", as known at {build['as_of']} UTC" if build.get("as_of") else ""
        console.print(
            f"published  {build.get('build_id')}, built {build.get('built_at')} UTC{as_of}, "
            f"{len(build.get('tables', {}))} tables in {report.home.current}"
        )
    else:
        console.print("published  nothing yet; run `tieout nightly`")
    console.print(f"next run   {_moment(report.next_run_at, report.time_zone)}, while `tieout ui` is up")


def _runs(console: Console, report: StatusReport) -> None:
    table = _table("last runs", "started", "took", "outcome", "started by")
    for run in report.runs:
        took = f"{run.duration.total_seconds():.0f} s" if run.duration else "—"
        outcome = _WORDS.get(run.status, run.status.lower())
        table.add_row(
            run.run_id[:8],
            _moment(run.started_at, report.time_zone),
            took,
            f"[red]{outcome}[/red]" if outcome == "failed" else outcome,
            "schedule" if run.scheduled else "hand",
        )
    _print(console, table, "last runs: none yet")


def _sources(console: Console, report: StatusReport) -> None:
    table = _table(
        "source", "last taken in", "events up to", "datasets then/ever", "delivered", "accepted", "unchanged"
    )
    table.add_column("rejected", justify="right")
    table.add_column("not yet published", justify="right")
    for source in report.sources:
        table.add_row(
            source.name,
            _freshness(source.recorded_at, report),
            str(source.last_event_date or "—"),
            f"{source.last_datasets}/{source.datasets}",
            f"{source.delivered_rows:,}",
            f"{source.accepted_rows:,}",
            f"{source.unchanged_rows:,}",
            f"{source.rejected_rows:,}",
            f"{source.unpublished_batches} batches" if source.unpublished_batches else "—",
        )
    _print(console, table, "")


def _rejected(console: Console, report: StatusReport) -> None:
    table = _table("in quarantine", "rows", "money at risk", "", "datasets")
    for rejected in report.rejected[:LINES_SHOWN]:
        money = f"{rejected.value_at_risk_amount:,.2f}" if rejected.value_at_risk_amount is not None else "—"
        table.add_row(rejected.reason, f"{rejected.rows:,}", money, rejected.currency_code or "", rejected.datasets)
    _print(console, table, "in quarantine: nothing" if report.build else "")
    _more(console, len(report.rejected))


def _findings(console: Console, report: StatusReport) -> None:
    table = _table("finding", "times", "hours", "from", "to", "machines", "what to do")
    for finding in report.findings:
        is_warning = finding.severity == "warning"
        table.add_row(
            f"[yellow]{finding.finding}[/yellow]" if is_warning else finding.finding,
            f"{finding.count:,}",
            f"{finding.seconds / 3600:,.1f}" if finding.seconds is not None else "—",
            str(finding.first_date),
            str(finding.last_date),
            _few(finding.machines),
            finding.what_to_do,
        )
    _print(console, table, "findings: none" if report.build else "")


def _restated(console: Console, report: StatusReport) -> None:
    table = _table("restated last night", "machine-shifts", "machines")
    for day in report.restated[:LINES_SHOWN]:
        table.add_row(str(day.production_date), f"{day.machine_shifts:,}", _few(day.machines))
    if report.build:
        _print(console, table, "restated last night: nothing that had been published as complete")
        _more(console, len(report.restated))


def _few(names: list[str]) -> str:
    more = f" and {len(names) - MACHINES_SHOWN} more" if len(names) > MACHINES_SHOWN else ""
    return ", ".join(names[:MACHINES_SHOWN]) + more


def _freshness(taken_in_at: datetime | None, report: StatusReport) -> str:
    shown = _moment(taken_in_at, report.time_zone)
    if taken_in_at is None or report.told_at - taken_in_at <= STALE_AFTER:
        return shown
    return f"[yellow]{shown}, {(report.told_at - taken_in_at).days} days ago[/yellow]"


def _proofs(console: Console, report: StatusReport) -> None:
    if not report.proofs:
        return
    broken = [proof for proof in report.proofs if proof[4] != "holds"]
    rows = sum(proof[3] for proof in report.proofs)
    console.print(
        f"\nproofs: {len(report.proofs) - len(broken)} of {len(report.proofs)} hold over {rows:,} comparisons"
    )
    for identity, scope, difference, _, _ in broken:
        console.print(f"  [red]{identity}[/red] differs by {difference} in {scope}")


def _checks(console: Console, report: StatusReport) -> None:
    if not report.checks:
        return
    failed = report.checks["failed"]
    console.print(
        f"checks: {report.checks['evaluated'] - len(failed)} of {report.checks['evaluated']} passed last night"
    )
    for check in sorted(failed, key=lambda check: check["severity"] != "structural")[:LINES_SHOWN]:
        word = "[red]failed[/red]" if check["severity"] == "structural" else "[yellow]warned[/yellow]"
        console.print(f"  {word} {check['table']}: {check['check']}: {check['message']}")
    _more(console, len(failed))


def _table(*columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    numbers = {"rows", "money at risk", "delivered", "accepted", "unchanged", "took", "datasets then/ever"}
    numbers |= {"times", "hours", "machine-shifts"}
    for name in columns:
        table.add_column(name, justify="right" if name in numbers else "left")
    return table


def _print(console: Console, table: Table, when_empty: str) -> None:
    console.print()
    console.print(table if table.row_count else when_empty)


def _more(console: Console, count: int) -> None:
    if count > LINES_SHOWN:
        console.print(f"  and {count - LINES_SHOWN} more")


def _moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}" if moment else "—"
