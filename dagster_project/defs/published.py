"""The published stage: the build that passed its gates becomes what readers see."""

from collections.abc import Sequence

import dagster as dg

from dagster_project.build_state import Stage, move_build_to, read_build_state
from dagster_project.defs.failures import expected_failures
from dagster_project.defs.home import HOME
from dagster_project.night import Night
from settings.errors import GateError


def published_asset(night: Night, warehouse: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """Return the step that publishes the warehouse tables and tells the ledger that their news is now seen."""

    @dg.asset(
        name="published",
        deps=warehouse,
        group_name="published",
        owners=["team:data"],
        kinds={"duckdb", "parquet"},
        required_resource_keys={HOME},
        description=(
            "The read-only copy that BI tools query: published/current, a DuckDB file and Parquet beside it. "
            "Replaced in one step, and only by a build whose gates have passed."
        ),
    )
    def published() -> dg.MaterializeResult:
        from ingest.raw import mark_built
        from serving.publish import publish, read_manifest

        with expected_failures():
            state = read_build_state(night.home)
            if state is None or state.stage is not Stage.PASSED:
                raise GateError("no build has passed its gates since the last one was published; run the nightly job")
            night.progress("publish", 0, 1)
            folder = publish(
                night.home,
                state.build_id,
                keep_builds=night.configuration.publish.keep_builds,
                manifest={
                    "built_at": state.built_at,
                    "as_of": state.as_of,
                    "known_at": state.known_at,
                    "code_version": state.project_fingerprint,
                },
            )
            if state.as_of is None:  # a build of the past has not seen the news, which stay pending
                mark_built(night.home, state.build_id)
            move_build_to(night.home, Stage.PUBLISHED)
            night.progress("publish", 1, 1)
        tables = read_manifest(folder).get("tables", {})
        return dg.MaterializeResult(
            metadata={"build_id": state.build_id, "path": dg.MetadataValue.path(folder), "tables": len(tables)}
        )

    return published
