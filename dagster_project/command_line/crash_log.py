"""Where the details of an unexpected failure go, so that the terminal shows one line."""

from __future__ import annotations

import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from settings.home import Home


def log_folder(home: Home) -> Path:
    """Return the folder of the command line's logs, created; a temporary folder where the home has no place."""
    folder = home.build / "logs"
    if home.root.is_dir():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return Path(tempfile.mkdtemp(prefix="tieout-"))
        return folder
    return Path(tempfile.mkdtemp(prefix="tieout-"))


def log_file(home: Home, what: str) -> Path:
    """Return the path of a new log of `what`, named by the moment."""
    return log_folder(home) / f"{datetime.now(UTC):%Y%m%dT%H%M%S}Z-{what}.log"


def write_crash_log(home: Home, error: BaseException) -> Path:
    """Write the error with its traceback and the command line, and return the file."""
    file = log_file(home, "error")
    file.write_text(
        f"{' '.join(sys.argv)}\nPython {sys.version}\n\n{''.join(traceback.format_exception(error))}", encoding="utf-8"
    )
    return file
