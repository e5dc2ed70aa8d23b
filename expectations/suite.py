"""What is expected of one table, as plain data: no check here knows the tool that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from settings.errors import ConfigurationError


class Severity(StrEnum):
    """What a failure means: structural blocks publishing, plausibility warns."""

    STRUCTURAL = "structural"
    PLAUSIBILITY = "plausibility"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Check(_Strict):
    """One expectation.

    Either `unexpected_rows`, a SELECT over `{batch}` that returns the rows at fault (a brace that is no placeholder is
    doubled), or `expectation`, a class of great_expectations.expectations, with its `arguments`.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    severity: Severity
    says: Annotated[str, StringConstraints(min_length=8)]
    unexpected_rows: Annotated[str, StringConstraints(pattern=r"\{batch\}")] | None = None
    expectation: Annotated[str, StringConstraints(pattern=r"^Expect[A-Za-z]+$")] | None = None
    arguments: dict[str, Any] = {}

    @model_validator(mode="after")
    def _one_kind(self) -> Check:
        if (self.unexpected_rows is None) == (self.expectation is None):
            raise ValueError(f"{self.name}: needs unexpected_rows or expectation, and not both")
        return self


class Suite(_Strict):
    """All checks of one table, named `<schema>.<table>`."""

    table: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
    checks: Annotated[tuple[Check, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_differ(self) -> Suite:
        names = [check.name for check in self.checks]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the check {name!r} stands twice")
        return self


@dataclass(frozen=True)
class CheckResult:
    """How one check came out. All values are plain Python.

    `exception` is set when the check could not be evaluated: that is an error of ours or a missing table, not bad
    data; `passed` is then False, `observed` and `unexpected_count` None.
    """

    suite: str
    table: str
    check: str
    severity: Severity
    passed: bool
    observed: Any
    unexpected_count: int | None
    message: str
    exception: str | None = None

    @property
    def blocks(self) -> bool:
        """Whether publishing must stop: a structural check failed or could not be evaluated."""
        return not self.passed and self.severity is Severity.STRUCTURAL


SUITE_FOLDER = Path(__file__).parent / "suites"


def read_suites(folder: Path = SUITE_FOLDER) -> list[Suite]:
    """Return the written suites, one file `<schema>.<table>.yml` each; raise ConfigurationError naming the file."""
    suites = []
    for file in sorted(folder.glob("*.yml")):
        try:
            suite = Suite.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in problem["loc"]) or "suite"
            raise ConfigurationError(f"{file}: {place}: {problem['msg'].removeprefix('Value error, ')}") from error
        except yaml.YAMLError as error:
            raise ConfigurationError(f"{file}: not YAML ({error})") from error
        if suite.table != file.stem:
            raise ConfigurationError(f"{file}: is about {suite.table}; file and content must agree")
        suites.append(suite)
    return suites
