"""What `tieout status` tells, gathered from where each fact stands: ledger, published build, run history, gates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dagster_project.check_record import read_check_record
from dagster_project.load_history import SourceState, source_state
from dagster_project.run_history import PastRun, last_runs
from serving.publish import read_manifest
from serving.query import query
from settings.configuration import Configuration
from settings.home import Home

RUNS_SHOWN = 5


@dataclass(frozen=True)
class Rejected:
    """Open rejected rows of one reason, with the money they stand for in one currency."""

    reason: str
    datasets: str
    rows: int
    value_at_risk_amount: Decimal | None
    currency_code: str | None


@dataclass(frozen=True)
class StatusReport:
    """Everything on the screen."""

    home: Home
    time_zone: ZoneInfo
    next_run_at: datetime
    build: dict[str, Any]
    runs: list[PastRun]
    sources: list[SourceState]
    rejected: list[Rejected]
    proofs: list[tuple[str, str, Decimal, int, str]]
    checks: dict[str, Any]


def gather(home: Home, configuration: Configuration, now: datetime | None = None) -> StatusReport:
    """Return the state of the home; `now` is aware and defaults to the present."""
    zone = ZoneInfo(configuration.schedule_time_zone)
    published = home.current.exists()
    return StatusReport(
        home=home,
        time_zone=zone,
        next_run_at=next_run_at(configuration, now or datetime.now(UTC)),
        build=read_manifest(home.current) if published else {},
        runs=last_runs(home, RUNS_SHOWN),
        sources=[source_state(home, source.name) for source in configuration.sources],
        rejected=[Rejected(*row) for row in _ask(home, _REJECTED)] if published else [],
        proofs=list(_ask(home, _PROOFS)) if published else [],
        checks=read_check_record(home),
    )


def next_run_at(configuration: Configuration, now: datetime) -> datetime:
    """Return the schedule's next moment after `now`, aware, on the schedule's clock."""
    zone = ZoneInfo(configuration.schedule_time_zone)
    at = time.fromisoformat(configuration.schedule.at)
    local = now.astimezone(zone)
    tonight = datetime.combine(local.date(), at, zone)
    return tonight if tonight > local else datetime.combine(local.date() + timedelta(days=1), at, zone)


_REJECTED = """
    select reason, array_to_string(list_sort(list(distinct dataset)), ', '), count(*), sum(value_at_risk_amount),
        -- Rows that tell no value stand with those of their reason that do; currencies are never added up.
        coalesce(currency_code, usual_currency_code) as currency_code
    from (
        select *, max(currency_code) over (partition by reason) as usual_currency_code
        from (select dataset, value_at_risk_amount, currency_code, unnest(string_split(reason_codes, '; ')) as reason
            from meta.quarantine)
    )
    group by reason, coalesce(currency_code, usual_currency_code) order by count(*) desc, reason, currency_code
"""

_PROOFS = """
    select identity_id, string_agg(scope, ', ' order by scope) filter (difference <> 0), sum(difference),
        cast(sum(rows_compared) as bigint), case when bool_and(status = 'holds') then 'holds' else 'broken' end
    from meta.proof group by identity_id order by identity_id
"""


def _ask(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with query(home, sql) as result:
        return list(result.rows())
