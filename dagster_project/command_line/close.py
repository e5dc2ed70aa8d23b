"""`tieout close`: a period as published becomes the reference that later news is compared with."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

PERIOD = typer.Option("--period", metavar="YYYY-MM", help="The period, as the company's books name it.")
COMPANY = typer.Option("--company", metavar="C", help="Only this company. Default: every company with figures in it.")
BECAUSE = typer.Option("--because", metavar="TEXT", help="The reason; kept with the decision.")
DECIDED_BY = typer.Option("--by", metavar="NAME", help="Who decides. Default: the user who is logged in.")


def close(
    ctx: typer.Context,
    period: Annotated[str, PERIOD],
    company: Annotated[str | None, COMPANY] = None,
    because: Annotated[str | None, BECAUSE] = None,
    decided_by: Annotated[str | None, DECIDED_BY] = None,
    soft: Annotated[
        bool, typer.Option("--soft", help="Close softly: amounts may still be unexplained, a closing follows.")
    ] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Close despite what stands against it; needs --because.")
    ] = False,
) -> None:
    """Freeze a period as it is published; what is recorded later shows up in finance.restatement, never in its figures.

    Refused while accounts hold amounts that nothing explains, while the period is not over, or while an earlier one
    with postings is open.

    **Examples**

    `tieout close --period 2026-03`

    `tieout close --period 2026-03 --company ACME --anyway --because "auditors agreed on 12.40 of rounding"`
    """
    from serving.closing import Decision, close_period

    home = ctx.obj.home
    with home.hold():
        decision = Decision(period, company, decided_by or getpass.getuser(), because, anyway)
        closings = close_period(home, decision, soft=soft)
    for closing in closings:
        typer.echo(
            f"closed {period} of {closing.company_id} as {closing.closing_id}: {closing.figures:,} figures frozen"
        )
    typer.echo("next: tieout nightly; then finance.closing and finance.restatement know of it")
