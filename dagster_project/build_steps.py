"""The starts of dbt that carry a build plan out: one, or for a long history one before, one a stretch, one after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from dagster_project.build_plan import BuildPlan
from dagster_project.stretches import ROWS_AT_ONCE, cut_into_stretches, event_days_of_dates, events_by_day, is_long
from settings.home import Home

STRETCH = "tag:stretch"


@dataclass(frozen=True)
class BuildStep:
    """One start of dbt: its arguments after `build`, and what it is told beside what all are told.

    `stage` names it where progress is shown, as number `number` of `count` like it. Only of the last step that builds
    a model does Dagster hear that the model was built.
    """

    stage: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    number: int = 1
    count: int = 1

    @property
    def is_last_of_its_models(self) -> bool:
        """Whether no later step builds the same models."""
        return self.number == self.count


def build_steps(home: Home, plan: BuildPlan, rows_at_once: int = ROWS_AT_ONCE) -> Iterator[BuildStep]:
    """Yield the steps of a build in order; each must have ended before the next is asked for."""
    events = events_by_day(home)
    if not is_long(events, plan.production_dates, rows_at_once):
        yield BuildStep("build", tuple(plan.dbt_arguments()))
        return
    yield BuildStep("edges", tuple(plan.dbt_arguments(f"+{STRETCH}", (STRETCH,))))
    stretches = cut_into_stretches(event_days_of_dates(home), events, plan.production_dates, rows_at_once)
    for number, stretch in enumerate(stretches, start=1):
        # The first stretch of a full refresh makes the tables anew; the others add to them. Views have been made.
        part = plan if number == 1 else replace(plan, full_refresh=False, run_unit_tests=False)
        arguments = part.dbt_arguments(STRETCH, ("config.materialized:view",))
        if number < len(stretches):
            arguments += ["--exclude-resource-type", "test"]
        yield BuildStep("events", tuple(arguments), stretch.dbt_environment(), number, len(stretches))
    yield BuildStep("build", tuple(plan.dbt_arguments(exclude=(f"+{STRETCH}",))))
