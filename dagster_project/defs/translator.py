"""How dbt's models appear in Dagster: keyed schema/table as they are published, with the YAML's own description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from dagster import AssetKey

from dagster_project.dbt_integration import DagsterDbtTranslator

_OWNERS = {
    "staging": "team:data",
    "intermediate": "team:data",
    "core": "team:data",
    "meta": "team:data",
    "efficiency": "team:production",
    "yield": "team:production",
    "maintenance": "team:production",
    "schedule": "team:production",
    "energy": "team:production",
    "quality": "team:quality",
    "safety": "team:safety",
    "cost": "team:controlling",
    "finance": "team:controlling",
    "labour": "team:personnel",
}


def schema_of(model: Mapping[str, Any]) -> str:
    """Return the schema a dbt model is built in, as the project configures it."""
    return str(model["config"].get("schema") or "main")


class WarehouseTranslator(DagsterDbtTranslator):
    """Names, groups and owners of the dbt models; dagster-dbt calls it."""

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return what the YAML says, or where it says nothing the comment that the model's SQL begins with."""
        return str(dbt_resource_props.get("description") or _opening_comment(dbt_resource_props.get("raw_code") or ""))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the schema, the folder under which people look a table up."""
        return schema_of(dbt_resource_props)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        """Return who answers for the subject."""
        return [_OWNERS.get(schema_of(dbt_resource_props), "team:data")]


def _opening_comment(sql: str) -> str:
    lines = takewhile(lambda line: line.startswith("--"), sql.splitlines())
    return " ".join(line.removeprefix("--").strip() for line in lines)


def published_keys(manifest: Mapping[str, Any]) -> list[AssetKey]:
    """Return the keys of the tables that readers will see: every model outside staging and intermediate."""
    return [
        AssetKey([schema_of(node), node["name"]])
        for _, node in sorted(manifest["nodes"].items())
        if node["resource_type"] == "model" and schema_of(node) not in {"staging", "intermediate"}
    ]
