"""Digests of published files, which anybody can check without this program.

A file's digest is its SHA-256; a table's is the SHA-256 of what `sha256sum *.parquet` prints in its folder, so that
`sha256sum *.parquet | sha256sum` gives the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def file_digest(file: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def table_digest(digests: Mapping[str, str]) -> str:
    """The digest of a table from those of its files, by name."""
    lines = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()
