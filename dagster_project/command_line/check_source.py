"""`tieout check-source`: what a source would bring, without taking it in."""

from __future__ import annotations

from typing import Annotated

import typer


def check_source(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The source's name in tieout.yml.", metavar="NAME")],
) -> int:
    """Read, map and judge what a source has delivered, and change nothing.

    **Examples**

    `tieout check-source erp`
    """
    from ingest.raw import check_source as dry_run
    from settings.configuration import load_configuration

    home = ctx.obj.home
    report = dry_run(home, load_configuration(home), name)
    typer.echo(str(report))
    return 2 if report.problems else 0
