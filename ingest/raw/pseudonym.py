"""The salt that turns a worker's number into a pseudonym. Created once, readable by its owner alone."""

from __future__ import annotations

import os
import secrets

from settings.home import Home


def read_salt(home: Home) -> str:
    """Return the home's salt, creating it at the first call. Losing the file breaks every person's history."""
    file = home.raw / "pseudonym.salt"
    if not file.is_file():
        home.raw.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".tmp")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_hex(32))
        unfinished.rename(file)
    return file.read_text(encoding="utf-8").strip()
