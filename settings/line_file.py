"""Append-only lists of what people decided: one JSON object a line, on the disk before anybody is told so.

A line that a killed process left half written was never said: readers pass it over, the next writer cuts it off.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from settings.errors import ConfigurationError


def read_lines(file: Path) -> list[dict[str, Any]]:
    """Return the file's objects in the order in which they were written; empty where there is no file.

    Raises ConfigurationError, with file and line, for a line that is no JSON object.
    """
    try:
        whole, _, _ = file.read_bytes().rpartition(b"\n")
    except FileNotFoundError:
        return []
    found = []
    for number, line in enumerate(whole.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise ConfigurationError(f"{file}: line {number}: not a JSON object; put the line back as it was written")
        found.append(content)
    return found


def append_line(file: Path, content: Mapping[str, Any]) -> None:
    """Write one more object at the end of the file; it is on the disk when this returns. The caller holds the home."""
    line = json.dumps(content, ensure_ascii=False).encode() + b"\n"
    is_new = not file.exists()
    with file.open("ab") as stream:
        # Opened for appending, so that nothing that stands there can be written over.
        stream.truncate(_whole_bytes(file))
        stream.write(line)
        stream.flush()
        os.fsync(stream.fileno())
    if is_new:
        descriptor = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _whole_bytes(file: Path) -> int:
    """The file's length up to the end of its last whole line."""
    return file.read_bytes().rfind(b"\n") + 1
