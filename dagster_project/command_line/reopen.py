"""`tieout reopen`: a closed period takes in news again."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from dagster_project.command_line.close import BECAUSE, COMPANY, DECIDED_BY, PERIOD


def reopen(
    ctx: typer.Context,
    period: Annotated[str, PERIOD],
    company: Annotated[str | None, COMPANY] = None,
    because: Annotated[str | None, BECAUSE] = None,
    decided_by: Annotated[str | None, DECIDED_BY] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Reopen although a later period is closed.")] = False,
) -> None:
    """Open a closed period again. The frozen figures stay on disk; closing it again freezes those published then.

    **Examples**

    `tieout reopen --period 2026-03 --because "freight invoice of March came in May"`
    """
    from serving.closing import Decision, reopen_period

    home = ctx.obj.home
    with home.hold():
        decision = Decision(period, company, decided_by or getpass.getuser(), because, anyway)
        closings = reopen_period(home, decision)
    for closing in closings:
        typer.echo(f"reopened {period} of {closing.company_id}; it was closed as {closing.closing_id}")
    typer.echo("next: tieout nightly")
