"""What a contract may say, and the strict reader of contract files.

A contract is one YAML file, `ingest/contracts/<group>/<dataset>.yml`. Unknown keys, unknown types and references to
columns or datasets that do not exist are refused when the contracts are loaded, never at two in the morning.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from settings.errors import ConfigurationError

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Group = Literal["reference", "engineering", "erp", "timesheets", "sensors"]


class ColumnType(StrEnum):
    """The kinds of value a delivered column may hold. Exact types only; `number` is for physical measurements."""

    ID = "id"
    TEXT = "text"
    CODE = "code"
    DATE = "date"
    TIMESTAMP = "timestamp"
    PERIOD = "period"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    MONEY = "money"
    QUANTITY = "quantity"
    SECONDS = "seconds"
    HOURS = "hours"
    RATIO = "ratio"
    NUMBER = "number"

    @property
    def duckdb(self) -> str:
        """The DuckDB type of accepted values. Timestamps are UTC without zone."""
        return _DUCKDB_TYPES[self]


_DUCKDB_TYPES = {
    ColumnType.ID: "VARCHAR",
    ColumnType.TEXT: "VARCHAR",
    ColumnType.CODE: "VARCHAR",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMP",
    ColumnType.PERIOD: "VARCHAR",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.MONEY: "DECIMAL(18,4)",
    ColumnType.QUANTITY: "DECIMAL(18,6)",
    ColumnType.SECONDS: "DECIMAL(18,3)",
    ColumnType.HOURS: "DECIMAL(18,6)",
    ColumnType.RATIO: "DECIMAL(18,9)",
    ColumnType.NUMBER: "DOUBLE",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InUse(_Strict):
    """When a thing can be referred to: `at` is the row's own moment, the others are date columns of the thing.

    `first` is the first production date, `end` the day after the last; either may be unknown.
    """

    at: Name
    first: Name
    end: Name


class Reference(_Strict):
    """A value that must exist as a key elsewhere. `reject` quarantines a row that names an unknown one.

    The check is made only where the company's rows of that dataset have been delivered at all. `in_use` also
    quarantines a row of a time at which the thing named was not in use.
    """

    dataset: Name
    column: Name
    unknown: Literal["reject", "warn"] = "reject"
    in_use: InUse | None = None


class Range(_Strict):
    """Inclusive bounds, written as text so that they stay exact. Times and dates compare as ISO 8601."""

    min: str | None = None
    max: str | None = None


class Column(_Strict):
    """One delivered column: what it means, what it may hold, and what its absence says."""

    name: Name
    type: ColumnType
    description: Annotated[str, StringConstraints(min_length=8)]
    required: bool = False
    unit: str | None = None
    codes: tuple[str, ...] | None = None
    range: Range | None = None
    references: Reference | None = None
    privacy: Literal["pseudonym", "drop"] | None = None
    missing: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Column:
        if (self.type is ColumnType.CODE) != (self.codes is not None):
            raise ValueError(f"{self.name}: a code has a list of codes, and nothing else has")
        if not self.required and not self.missing:
            raise ValueError(f"{self.name}: may be missing, so `missing` must say what its absence means")
        return self


class Rule(_Strict):
    """A check over one row. `check` is a SQL condition over typed columns; a row where it is false is rejected."""

    name: Name
    check: str
    reason: Annotated[str, StringConstraints(min_length=8)]


class Contract(_Strict):
    """One canonical dataset."""

    dataset: Name
    group: Group
    title: str
    grain: str
    description: str
    isa95: str | None = None
    key: Annotated[tuple[Name, ...], Field(min_length=1)]
    privacy: Literal["internal", "restricted", "personal"] = "internal"
    partition_by: Name | None = None
    """The timestamp column whose UTC day partitions the raw store; for large event streams only."""
    affects: Literal["all"] | tuple[Name, ...] = "all"
    """Which production dates' machine times and counted pieces a row touches: the days of these columns, or all.

    Empty for everything that no machine-shift is computed from: models over such data are built whole every night.
    """
    event_at: tuple[Name, ...] = ()
    """The columns that tell when the event of a row happened, the first known one counting; none for reference data."""
    value_at_risk: str | None = None
    """SQL over typed columns: the money a rejected row stands for, in the row's currency."""
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Contract:
        names = [column.name for column in self.columns]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"columns named twice: {', '.join(sorted(twice))}")
        used = [*self.key, *([self.partition_by] if self.partition_by else [])]
        used += [] if self.affects == "all" else list(self.affects)
        used += list(self.event_at)
        for name in used:
            if name not in names:
                raise ValueError(f"{name} is named in key, partition_by, affects or event_at but is no column")
        if self.partition_by and self.column(self.partition_by).type is not ColumnType.TIMESTAMP:
            raise ValueError(f"partition_by: {self.partition_by} must be a timestamp")
        return self

    def column(self, name: str) -> Column:
        """Return the column of that name; raise KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def has(self, name: str) -> bool:
        """Say whether the dataset has a column of that name."""
        return any(column.name == name for column in self.columns)


def header(contract: Contract) -> list[str]:
    """Return the column names for the first line of a delivered file; columns that are dropped are not asked for."""
    return [column.name for column in contract.columns if column.privacy != "drop"]


CONTRACT_FOLDER = Path(__file__).parent

# libyaml reads the forty contracts in a tenth of a second, the loader in Python takes one; both are equally safe.
YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_contract(file: Path) -> Contract:
    """Read one contract file; raise ConfigurationError naming the file and the place of the first problem."""
    try:
        contract = Contract.model_validate(yaml.load(file.read_text(encoding="utf-8"), Loader=YAML_LOADER))
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "contract"
        raise ConfigurationError(f"{file}: {place}: {problem['msg'].removeprefix('Value error, ')}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file}: not YAML ({error})") from error
    if file.stem != contract.dataset or file.parent.name != contract.group:
        raise ConfigurationError(f"{file}: holds {contract.group}/{contract.dataset}; file and content must agree")
    return contract


@lru_cache
def load_contracts(folder: Path = CONTRACT_FOLDER) -> dict[str, Contract]:
    """Return every contract of a folder by dataset name, ordered so that a dataset comes after those it refers to.

    Raises ConfigurationError for an unreadable contract, a reference to nothing, or contracts that refer in a circle.
    """
    contracts = {file.stem: read_contract(file) for file in sorted(folder.glob("*/*.yml"))}
    for contract in contracts.values():
        for column in contract.columns:
            target = column.references
            if target and (target.dataset not in contracts or not contracts[target.dataset].has(target.column)):
                raise ConfigurationError(
                    f"contract {contract.dataset}: {column.name} refers to {target.dataset}.{target.column}, "
                    "which does not exist"
                )
            if target and target.in_use:
                _check_in_use(contract, column, contracts[target.dataset], target.in_use)
    return _referred_first(contracts)


def _check_in_use(contract: Contract, column: Column, target: Contract, in_use: InUse) -> None:
    """Raise ConfigurationError unless one row of `target` says by two dates when the thing named is in use."""
    dates = [target.has(name) and target.column(name).type is ColumnType.DATE for name in (in_use.first, in_use.end)]
    moment = contract.has(in_use.at) and contract.column(in_use.at).type is ColumnType.TIMESTAMP
    if not (all(dates) and moment and column.references and target.key == (column.references.column,)):
        raise ConfigurationError(
            f"contract {contract.dataset}: {column.name}: in_use compares a time of its own with two dates of "
            f"{target.dataset}, whose key must be the column referred to"
        )


def _referred_first(contracts: dict[str, Contract]) -> dict[str, Contract]:
    ordered: dict[str, Contract] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in ordered:
            return
        if name in path:
            raise ConfigurationError(f"contracts refer to each other in a circle: {' → '.join((*path, name))}")
        for column in contracts[name].columns:
            if column.references and column.references.dataset != name:
                visit(column.references.dataset, (*path, name))
        ordered[name] = contracts[name]

    for name in contracts:
        visit(name, ())
    return ordered
