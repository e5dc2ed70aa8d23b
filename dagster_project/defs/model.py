"""The model stage: every dbt model an asset, every dbt test an asset check, all built by one start of dbt."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from dagster_project.build_files import connect_raw, count_rows, remove_build_files
from dagster_project.build_plan import BuildPlan, BuildRequest, declared_choices, plan_build
from dagster_project.build_state import BuildState, Stage, forget_build_state, read_build_state, write_build_state
from dagster_project.build_steps import BuildStep, build_steps
from dagster_project.dbt_integration import DBT_VERSION, DbtCliInvocation, dbt_assets
from dagster_project.defs.failures import expected_failures
from dagster_project.defs.home import HOME
from dagster_project.defs.translator import WarehouseTranslator
from dagster_project.environment import dbt_target
from dagster_project.model_project import PROJECT_FOLDER, dbt_command, dbt_problems, project_fingerprint, sources_of
from dagster_project.news import dates_changed_elsewhere, known_by, pending, recorded_news
from dagster_project.night import Night
from expectations.proofs import broken_proofs
from settings.errors import GateError

TRANSLATOR = WarehouseTranslator()


class BuildConfig(dg.Config):
    """What may be asked of a build; the same as the options of `tieout nightly`."""

    as_of: str | None = None
    from_date: str | None = None
    to_date: str | None = None
    full_refresh: bool = False

    def request(self) -> BuildRequest:
        """Return the request in its own types."""
        return BuildRequest(
            as_of=self.as_of,
            from_date=date.fromisoformat(self.from_date) if self.from_date else None,
            to_date=date.fromisoformat(self.to_date) if self.to_date else None,
            full_refresh=self.full_refresh,
        )


def model_assets(night: Night, manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """Return the step that builds and tests the warehouse with dbt."""

    @dbt_assets(
        manifest=manifest, name="build_warehouse", dagster_dbt_translator=TRANSLATOR, required_resource_keys={HOME}
    )
    def build_warehouse(context: dg.AssetExecutionContext, config: BuildConfig) -> Iterator[Any]:
        with expected_failures():
            yield from _build(context, night, manifest, config.request())

    return build_warehouse


def _build(
    context: dg.AssetExecutionContext, night: Night, manifest: Mapping[str, Any], request: BuildRequest
) -> Iterator[Any]:
    from expectations.validate import preload

    home = night.home
    fingerprint = project_fingerprint()
    choices = declared_choices(night.configuration)
    state = read_build_state(home)
    build_files_exist = home.warehouse.exists() and home.scratch.exists()
    news = pending(home)
    known_at = known_by(home, request.as_of)
    connect_raw(home)
    if state and build_files_exist and state.project_fingerprint == fingerprint and news != "all":
        unfinished = map(date.fromisoformat, state.unfinished_dates)
        news = tuple(sorted({*news, *unfinished, *dates_changed_elsewhere(home)}))
    plan = plan_build(
        request,
        pending=news,
        state=state,
        build_files_exist=build_files_exist,
        fingerprint=fingerprint,
        choices=choices,
        news=recorded_news(home),
        costing_datasets=sources_of(manifest, "by_order"),
    )
    if context.is_subset:
        # Whoever asks for some models alone wants all of them; what the others know of the news is theirs.
        plan = replace(plan, news_since=None)
    context.log.info("computing %s: %s", "everything" if plan.full_refresh else "what changed", plan.reason)
    if plan.full_refresh:
        forget_build_state(home)
        remove_build_files(home)
        connect_raw(home, plan.as_of)
    elif state:
        # What the files know of the schedule changes with this build; if it dies, the next must not think all is done.
        write_build_state(home, replace(state, unfinished_dates=tuple(map(str, plan.production_dates or ()))))
    preload()  # Great Expectations takes seven seconds to import; it does so while dbt works in its own process
    built_at = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    build_id = f"{built_at:%Y%m%dT%H%M%S}Z"
    told = choices | plan.dbt_environment(build_id, built_at.isoformat(), fingerprint)
    # Held back until dbt has ended: rows can be counted only when it has let go of the file.
    events: list[Any] = []
    failed = False
    for step in [BuildStep("build", _subset(context, plan))] if context.is_subset else build_steps(home, plan):
        invocation = _start_dbt(context, night, manifest, step.arguments, told | dict(step.environment))
        reported = list(_follow(invocation, context, manifest, night, step))
        failed = invocation.process.returncode != 0
        if failed or step.is_last_of_its_models:
            events += reported
        if failed:
            break
    counts = count_rows(home)
    for event in events:
        if isinstance(event, dg.Output):
            rows = counts.get(event.output_name)
            if rows is not None:
                context.add_output_metadata({"dagster/row_count": rows}, output_name=event.output_name)
        yield event
    if failed:
        raise GateError("\n".join([*dbt_problems(home, manifest), *broken_proofs(home)]))
    if not context.is_subset:
        passed_for = fingerprint if plan.run_unit_tests else state.unit_tests_passed_for if state else ""
        write_build_state(
            home,
            BuildState(
                build_id,
                built_at.isoformat(),
                fingerprint,
                plan.as_of,
                passed_for,
                choices=choices,
                stage=Stage.BUILT,
                known_at=known_at,
            ),
        )


def _subset(context: dg.AssetExecutionContext, plan: BuildPlan) -> tuple[str, ...]:
    return (*plan.dbt_arguments(), "--select", *sorted(key.path[-1] for key in context.selected_asset_keys))


def _start_dbt(
    context: dg.AssetExecutionContext,
    night: Night,
    manifest: Mapping[str, Any],
    arguments: Sequence[str],
    told: Mapping[str, str],
) -> DbtCliInvocation:
    """Start dbt as dagster-dbt does, but without asking dbt for its version first: that takes a start of dbt itself."""
    return DbtCliInvocation.run(
        args=dbt_command(night.home, "--log-format", "json", "--log-level-file", "info", "build", *arguments),
        env={**os.environ, **told, "PYTHONUNBUFFERED": "1"},
        manifest=manifest,
        dagster_dbt_translator=TRANSLATOR,
        project_dir=PROJECT_FOLDER,
        target_path=dbt_target(night.home),
        raise_on_error=False,
        context=context,
        adapter=None,
        cli_version=DBT_VERSION,
    )


def _follow(
    invocation: DbtCliInvocation,
    context: dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    night: Night,
    step: BuildStep,
) -> Iterator[Any]:
    """Yield Dagster's events for what dbt reports, and tell the night how far it is."""
    for message in invocation.stream_raw_events():
        if message.is_result_event:
            data = message.raw_event["data"]
            total = data.get("total") or data["num_models"]
            night.progress(step.stage, (step.number - 1) * total + data["index"], step.count * total)
        yield from message.to_default_asset_events(
            manifest=manifest, dagster_dbt_translator=TRANSLATOR, context=context, target_path=invocation.target_path
        )
