"""What `tieout status` tells, gathered from where each fact stands: ledger, published build, run history, gates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dagster_project.check_record import read_check_record
from dagster_project.load_history import SourceState, source_state
from dagster_project.run_history import PastRun, last_runs
from serving.changes import changes_of_last_build
from serving.publish import read_manifest
from serving.query import query
from settings.configuration import Configuration
from settings.home import Home

RUNS_SHOWN = 5
_FINDING = "meta.finding"


@dataclass(frozen=True)
class Rejected:
    """Open rejected rows of one reason, with the money they stand for in one currency."""

    reason: str
    datasets: str
    rows: int
    value_at_risk_amount: Decimal | None
    currency_code: str | None


@dataclass(frozen=True)
class Finding:
    """What is odd about the data of some machines, without a row being refused; `seconds` is None where no time is."""

    severity: str
    finding: str
    machines: list[str]
    count: int
    seconds: Decimal | None
    first_date: date
    last_date: date
    what_to_do: str


@dataclass(frozen=True)
class RestatedDay:
    """A production date of which the last night changed machine-shifts that had been published as complete."""

    production_date: date
    machine_shifts: int
    machines: list[str]


@dataclass(frozen=True)
class StatusReport:
    """Everything on the screen."""

    home: Home
    told_at: datetime
    time_zone: ZoneInfo
    next_run_at: datetime
    build: dict[str, Any]
    runs: list[PastRun]
    sources: list[SourceState]
    rejected: list[Rejected]
    findings: list[Finding]
    restated: list[RestatedDay]
    proofs: list[tuple[str, str, Decimal, int, str]]
    checks: dict[str, Any]


def gather(home: Home, configuration: Configuration, now: datetime | None = None) -> StatusReport:
    """Return the state of the home; `now` is aware and defaults to the present."""
    zone = ZoneInfo(configuration.schedule_time_zone)
    published = home.current.exists()
    build = read_manifest(home.current) if published else {}
    now = now or datetime.now(UTC)
    return StatusReport(
        home=home,
        told_at=now,
        time_zone=zone,
        next_run_at=next_run_at(configuration, now),
        build=build,
        runs=last_runs(home, RUNS_SHOWN),
        sources=[source_state(home, source.name) for source in configuration.sources],
        rejected=[Rejected(*row) for row in _ask(home, _REJECTED)] if published else [],
        findings=[Finding(*row) for row in _ask(home, _FINDINGS)] if _FINDING in build.get("tables", {}) else [],
        restated=[RestatedDay(*row) for row in changes_of_last_build(home, _RESTATED)] if published else [],
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

_FINDINGS = f"""
    select severity, finding, list(distinct subject order by subject), cast(sum(finding_count) as bigint),
        sum(finding_seconds), min(first_date), max(last_date), min(what_to_do)
    from {_FINDING} group by severity, finding order by severity desc, finding
"""

# Of shifts that were complete when they were published: figures of a running shift are expected to change.
_RESTATED = """
    select production_date, count(*), list(distinct work_unit_id order by work_unit_id)
    from (from now.efficiency.oee_machine_shift except from before.efficiency.oee_machine_shift)
    semi join (from before.efficiency.oee_machine_shift where not is_provisional) as complete
        using (company_id, work_unit_id, production_date, shift_id)
    group by production_date order by production_date
"""

_PROOFS = """
    select identity_id, string_agg(scope, ', ' order by scope) filter (difference <> 0), sum(difference),
        cast(sum(rows_compared) as bigint), case when bool_and(status = 'holds') then 'holds' else 'broken' end
    from meta.proof group by identity_id order by identity_id
"""


def _ask(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with query(home, sql) as result:
        return list(result.rows())
