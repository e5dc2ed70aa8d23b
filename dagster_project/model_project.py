"""The dbt project: where it is, what its fingerprint is, and how dbt is called.

In: the files of dbt/. Out: dbt command lines, and a current manifest under the home's build folder. Nothing here
imports dbt: it runs as a process of its own, because it keeps the DuckDB file locked as long as it lives.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dagster_project.environment import dbt_target
from settings.errors import ConfigurationError
from settings.home import Home

PROJECT_FOLDER = Path(__file__).parent.parent / "dbt"
_SOURCE_SUFFIXES = {".sql", ".yml", ".yaml", ".csv", ".md"}


def dbt_command(home: Home, *arguments: str) -> list[str]:
    """Return the command line that runs dbt on this home; dbt is the one installed beside this Python."""
    return [
        str(Path(sys.executable).with_name("dbt")),
        "--no-use-colors",
        *arguments,
        "--project-dir",
        str(PROJECT_FOLDER),
        "--profiles-dir",
        str(PROJECT_FOLDER),
        "--target-path",
        str(dbt_target(home)),
        "--log-path",
        str(dbt_target(home)),
    ]


def project_fingerprint(folder: Path = PROJECT_FOLDER) -> str:
    """Return a digest of every file of the dbt project: it changes when a model, macro, test or setting does."""
    digest = hashlib.sha256()
    for file in _project_files(folder):
        digest.update(str(file.relative_to(folder)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _project_files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.suffix in _SOURCE_SUFFIXES and not {"target", "logs"} & set(file.relative_to(folder).parts):
            yield file


def current_manifest(home: Home) -> Path:
    """Return the path of a manifest made from the project as it stands; parse with dbt only when it has changed.

    Parsing costs about four seconds, a fifth of a small night; the manifest is kept with the fingerprint it was
    made from. Raises ConfigurationError with dbt's own words when the project cannot be parsed.
    """
    manifest = dbt_target(home) / "manifest.json"
    made_from = dbt_target(home) / "manifest.fingerprint"
    fingerprint = project_fingerprint()
    if manifest.exists() and made_from.exists() and made_from.read_text(encoding="utf-8") == fingerprint:
        return manifest
    dbt_target(home).mkdir(parents=True, exist_ok=True)
    made_from.unlink(missing_ok=True)
    outcome = subprocess.run(dbt_command(home, "--quiet", "parse"), capture_output=True, text=True, check=False)
    if outcome.returncode != 0 or not manifest.exists():
        words = " ".join((outcome.stdout + outcome.stderr).split())
        raise ConfigurationError(f"{PROJECT_FOLDER}: dbt cannot parse the project: {words[:2000]}")
    made_from.write_text(fingerprint, encoding="utf-8")
    return manifest


def read_manifest(manifest: Path) -> Mapping[str, Any]:
    """Return the manifest's content."""
    content: Mapping[str, Any] = json.loads(manifest.read_bytes())
    return content


def sources_of(manifest: Mapping[str, Any], tag: str) -> frozenset[str]:
    """Return the names of the raw tables that the models with a tag are made of, directly or not."""
    nodes: Mapping[str, Any] = manifest["nodes"]
    open_nodes = [key for key, node in nodes.items() if tag in node.get("tags", ())]
    seen, found = set(open_nodes), set()
    while open_nodes:
        for key in nodes[open_nodes.pop()]["depends_on"]["nodes"]:
            if key in manifest["sources"]:
                found.add(manifest["sources"][key]["name"])
            elif key not in seen:
                seen.add(key)
                open_nodes.append(key)
    return frozenset(found)


def dbt_problems(home: Home, manifest: Mapping[str, Any]) -> list[str]:
    """Return one line for each model or test of the last dbt run that failed, with dbt's reason."""
    try:
        results = json.loads((dbt_target(home) / "run_results.json").read_bytes())["results"]
    except (FileNotFoundError, ValueError, KeyError):
        results = []
    problems = [
        f"{_readable_name(result['unique_id'], manifest)}: {_first_lines(result.get('message') or result['status'])}"
        for result in results
        if result["status"] in {"error", "fail", "runtime error"}
    ]
    return problems or [f"dbt ended without a result; its log is {dbt_target(home) / 'dbt.log'}"]


def _readable_name(unique_id: str, manifest: Mapping[str, Any]) -> str:
    """Return schema.table of a model; for a test, the table it stands on and the test's name."""
    node = manifest["nodes"].get(unique_id) or manifest.get("unit_tests", {}).get(unique_id)
    if node is None:
        return unique_id
    if node["resource_type"] == "model":
        return f"model {node['schema']}.{node['name']}"
    model = manifest["nodes"].get(node.get("attached_node") or (node["depends_on"]["nodes"] or [""])[0])
    where = f"{model['schema']}.{model['name']}: " if model else ""
    return f"{where}{node['resource_type'].replace('_', ' ')} {node['name']}"


def _first_lines(message: str) -> str:
    """Return dbt's message as one line of readable length."""
    return " ".join(message.split())[:300]
