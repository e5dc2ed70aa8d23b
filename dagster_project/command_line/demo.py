"""`tieout demo`: a simulated factory, and the first night on it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


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


