"""From the built warehouse to what readers see: copy, Parquet, workbook, manifest, one flip of `current`, retention.

Readers open published/current/warehouse.duckdb or its Parquet. A build is complete before `current` names it, so a
reader sees yesterday's build or today's and nothing between; one that has a build open keeps it after it is removed.
A reader of many Parquet files resolves the link once and reads below the folder it names.
"""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from serving.digest import file_digest
from serving.durable import copy_file, flush_to_disk, flush_tree_to_disk, point_link
from serving.json_text import json_rows, json_text
from serving.parquet_export import export_parquet
from serving.publishable import refuse_unpublishable
from settings.errors import GateError, TieoutError
from settings.home import Home

WORKBOOK = "finance.xlsx"
_BUILD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def read_manifest(build: Path) -> dict[str, Any]:
    """Return the manifest of a published build's folder; empty if there is none that can be read."""
    try:
        manifest = json.loads((build / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def build_knowing(home: Home, known_at: str) -> Path | None:
    """Return the newest published build whose last knowledge is of the moment `known_at`; None if none is kept."""
    builds = [
        build
        for build in (home.published.iterdir() if home.published.is_dir() else ())
        if build.is_dir() and not build.is_symlink() and not build.name.startswith(".")
    ]
    knowing = [build for build in builds if read_manifest(build).get("known_at") == known_at]
    return max(knowing, key=lambda build: (_created_at(build), build.name), default=None)


def publish(home: Home, build_id: str, *, keep_builds: int, manifest: dict[str, Any]) -> Path:
    """Publish build/warehouse.duckdb as published/<build_id>, flip `current` to it, and return that folder.

    The caller holds the home, and every connection to the build file is closed. `manifest` says what the build is
    (as_of, code_version, sources, ...); rows, columns and hashes of every table are added to it. The last
    `keep_builds` builds stay. A build that is current already is left as it is: one build_id means one content.
    Raises GateError when the file is open elsewhere or holds what must not be published: `current` stays as it was.
    """
    if not _BUILD_ID.fullmatch(build_id) or build_id == home.current.name:
        raise TieoutError(f"{build_id!r} cannot name a build; use letters, digits, dot, dash and underscore")
    home.published.mkdir(parents=True, exist_ok=True)
    _sweep(home.published)
    build = home.published / build_id
    previous = _current_build(home)
    if previous == build:  # killed after the flip: only the tidying is left to do
        _retain(home, keep_builds)
        return build
    prepared = home.published / f".{build_id}.tmp"
    prepared.mkdir()
    try:
        _close_build_file(home.warehouse)
        _fill(prepared, home.warehouse, previous, {**manifest, "build_id": build_id})
        flush_tree_to_disk(prepared)
    except BaseException:
        shutil.rmtree(prepared)
        raise
    if build.exists():  # renamed, but never current: a run was killed between the two
        shutil.rmtree(build)
    prepared.rename(build)
    flush_to_disk(home.published)
    point_link(home.current, build_id)
    _retain(home, keep_builds)
    return build


def _current_build(home: Home) -> Path | None:
    return home.current.resolve() if home.current.exists() else None


def _sweep(published: Path) -> None:
    """Remove what a killed run left: a build half prepared or half removed, a link not yet moved into place."""
    for leftover in (*published.glob(".*.tmp"), *published.glob(".*.removed")):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _close_build_file(file: Path) -> None:
    """Check what the build file holds and bring it to rest: one file, no write-ahead log, no writer."""
    if not file.exists():
        raise GateError(f"{file}: not found, so there is nothing to publish; build the warehouse first")
    try:
        # DuckDB refuses a second configuration for one file, so this also finds a connection left open in this process.
        connection = duckdb.connect(file, config={"custom_user_agent": "tieout publish"})
    except duckdb.Error as error:
        raise GateError(f"{file}: cannot be opened for publishing ({str(error).splitlines()[0]})") from error
    with connection:
        refuse_unpublishable(connection)
        connection.execute("checkpoint")
    # A log beside a copied file would be replayed into the wrong database.
    log = file.with_name(file.name + ".wal")
    if log.exists():
        raise GateError(f"{log}: still there after a checkpoint, so a writer has not finished; run the build again")


def _fill(folder: Path, built: Path, previous: Path | None, manifest: dict[str, Any]) -> None:
    """Write warehouse.duckdb, parquet/, finance.xlsx, proof.json and manifest.json into `folder`."""
    from serving.workbook.write import write_workbook

    warehouse = folder / built.name
    copy_file(built, warehouse)
    warehouse.chmod(0o444)
    old = read_manifest(previous) if previous else {}
    comparable = old.get("duckdb_version") == duckdb.__version__
    with duckdb.connect(warehouse, read_only=True) as connection:
        tables = export_parquet(
            connection,
            folder / "parquet",
            (previous or folder) / "parquet",
            old.get("tables", {}) if comparable else {},
        )
        write_workbook(connection, folder / WORKBOOK, manifest)
    content = {
        "created_at": datetime.now(UTC).replace(tzinfo=None),
        **manifest,
        "duckdb_version": duckdb.__version__,
        "tables": tables,
        "sha256": {WORKBOOK: file_digest(folder / WORKBOOK)},
    }
    (folder / "manifest.json").write_text(json_text(content) + "\n", encoding="utf-8")
    _prove(folder)


def _prove(folder: Path) -> None:
    """Work the build's identities out again from its Parquet, into proof.json; a build that breaks one is no build."""
    from serving.verify.build import open_build
    from serving.verify.verify import as_rows, broken, verify

    proofs = verify(open_build(folder), digests=False)  # which were taken this minute
    (folder / "proof.json").write_text(json_rows(as_rows(proofs)), encoding="utf-8")
    off = broken(proofs)
    if off:
        told = [f"{proof.identity_id} ({proof.says}) does not hold for {proof.scope}: {proof.example}" for proof in off]
        raise GateError("\n".join(told))


def _retain(home: Home, keep_builds: int) -> None:
    """Remove all but the newest `keep_builds` builds; the current one stays whatever its age."""
    current = _current_build(home)
    builds = [folder for folder in home.published.iterdir() if folder.is_dir() and not folder.is_symlink()]
    newest_first = sorted(builds, key=lambda folder: (_created_at(folder), folder.name), reverse=True)
    others = [folder for folder in newest_first if folder != current]
    for folder in others[max(keep_builds - 1, 0) :]:
        # Hidden first, so that nobody lists a build that is half removed.
        doomed = folder.rename(folder.with_name(f".{folder.name}.removed"))
        shutil.rmtree(doomed)


def _created_at(build: Path) -> str:
    return str(read_manifest(build).get("created_at", ""))
