"""The files of a build against its manifest: none missing, none more, every one byte for byte as published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from serving.digest import file_digest, table_digest
from serving.verify.build import Build
from serving.verify.proof import BROKEN, HOLDS, NOT_APPLICABLE, Proof

_EXACT_UNITS = ("_amount", "_qty", "_seconds")


def prove_files(build: Build, *, digests: bool = True) -> list[Proof]:
    """Compare tables, files, rows, columns, types and digests with the manifest."""
    tables: dict[str, Any] = build.manifest["tables"]
    there = {
        f"{folder.parent.name}.{folder.name}" for folder in (build.folder / "parquet").glob("*/*") if folder.is_dir()
    }
    problems: dict[str, list[str]] = {name: [] for name in ("FILES.THERE", "FILES.ROWS", "FILES.DIGEST", "FILES.TYPES")}
    for table in sorted(there ^ set(tables)):
        problems["FILES.THERE"].append(f"{table} is {'not in the manifest' if table in there else 'missing'}")
    rows = files = 0
    for table, told in tables.items():
        found = {file.name: file for file in build.files(table)}
        listed: dict[str, Any] = told["files"]
        for name in sorted(set(found) ^ set(listed)):
            problems["FILES.THERE"].append(f"{table}/{name} is {'not in the manifest' if name in found else 'missing'}")
        for name in sorted(set(found) & set(listed)):
            files += 1
            counted = _rows(found[name])
            rows += counted or 0
            if counted != listed[name]["rows"]:
                problems["FILES.ROWS"].append(f"{table}/{name} has {counted} rows, not {listed[name]['rows']}")
            if digests and listed[name].get("sha256") and file_digest(found[name]) != listed[name]["sha256"]:
                problems["FILES.DIGEST"].append(f"{table}/{name} is not as it was published")
        if digests and "sha256" in told and told["sha256"] != table_digest(_digests(listed)):
            problems["FILES.DIGEST"].append(f"{table}: the manifest's digests of its files are not those of the table")
        if found and set(found) == set(listed) and table in there:
            problems["FILES.TYPES"] += _odd_types(build, table, told.get("columns", {}))
    has_digests = all("sha256" in file for told in tables.values() for file in told["files"].values())
    says = {
        "FILES.THERE": "tables and files = those of the manifest",
        "FILES.ROWS": "rows of every file = those of the manifest",
        "FILES.DIGEST": "SHA-256 of every file = that of the manifest",
        "FILES.TYPES": "columns are those of the manifest; money, quantities and seconds are decimals",
    }
    return [
        Proof(
            name,
            says[name],
            "all tables",
            rows if name == "FILES.ROWS" else files,
            None,
            None,
            None,
            NOT_APPLICABLE if name == "FILES.DIGEST" and not (digests and has_digests) else BROKEN if found else HOLDS,
            "; ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "") or None,
        )
        for name, found in problems.items()
    ]


def _digests(listed: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(file.get("sha256", "")) for name, file in listed.items()}


def _rows(file: Path) -> int | None:
    try:
        return int(pl.scan_parquet(file).select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError):
        return None


def _odd_types(build: Build, table: str, told: Mapping[str, str]) -> list[str]:
    columns = build.columns(table)
    found = [] if list(columns) == list(told) else [f"{table} has other columns than the manifest"]
    for name, kind in columns.items():
        if name.endswith(_EXACT_UNITS) and (kind.is_float() or kind in (pl.Int128,)):
            found.append(f"{table}.{name} is {kind}")
        wanted = told.get(name, "")
        if isinstance(kind, pl.Decimal) and wanted.startswith("DECIMAL"):
            places = wanted.removeprefix("DECIMAL(").removesuffix(")").split(",")
            if int(places[-1]) != kind.scale:
                found.append(f"{table}.{name} is {kind}, not {wanted}")
    return found
