"""What Dagster shows: the graph, its checks, its schedule. The graph is compared with asset_graph.txt.

After a change of the graph that is meant: `TIEOUT_REFRESH_SNAPSHOTS=1 pytest tests/dagster_project`, and look at the
difference before it is committed.
"""

import os
from pathlib import Path

import dagster as dg

SNAPSHOT = Path(__file__).with_name("asset_graph.txt")


def graph_text(definitions: dg.Definitions) -> str:
    graph = definitions.resolve_asset_graph()
    lines = []
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        parents = ", ".join(sorted(parent.to_user_string() for parent in node.parent_keys))
        lines.append(f"{key.to_user_string()} <- {parents}" if parents else key.to_user_string())
    lines.append("")
    gates = [check for check in graph.asset_check_keys if check.name in {"structural", "plausibility"}]
    lines += sorted(f"{check.asset_key.to_user_string()}: {check.name}" for check in gates)
    return "\n".join(lines) + "\n"


def test_the_asset_graph_is_the_one_on_file(loaded):
    text = graph_text(loaded)
    if os.environ.get("TIEOUT_REFRESH_SNAPSHOTS"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert text == SNAPSHOT.read_text(encoding="utf-8")


def test_nothing_but_raw_assets_is_without_a_parent(loaded):
    graph = loaded.resolve_asset_graph()
    orphans = {key.path[0] for key in graph.get_all_asset_keys() if not graph.get(key).parent_keys}
    # Tables that list what the product itself knows have no parent.
    assert orphans <= {"raw", "meta", "core"}


def test_every_asset_has_an_owner_a_group_a_kind_and_a_description(loaded):
    graph = loaded.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.owners and node.group_name and node.kinds, key
        assert node.description, f"{key.to_user_string()} has no description"


def test_raw_assets_show_their_contract_s_columns(loaded):
    node = loaded.resolve_asset_graph().get(dg.AssetKey(["raw", "confirmation"]))
    schema = node.metadata["dagster/column_schema"]
    column = next(column for column in schema.columns if column.name == "good_qty")
    assert column.type == "DECIMAL(18,6)"
    assert column.description


def test_the_schedule_runs_by_default_on_the_company_s_clock(loaded):
    schedule = loaded.resolve_schedule_def("nightly_schedule")
    assert schedule.execution_timezone == "America/Toronto"
    assert schedule.cron_schedule == "30 2 * * *"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_the_nightly_publishes_only_after_the_gates(loaded):
    job = loaded.resolve_job_def("nightly")
    assert job.executor_def is dg.in_process_executor
    structure = job.graph.dependency_structure
    gates_wait_for = {handle.node_name for handle in structure.all_upstream_outputs_from_node("gates")}
    published_waits_for = {handle.node_name for handle in structure.all_upstream_outputs_from_node("published")}
    assert gates_wait_for == {"ingest", "build_warehouse"}
    assert "gates" in published_waits_for


def test_dbt_tests_are_asset_checks(loaded):
    checks = loaded.resolve_asset_graph().asset_check_keys
    on_the_mart = {
        check.name for check in checks if check.asset_key == dg.AssetKey(["efficiency", "oee_machine_shift"])
    }
    assert {"structural", "plausibility"} < on_the_mart
    assert any(name.startswith("grain") for name in on_the_mart)
