"""What lies in the sources' folders that the ledger does not know yet, kept as delivered before anything reads it.

A file is known by its path, size and modification time; only if one of these changed is its content compared
(SHA-256). Files stay where they were delivered.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ingest.mapping import SourceFolder, match_files
from ingest.mapping.folder import SourceTable
from settings.configuration import Source
from settings.home import Home

# A larger file is hard-linked rather than copied: 480 MB take 0.5 s to copy and nothing to link. The link shares its
# content with the delivered file, so a large file must be replaced by its deliverer, not written over in place.
LINK_ABOVE_BYTES = 64 << 20

_DATE = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


@dataclass(frozen=True)
class DeliveredFile:
    """A file that the ledger did not know, or knew with other content (`supersedes` is its earlier delivery_seq)."""

    source: str
    name: str
    path: Path
    table: str
    form: SourceTable
    sha256: str
    byte_count: int
    mtime_ns: int
    delivery: str
    delivery_seq: int = 0
    supersedes: int | None = None
    kept_path: str = ""


@dataclass(frozen=True)
class Delivery:
    """Everything new of one source."""

    files: tuple[DeliveredFile, ...]
    sightings: tuple[dict[str, object], ...]
    warnings: tuple[str, ...]


def source_path(home: Home, source: Source) -> Path:
    """Where the source delivers: its path (relative to the home), else inbox/<name>."""
    return home.root / Path(source.path).expanduser() if source.path else home.inbox / source.name


def delivery_of(name: str, run: str) -> str:
    """Return the first date in a file's relative path as YYYY-MM-DD, else `run`."""
    for year, month, day in _DATE.findall(name):
        try:
            return datetime(int(year), int(month), int(day)).date().isoformat()  # noqa: DTZ001
        except ValueError:
            continue
    return run


def find_new_files(
    home: Home,
    source: Source,
    folder: SourceFolder,
    ledger: sqlite3.Connection,
    run: str,
    problems: list[str],
) -> Delivery:
    """Return the source's unknown or changed files in the order in which they count; append to `problems`.

    `run` names the delivery of files that carry no date in their path.
    """
    root = source_path(home, source)
    warnings: list[str] = []
    if not root.is_dir():
        if source.path:
            problems.append(f"{root}: not found, though source {source.name} delivers there; create or mount it")
        else:
            warnings.append(f"{root}: not found, so {source.name} delivered nothing; create it or name another path")
        return Delivery((), (), tuple(warnings))
    names = list_files(root, problems)
    matched, strangers = match_files(folder, names)
    warnings += [f"{root / name}: belongs to no table of {folder.system}, left unread" for name in strangers]
    seen = {row["source_file"]: row for row in ledger.execute("select * from sighting where source = ?", [source.name])}
    latest = {
        row["source_file"]: row
        for row in ledger.execute(
            "select * from delivered_file where source = ? and superseded_by is null", [source.name]
        )
    }
    files, sightings = [], []
    for name, (table, form) in matched.items():
        path = root / name
        try:
            status = path.stat()
            known = seen.get(name)
            if known and (known["byte_count"], known["mtime_ns"]) == (status.st_size, status.st_mtime_ns):
                continue
            digest = _sha256(path)
        except PermissionError:
            problems.append(f"{path}: no permission to read it; grant this user read access")
            continue
        except OSError as error:
            problems.append(f"{path}: cannot be read ({error.strerror}); deliver it again")
            continue
        sighting: dict[str, object] = {
            "source": source.name,
            "source_file": name,
            "byte_count": status.st_size,
            "mtime_ns": status.st_mtime_ns,
            "sha256": digest,
        }
        sightings.append(sighting)
        before = latest.get(name)
        if before and before["sha256"] == digest:
            continue
        files.append(
            DeliveredFile(
                source=source.name,
                name=name,
                path=path,
                table=table,
                form=form,
                sha256=digest,
                byte_count=status.st_size,
                mtime_ns=status.st_mtime_ns,
                delivery=delivery_of(name, run),
                supersedes=before["delivery_seq"] if before else None,
            )
        )
    return Delivery(tuple(files), tuple(sightings), tuple(warnings))


def list_files(root: Path, problems: list[str]) -> list[str]:
    """Return all files below `root`, relative to it; append folders that cannot be listed to `problems`."""

    def refused(error: OSError) -> None:
        problems.append(f"{error.filename}: cannot be listed ({error.strerror}); grant this user access to the folder")

    names = []
    for folder, _, files in os.walk(root, onerror=refused, followlinks=True):
        names += [(Path(folder) / file).relative_to(root).as_posix() for file in files]
    return names


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def keep(home: Home, file: DeliveredFile) -> Path:
    """Put the file as delivered under delivered/<source>/ and return where."""
    kept = home.root / file.kept_path
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.unlink(missing_ok=True)
    if file.byte_count > LINK_ABOVE_BYTES:
        try:
            kept.hardlink_to(file.path)
            return kept
        except OSError:  # another file system
            pass
    shutil.copyfile(file.path, kept)
    return kept


def kept_name(file: DeliveredFile, delivery_seq: int) -> str:
    """Return the kept file's path relative to the home."""
    flat = file.name.replace("/", "__")
    return f"delivered/{file.source}/{delivery_seq:08d}-{flat[-180:]}"
