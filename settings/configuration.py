"""tieout.yml: who the company is, where its plants stand, what is delivered and when.

Read once per command. Unknown keys, unknown time zones and wrong types are refused with the file, the key and
what to write instead.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from settings.errors import ConfigurationError
from settings.home import Home


def _known_time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no IANA time zone, write for example Europe/Berlin")
    return name


TimeZoneName = Annotated[str, AfterValidator(_known_time_zone)]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(_Strict):
    """A legal entity that closes its own books."""

    company_id: Identifier
    name: str
    currency_code: CurrencyCode
    time_zone: TimeZoneName


class Plant(_Strict):
    """A site with one clock and one functional currency."""

    plant_id: Identifier
    company_id: Identifier
    name: str
    time_zone: TimeZoneName
    currency_code: CurrencyCode
    production_type: Literal["discrete", "process", "mixed"] = "discrete"


class Source(_Strict):
    """One system that delivers: a folder of extracts or a database."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    system: str = "canonical"
    path: str | None = None
    database_env: str | None = None
    plant_id: Identifier | None = None
    company_id: Identifier | None = None
    time_zone: TimeZoneName | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Source:
        if self.path and self.database_env:
            raise ValueError("a source names either path or database_env, not both")
        return self


class Schedule(_Strict):
    """When the nightly starts, on which clock."""

    at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "02:00"
    time_zone: TimeZoneName | None = None


class Publish(_Strict):
    """What is kept of published builds."""

    keep_builds: Annotated[int, Field(ge=1, le=1000)] = 7


class CostingChoices(_Strict):
    """Declared choices of standard costing; None leaves a choice to what holds for all companies."""

    price_variance_at: Literal["purchase", "usage"] | None = None
    joint_variance: Literal["price", "separate"] | None = None
    mix_method: Literal["individual_price", "average_price"] | None = None
    absorption_base: Literal["actual_hours", "standard_hours"] | None = None
    wip_valuation: Literal["actual", "target"] | None = None
    budget_version: Identifier | None = None
    exchange_rate_type: Identifier | None = None
    group_currency_code: CurrencyCode | None = None
    labour_from: Literal["labour_time", "confirmation"] | None = None
    """Where orders' labour hours come from; undeclared, from labour_time in a plant that delivers any on orders."""


class Costing(CostingChoices):
    """The choices for all companies, and what single companies do otherwise."""

    price_variance_at: Literal["purchase", "usage"] = "purchase"
    """Whether a price difference is a variance when goods are bought, or when they are used."""
    joint_variance: Literal["price", "separate"] = "price"
    """Where price and quantity differ at once: counted as price, or as a leaf of its own."""
    mix_method: Literal["individual_price", "average_price"] = "individual_price"
    """What the mix variance of one ingredient is valued at; the sum over the mix is the same."""
    absorption_base: Literal["actual_hours", "standard_hours"] = "actual_hours"
    """The machine hours on which overhead is charged to orders."""
    wip_valuation: Literal["actual", "target"] = "actual"
    """Work in process at what was charged less what was credited, or at the standard cost of what is done."""
    exchange_rate_type: Identifier = "daily"
    """The kind of exchange rate at which documents in another currency are taken into the books."""
    companies: dict[Identifier, CostingChoices] = {}

    def of_company(self) -> dict[str, dict[str, str]]:
        """Return the choices by company_id, those for all companies under the empty name; unset ones left out."""
        everyone = self.model_dump(exclude={"companies"}, exclude_none=True)
        own = {company: choices.model_dump(exclude_none=True) for company, choices in self.companies.items()}
        return {"": everyone, **{company: everyone | choices for company, choices in own.items()}}


class Efficiency(_Strict):
    """Declared choices of the loss model."""

    minor_stop_seconds: Annotated[int, Field(ge=0, le=86_400)] = 300
    """A stop that names no reason and lasts less is a minor stop."""


class Configuration(_Strict):
    """The whole of tieout.yml."""

    companies: tuple[Company, ...] = ()
    plants: tuple[Plant, ...] = ()
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    schedule: Schedule = Schedule()
    publish: Publish = Publish()
    costing: Costing = Costing()
    efficiency: Efficiency = Efficiency()

    @model_validator(mode="after")
    def _consistent(self) -> Configuration:
        names = [source.name for source in self.sources]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"sources: the name {name!r} is used twice")
        companies = {company.company_id for company in self.companies}
        for plant in self.plants:
            if companies and plant.company_id not in companies:
                raise ValueError(f"plants: {plant.plant_id} names company {plant.company_id!r}, which is not listed")
        return self

    @property
    def schedule_time_zone(self) -> str:
        """The clock of the nightly: the schedule's own, else the first company's, else the first plant's, else UTC."""
        zones = [company.time_zone for company in self.companies] + [plant.time_zone for plant in self.plants]
        return self.schedule.time_zone or next(iter(zones), "UTC")


def _known_keys() -> list[str]:
    models = (Configuration, Company, Plant, Source, Schedule, Publish, Costing, CostingChoices, Efficiency)
    return sorted({key for model in models for key in model.model_fields})


def _readable(error: ValidationError, file: Path) -> str:
    """One line for the problem to mend first (a misspelt key explains a missing one), with place and remedy."""
    problem = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    place = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in problem["loc"]).lstrip(".")
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(problem["loc"][-1]), _known_keys(), n=1)
        what = f"unknown key; {f'did you mean {near[0]}?' if near else 'see the file that `tieout init` writes'}"
    elif problem["type"] == "missing":
        what = "missing; add it"
    else:
        what = problem["msg"].removeprefix("Value error, ")
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{file}: {place or 'top level'}: {what}{more}"


def parse_configuration(content: Any, file: Path) -> Configuration:
    """Return the configuration held in `content` (parsed YAML); raise ConfigurationError naming `file` and the key."""
    if not isinstance(content, dict):
        raise ConfigurationError(f"{file}: empty or not a mapping; start from the file that `tieout init` writes")
    try:
        return Configuration.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError(_readable(error, file)) from error


def load_configuration(home: Home) -> Configuration:
    """Read the home's tieout.yml; raise ConfigurationError with one clear line when it cannot be used."""
    file = home.configuration_file
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(f"{file}: not found; run `tieout init` here or name a home with --home") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read ({error}); check its permissions and encoding") from error
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise ConfigurationError(f"{file}:{line} is not YAML ({getattr(error, 'problem', error)}); mend it") from error
    return parse_configuration(content, file)
