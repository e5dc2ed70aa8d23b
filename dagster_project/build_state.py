"""What the build files hold and how far they have come, kept in `build/state.json`.

A build goes built → passed → published. New raw rows make a build outdated; a missing or unreadable state means that
nothing is known about the build files, and they are made anew.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

from settings.home import Home


class Stage(StrEnum):
    """How far the build files have come."""

    BUILT = "built"
    PASSED = "passed"
    PUBLISHED = "published"
    OUTDATED = "outdated"


@dataclass(frozen=True)
class BuildState:
    """The build files' content, in a word: which SQL made them, as known when, and whether the gates have passed."""

    build_id: str
    built_at: str
    project_fingerprint: str
    as_of: str | None
    unit_tests_passed_for: str
    """Fingerprint of the SQL whose unit tests have passed in this home."""
    choices: dict[str, str]
    """What tieout.yml declared about the model when the files were made."""
    stage: Stage
    known_at: str | None = None
    """The last moment of which the files know anything: of a row taken in, or of a decision."""
    unfinished_dates: tuple[str, ...] = ()
    """Production dates that a build began to compute again and has not completed; ISO 8601."""


def _file(home: Home) -> Path:
    return home.build / "state.json"


def read_build_state(home: Home) -> BuildState | None:
    """Return the state of the build files, or None where no build has been completed on them."""
    try:
        content = json.loads(_file(home).read_text(encoding="utf-8"))
        return BuildState(
            **{
                **content,
                "stage": Stage(content["stage"]),
                "unfinished_dates": tuple(content.get("unfinished_dates", ())),
            }
        )
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def write_build_state(home: Home, state: BuildState) -> None:
    """Record how far a build has come; a reader sees the state before or after, never half of it."""
    part = _file(home).with_suffix(".part")
    part.write_text(json.dumps(asdict(state), indent=2), encoding="utf-8")
    part.replace(_file(home))


def move_build_to(home: Home, stage: Stage) -> None:
    """Record that the build on file has come to `stage`; nothing happens where there is no build."""
    state = read_build_state(home)
    if state:
        write_build_state(home, replace(state, stage=stage))


def forget_build_state(home: Home) -> None:
    """Say that the build files are made anew from here: a build that dies half way is not mistaken for a whole one."""
    _file(home).unlink(missing_ok=True)
