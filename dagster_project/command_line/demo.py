"""`tieout demo`: a simulated factory, and the first night on it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from settings.home import Home


class Scale(StrEnum):
    """How much of a factory is simulated."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


def demo(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(help="How many production days are simulated.", min=1, max=3660)] = 60,
    seed: Annotated[int, typer.Option(help="The same seed makes the same factory.")] = 7,
    scale: Annotated[Scale, typer.Option(help="How many machines and orders.")] = Scale.SMALL,
) -> None:
    """Simulate a factory's extracts in a new home, then run the nightly on them.

    **Examples**

    `tieout demo`

    `tieout --home /tmp/demo demo --days 10 --seed 3`
    """
    from dagster_project.build_plan import BuildRequest
    from dagster_project.command_line.headline import show_headline
    from dagster_project.command_line.progress import NightProgress
    from dagster_project.command_line.run_night import run_night
    from ingest.demo import generate, write_configuration, write_extracts
    from settings.configuration import load_configuration
    from settings.errors import ConfigurationError

    home = ctx.obj.home
    if home.configuration_file.exists() and not _is_simulated(home):
        raise ConfigurationError(f"{home.root}: is the home of a real plant; name another --home for the demo")
    with home.hold(), NightProgress() as progress:
        progress.report("simulate", 0, 1)
        factory = generate(days=days, seed=seed, scale=scale.value)
        write_configuration(home.root)
        _marker(home).write_text(f"days: {days}\nseed: {seed}\nscale: {scale.value}\n", encoding="utf-8")
        write_extracts(factory, home.inbox)
        progress.report("simulate", 1, 1)
    run_night(home, load_configuration(home), BuildRequest())
    show_headline(home)


def _marker(home: Home) -> Path:
    """The file that says the home is a simulated one, so that a demo never writes into a real plant's inbox."""
    return home.root / "simulated.yml"


def _is_simulated(home: Home) -> bool:
    return _marker(home).exists()
