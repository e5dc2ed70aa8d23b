"""`tieout nightly`: the job that the schedule runs, now."""

from __future__ import annotations

from typing import Annotated

import typer


def nightly(
    ctx: typer.Context,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="T",
            help="Build as known at this moment: ISO 8601, on the schedule's clock unless it has an offset; a date "
            "means its end.",
        ),
    ] = None,
    from_date: Annotated[
        str | None, typer.Option("--from", metavar="D", help="Compute from this production date again.")
    ] = None,
    to_date: Annotated[
        str | None, typer.Option("--to", metavar="D", help="Compute up to this production date again.")
    ] = None,
    full_refresh: Annotated[bool, typer.Option("--full-refresh", help="Compute all of history again.")] = False,
) -> None:
    """Take in what was delivered, build, validate and publish; yesterday's figures stay up if anything fails.

    **Examples**

    `tieout nightly`

    `tieout nightly --from 2026-03-01 --to 2026-03-31`

    `tieout nightly --as-of 2026-04-05T18:00`
    """
    from dagster_project.command_line.run_night import requested_build, run_night
    from settings.configuration import load_configuration

    home = ctx.obj.home
    configuration = load_configuration(home)
    request = requested_build(configuration, as_of, from_date, to_date, full_refresh)
    typer.echo(f"published {run_night(home, configuration, request)}")
