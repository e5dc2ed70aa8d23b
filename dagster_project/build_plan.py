"""How much of the warehouse tonight's build computes, and why: everything, or the production dates that had news.

In: what was asked for, what the ledger says is pending, the state of the build files. Out: dbt's arguments.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from dagster_project.build_state import BuildState
from settings.configuration import Configuration
from settings.errors import ConfigurationError

Dates = tuple[date, ...] | Literal["all"]

ORDER_DATASETS = frozenset(
    {
        "production_order",
        "order_component",
        "order_operation",
        "confirmation",
        "labour_time",
        "goods_movement",
        "purchase_receipt",
        "purchase_invoice",
        "ledger_posting",
    }
)
"""Datasets whose rows say what happened to one order, or to one ledger document. News of anything else that costs are
computed from, as a price or a routing, reaches every order."""

_NEVER = datetime(9999, 12, 31)  # noqa: DTZ001 - moments of the raw store are UTC without saying so


@dataclass(frozen=True)
class News:
    """What was recorded since the last published build: since when (UTC), and in which datasets."""

    since: datetime | None
    datasets: frozenset[str]


@dataclass(frozen=True)
class BuildRequest:
    """What a user asked of the build; the schedule asks for nothing special. A range is inclusive at both ends."""

    as_of: str | None = None
    """UTC, ISO 8601 without offset: rows recorded later are not seen."""
    from_date: date | None = None
    to_date: date | None = None
    full_refresh: bool = False

    def __post_init__(self) -> None:
        """Refuse a range with one end, or one that ends before it begins."""
        if (self.from_date is None) != (self.to_date is None):
            raise ConfigurationError("--from and --to go together: name the first and the last date")
        if self.from_date and self.to_date and self.to_date < self.from_date:
            raise ConfigurationError(f"--to {self.to_date} is before --from {self.from_date}; swap them")


@dataclass(frozen=True)
class BuildPlan:
    """What dbt is told."""

    full_refresh: bool
    reason: str
    affected_dates: Dates
    as_of: str | None
    run_unit_tests: bool
    last_build: str = ""
    """The completed build that the files hold; what its tables know need not be computed again."""
    news_since: datetime | None = None
    """Orders with a row recorded from this moment on are computed again; None: all orders."""

    @property
    def production_dates(self) -> tuple[date, ...] | None:
        """The production dates to compute again; None means all."""
        return None if self.affected_dates == "all" else self.affected_dates

    def dbt_environment(self, build_id: str, built_at: str, code_version: str) -> dict[str, str]:
        """Return the variables that tell the models of this run."""
        everything = self.affected_dates == "all"
        since = None if self.full_refresh else self.news_since
        return {
            "TIEOUT_AFFECTED_ORDERS": "news" if since else "all",
            "TIEOUT_NEWS_FROM": since.isoformat() if since else "",
            "TIEOUT_LAST_BUILD": self.last_build,
            "TIEOUT_AS_OF": self.as_of or "",
            "TIEOUT_AFFECTED_DATES": "all" if everything else ",".join(str(day) for day in self.affected_dates),
            "TIEOUT_BUILD_ID": build_id,
            "TIEOUT_BUILT_AT": built_at,
            "TIEOUT_CODE_VERSION": code_version,
        }

    def dbt_arguments(self, select: str | None = None, exclude: tuple[str, ...] = ()) -> list[str]:
        """Return the arguments of `dbt build` that carry this plan out, or the selected part of it."""
        arguments = ["--select", select] if select else []
        if self.full_refresh:
            arguments.append("--full-refresh")
        else:
            # A view holds no rows: as long as the SQL and the moment are the same, so is the view. Making the fifty
            # of them again takes three CPU seconds of a night's nine.
            exclude = tuple({"config.materialized:view": None, **dict.fromkeys(exclude)})
        if exclude:
            arguments += ["--exclude", *exclude]
        if not self.run_unit_tests:
            arguments += ["--exclude-resource-type", "unit_test"]
        return arguments


def plan_build(
    request: BuildRequest,
    *,
    pending: Dates,
    state: BuildState | None,
    build_files_exist: bool,
    fingerprint: str,
    choices: dict[str, str],
    news: News | None = None,
    costing_datasets: frozenset[str] = frozenset(),
) -> BuildPlan:
    """Decide what tonight's build computes.

    `pending` holds the production dates with news since the last published build, or "all"; `state` is that of the
    build files; `fingerprint` that of the SQL as it stands; `choices` are what tieout.yml declares about the model;
    `news` says what was recorded, None that this is not known; `costing_datasets` are all that costs depend on.
    """
    reason = _reason_for_everything(request, pending, state, build_files_exist, fingerprint, choices)
    dates: Dates = "all"
    if not reason and pending != "all":
        dates = tuple(sorted({*pending, *_requested_dates(request)}))
    return BuildPlan(
        full_refresh=bool(reason),
        reason=reason or f"{len(dates)} production dates have news",
        affected_dates=dates,
        as_of=request.as_of,
        # Logic does not change overnight: a unit test feeds fixed rows to the SQL, so once it has passed for this
        # SQL it passes again. They cost as much as the models they test, every night; data tests always run.
        run_unit_tests=state is None or state.unit_tests_passed_for != fingerprint,
        last_build=state.build_id if state else "",
        news_since=orders_since(news, costing_datasets),
    )


def orders_since(news: News | None, costing_datasets: frozenset[str]) -> datetime | None:
    """Return from when on news of an order counts; None where the news reaches all orders."""
    if news is None or news.datasets & (costing_datasets - ORDER_DATASETS):
        return None
    return news.since or _NEVER


def _reason_for_everything(
    request: BuildRequest,
    pending: Dates,
    state: BuildState | None,
    build_files_exist: bool,
    fingerprint: str,
    choices: dict[str, str],
) -> str:
    if request.full_refresh:
        return "asked for"
    if request.as_of:
        return f"as known at {request.as_of}"
    if state is None or not build_files_exist:
        return "no completed build to add to"
    if state.project_fingerprint != fingerprint:
        return "the SQL has changed"
    if state.choices != choices:
        return "a declared choice in tieout.yml has changed"
    if state.as_of:
        return f"the last build was as known at {state.as_of}"
    if pending == "all":
        return "the news touches every date"
    return ""


def declared_choices(configuration: Configuration) -> dict[str, str]:
    """Return what tieout.yml declares about the model, as the variables that tell dbt."""
    return {
        "TIEOUT_MINOR_STOP_SECONDS": str(configuration.efficiency.minor_stop_seconds),
        "TIEOUT_COSTING": json.dumps(configuration.costing.of_company(), sort_keys=True),
    }


def _requested_dates(request: BuildRequest) -> Iterable[date]:
    if request.from_date is None or request.to_date is None:
        return []
    days = (request.to_date - request.from_date).days
    return [request.from_date + timedelta(days=day) for day in range(days + 1)]
