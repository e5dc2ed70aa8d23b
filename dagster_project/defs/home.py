"""The home as a resource: held from a run's first step to its last, so that no second run writes the same files."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.night import Night
from settings.home import Home

HOME = "held_home"


def held_home(night: Night) -> dg.ResourceDefinition:
    """Return the resource that holds the night's home while a run lasts.

    Raises HomeLockedError, which ends the run before its first step, if another process holds it.
    """

    @dg.resource(description="The home folder, held by this run alone.")
    def hold(_: dg.InitResourceContext) -> Iterator[Home]:
        if night.home_is_held:
            yield night.home
            return
        with night.home.hold():
            yield night.home

    return hold
