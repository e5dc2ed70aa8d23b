"""Which delivered file belongs to which table of a source."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from ingest.contracts.model import load_contracts
from ingest.mapping.folder import SourceFolder, SourceTable
from ingest.transports.form import compression_of, format_of

_CANONICAL_SUFFIXES = {".csv", ".parquet", ".jsonl", ".ndjson"}


def match_files(folder: SourceFolder, names: Iterable[str]) -> tuple[dict[str, tuple[str, SourceTable]], list[str]]:
    """Return {file: (table name, table)} and the files that belong to no table.

    `names` are paths relative to the source's folder. Files that are being written (hidden, .tmp, .part, Office lock
    files) belong nowhere and are not listed.
    """
    matched: dict[str, tuple[str, SourceTable]] = {}
    strangers: list[str] = []
    for name in sorted(names):
        path = PurePosixPath(name)
        if any(part.startswith((".", "~$")) for part in path.parts) or path.suffix in {".tmp", ".part"}:
            continue
        found = _dataset_of(path) if folder.identity else _table_of(path, folder)
        if found:
            matched[name] = found
        else:
            strangers.append(name)
    return matched, strangers


def _dataset_of(path: PurePosixPath) -> tuple[str, SourceTable] | None:
    plain = path.with_suffix("") if compression_of(path) else path
    kind = format_of(path)
    if kind is None or plain.suffix.lower() not in _CANONICAL_SUFFIXES:
        return None
    datasets = [dataset for dataset in load_contracts() if path.name.startswith(dataset)]
    if not datasets:
        return None
    return max(datasets, key=len), SourceTable(files="**", format=kind)


def _table_of(path: PurePosixPath, folder: SourceFolder) -> tuple[str, SourceTable] | None:
    for name, table in folder.tables.items():
        if _fits(path, table.files):
            return name, table
    return None


def _fits(path: PurePosixPath, pattern: str) -> bool:
    """Match as a shell does with globstar: `**/` is any number of folders, `*` stays within one."""
    return _parts_fit(path.parts, PurePosixPath(pattern).parts)


def _parts_fit(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_parts_fit(parts[skip:], pattern[1:]) for skip in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _parts_fit(parts[1:], pattern[1:])
