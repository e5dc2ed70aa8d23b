"""`tieout replay`: the quarantine, judged again."""

from __future__ import annotations

from typing import Annotated

import typer


def replay(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option("--dataset", metavar="X", help="Only this dataset.")] = None,
) -> None:
    """Run quarantined rows through today's mapping and contract again; the next nightly publishes what has healed.

    **Examples**

    `tieout replay`

    `tieout replay --dataset confirmation`
    """
    from dagster_project.build_state import Stage, move_build_to
    from ingest.raw import replay as judge_again
    from settings.configuration import load_configuration

    home = ctx.obj.home
    configuration = load_configuration(home)
    with home.hold():
        move_build_to(home, Stage.OUTDATED)
        report = judge_again(home, configuration, dataset)
    healed = sum(batch.healed_rows for batch in report.batches)
    typer.echo(f"{healed} rows left the quarantine; tieout status shows what is still there")
    if healed:
        typer.echo("next: tieout nightly")
