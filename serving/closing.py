"""Closing a period: its published figures are frozen, and what is recorded later shows up beside them.

In: the published warehouse and the list of decisions, <home>/closings.jsonl. Out: one more line, and before it the
frozen figures as Parquet under <home>/closings/<closing_id>/. A run killed between the two has decided nothing; the
next closing of the period writes over what it left.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from serving.durable import flush_to_disk, flush_tree_to_disk
from serving.publish import read_manifest
from serving.query import QueryError, open_warehouse
from settings.errors import ConfigurationError, GateError
from settings.home import Home
from settings.line_file import append_line, read_lines

CLOSED, SOFT_CLOSED, REOPENED = "closed", "soft_closed", "reopened"
FIGURES = "figures.parquet"


@dataclass(frozen=True)
class Frozen:
    """A published table of which a period's figures are frozen; everything but names is SQL over its columns.

    `key` names a figure within mart and measure; `figure` is what restatements are summed by; `dataset` and
    `source_key` say what the figure stands for: a delivered document, an order or an account. `columns` must all be
    there, else the table is left out.
    """

    mart: str
    key: str
    figure: str
    dataset: str
    source_key: str
    measure: str
    columns: tuple[str, ...]
    has_plant: bool = True


FROZEN = (
    Frozen(
        "core.fct_ledger_posting",
        key="document_id || '|' || line_no",
        figure="account_id",
        dataset="'ledger_posting'",
        source_key="document_id || '|' || line_no",
        measure="amount",
        columns=("document_id", "line_no", "account_id", "amount"),
    ),
    Frozen(
        "core.fct_order_posting",
        key="order_id || '|' || posting_id",
        figure="cost_component",
        dataset="source_dataset",
        source_key="source_document_id",
        measure="booked_amount",
        columns=("order_id", "posting_id", "cost_component", "source_dataset", "source_document_id", "booked_amount"),
    ),
    Frozen(
        "cost.wip_order_period",
        key="order_id",
        figure="'closing_amount'",
        dataset="'production_order'",
        source_key="order_id",
        measure="closing_amount",
        columns=("order_id", "closing_amount"),
    ),
    Frozen(
        "cost.order_variance",
        key="order_id || '|' || order_variance_id",
        figure="leaf_code",
        dataset="'production_order'",
        source_key="order_id",
        measure="amount",
        columns=("order_id", "order_variance_id", "leaf_code", "amount"),
    ),
    Frozen(
        "cost.purchase_price_variance",
        key="substr(purchase_line_id, length(company_id) + 2)",
        figure="'price_variance_amount'",
        dataset="'purchase_' || substr(purchase_line_id, length(company_id) + 2, length('receipt'))",
        source_key="document_id || '|' || line_no",
        measure="price_variance_amount",
        columns=("purchase_line_id", "document_id", "line_no", "price_variance_amount"),
    ),
    Frozen(
        "finance.gl_reconciliation",
        key="account_id",
        figure="account_id",
        dataset="'account'",
        source_key="account_id",
        measure="ledger_amount",
        columns=("account_id", "ledger_amount"),
        has_plant=False,
    ),
    Frozen(
        "finance.gl_reconciliation",
        key="account_id",
        figure="account_id",
        dataset="'account_role'",
        source_key="account_role",
        measure="subledger_amount",
        columns=("account_id", "account_role", "subledger_amount"),
        has_plant=False,
    ),
    Frozen(
        "finance.budget_walk",
        key="coalesce(budget_version_id, '') || '|' || coalesce(cost_center_id, '') || '|' || account_id",
        figure="account_id",
        dataset="'account'",
        source_key="account_id",
        measure="actual_amount",
        columns=("budget_version_id", "cost_center_id", "account_id", "actual_amount"),
    ),
)


@dataclass(frozen=True)
class Decision:
    """What is asked: who decides about which period of which company (None: of every company), and why."""

    period_id: str
    company_id: str | None
    decided_by: str
    because: str | None
    anyway: bool


@dataclass(frozen=True)
class Period:
    """A company's period as the published build has it."""

    company_id: str
    period_id: str
    start_date: date | None
    end_date: date | None
    posting_count: int
    time_zone: str


@dataclass(frozen=True)
class Closing:
    """A line of the list as it was written."""

    closing_id: str
    company_id: str
    figures: int


def close_period(home: Home, decision: Decision, *, soft: bool, now: datetime | None = None) -> list[Closing]:
    """Freeze the period as published and say so in the list; return what was closed. The caller holds the home.

    Raises ConfigurationError for a period or company that is not known, is closed already or has nothing published,
    and GateError, naming what stands against it, unless the decision says anyway and why.
    """
    moment = now or datetime.now(UTC).replace(tzinfo=None)
    _ask_reason(decision)
    build, connection = _open_published(home)
    with connection:
        periods = _periods(connection, build)
        known_at = _known_at(connection, build)
        states = _states(home)
        chosen = _to_close(periods, states, decision, soft)
        obstacles = {
            period.company_id: _obstacles(connection, period, periods, states, soft, moment) for period in chosen
        }
        against = [one for company in obstacles.values() for one in company]
        if against and not decision.anyway:
            raise GateError("\n".join([*against, "nothing was closed; settle this, or --anyway --because TEXT"]))
        return [
            _freeze(home, connection, build, known_at, period, decision, obstacles[period.company_id], soft, moment)
            for period in chosen
        ]


def reopen_period(home: Home, decision: Decision, *, now: datetime | None = None) -> list[Closing]:
    """Say in the list that the period is open again, and return the closings undone. The caller holds the home.

    The frozen figures stay on disk. Raises ConfigurationError where the period is not closed or no reason is given,
    GateError where a later one is closed, unless the decision says anyway.
    """
    moment = now or datetime.now(UTC).replace(tzinfo=None)
    if not decision.because:
        raise ConfigurationError("a reopening needs its reason: --because TEXT")
    states = _states(home)
    chosen = [
        line
        for (company, period), line in sorted(states.items())
        if period == decision.period_id and company == (decision.company_id or company) and line["state"] != REOPENED
    ]
    if not chosen:
        whose = f" of {decision.company_id}" if decision.company_id else ""
        raise ConfigurationError(f"period {decision.period_id}{whose} is not closed; finance.closing lists what is")
    later = {
        line["company_id"]: sorted(
            period
            for (company, period), other in states.items()
            if company == line["company_id"] and period > decision.period_id and other["state"] != REOPENED
        )
        for line in chosen
    }
    despite = {company: f"closed later periods: {', '.join(names)}" for company, names in later.items() if names}
    if despite and not decision.anyway:
        told = [f"{company}: {words}" for company, words in despite.items()]
        raise GateError("\n".join([*told, "nothing was reopened; reopen these first, or --anyway"]))
    for line in chosen:
        append_line(
            home.closings_file,
            {
                **{
                    name: line[name]
                    for name in ("closing_id", "company_id", "period_id", "known_at", "build_id", "marts")
                },
                "state": REOPENED,
                "recorded_at": moment.isoformat(),
                "decided_by": decision.decided_by,
                "because": decision.because,
                "despite": despite.get(line["company_id"]),
            },
        )
    return [Closing(line["closing_id"], line["company_id"], 0) for line in chosen]


def _ask_reason(decision: Decision) -> None:
    if decision.anyway and not decision.because:
        raise ConfigurationError("--anyway needs its reason: --because TEXT")


def _open_published(home: Home) -> tuple[Path, duckdb.DuckDBPyConnection]:
    if not home.current.exists():
        raise QueryError(f"{home.published}: nothing is published yet; run `tieout nightly`")
    build = home.current.resolve()
    as_of = read_manifest(build).get("as_of")
    if as_of:
        raise ConfigurationError(f"{build.name} shows what was known at {as_of} UTC; run `tieout nightly`, then close")
    return build, open_warehouse(build, home)


def _periods(connection: duckdb.DuckDBPyConnection, build: Path) -> list[Period]:
    try:
        rows = connection.execute(
            """
            select closing.company_id, period_id, start_date, end_date, posting_count, coalesce(time_zone, 'UTC')
            from finance.closing left join core.dim_company using (company_id)
            where is_last_decision
            order by all
            """
        ).fetchall()
    except duckdb.CatalogException as error:
        raise ConfigurationError(f"{build.name} has no list of periods; run `tieout nightly`, then close") from error
    return [Period(*row) for row in rows]


def _known_at(connection: duckdb.DuckDBPyConnection, build: Path) -> str:
    """The moment of the build's last knowledge; of a build that does not say, its last load's."""
    told = read_manifest(build).get("known_at")
    if told:
        return str(told)
    row = connection.execute("select max(recorded_at) from meta.load").fetchone()
    if row is None or row[0] is None:
        raise ConfigurationError(f"{build.name} holds no load; run `tieout nightly`, then close")
    moment: datetime = row[0]
    return moment.isoformat()


def _states(home: Home) -> dict[tuple[str, str], dict[str, Any]]:
    """The last line about each company and period."""
    return {(line["company_id"], line["period_id"]): line for line in read_lines(home.closings_file)}


def _to_close(
    periods: Sequence[Period], states: dict[tuple[str, str], dict[str, Any]], decision: Decision, soft: bool
) -> list[Period]:
    """The periods of the decision that can be closed: all companies' that have figures in it, or the named one's."""
    companies = sorted({period.company_id for period in periods})
    if decision.company_id is not None and decision.company_id not in companies:
        raise ConfigurationError(f"there is no company {decision.company_id}; name one of {', '.join(companies)}")
    of_company = [period for period in periods if period.company_id == (decision.company_id or period.company_id)]
    named = [period for period in of_company if period.period_id == decision.period_id]
    if not named:
        with_postings = [period.period_id for period in of_company if period.posting_count] or ["none yet"]
        raise ConfigurationError(
            f"there is no period {decision.period_id}; write it as 2026-03, between {min(with_postings)} and "
            f"{max(with_postings)}"
        )
    with_figures = [period for period in named if period.posting_count]
    if not with_figures:
        raise ConfigurationError(f"period {decision.period_id} has no postings, so there is nothing to close")
    state_of = {period: states.get((period.company_id, period.period_id), {}).get("state") for period in with_figures}
    open_ones = [period for period, state in state_of.items() if state != CLOSED and (state != SOFT_CLOSED or not soft)]
    if not open_ones:
        lines = [states[period.company_id, period.period_id] for period in with_figures]
        told = ", ".join(f"{line['company_id']} at {line['recorded_at']} UTC as {line['closing_id']}" for line in lines)
        raise ConfigurationError(f"period {decision.period_id} is closed already ({told}); tieout reopen opens it")
    return open_ones


def _obstacles(
    connection: duckdb.DuckDBPyConnection,
    period: Period,
    periods: Iterable[Period],
    states: dict[tuple[str, str], dict[str, Any]],
    soft: bool,
    moment: datetime,
) -> list[str]:
    """What stands against closing, a line each. A soft closing may leave amounts unexplained."""
    name = f"{period.company_id} {period.period_id}"
    found = []
    today = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(period.time_zone)).date()
    if period.end_date is None or period.end_date >= today:
        found.append(f"{name}: the period is not over, it ends on {period.end_date}")
    earlier = [
        other.period_id
        for other in periods
        if other.company_id == period.company_id
        and other.period_id != period.period_id
        and other.posting_count
        and (other.start_date or date.max) < (period.start_date or date.min)
        and states.get((other.company_id, other.period_id), {}).get("state", REOPENED) == REOPENED
    ]
    if earlier:
        found.append(f"{name}: earlier periods are open: {', '.join(sorted(earlier))}")
    if not soft:
        found += [
            f"{name}: account {account} has {amount:,.2f} that nothing explains; tieout reconcile names it"
            for account, amount in _unexplained(connection, period)
        ]
    return found


def _unexplained(connection: duckdb.DuckDBPyConnection, period: Period) -> list[tuple[str, Decimal]]:
    """The accounts with items that nothing explains. Those of one order may cancel out: the sum can be 0."""
    if not _has_columns(
        connection, "finance.gl_reconciliation", ("account_id", "unexplained_amount", "unexplained_count")
    ):
        return []
    return connection.execute(
        """
        select account_id, sum(unexplained_amount) from finance.gl_reconciliation
        where company_id = ? and period_id = ? and unexplained_count > 0
        group by account_id order by account_id
        """,
        [period.company_id, period.period_id],
    ).fetchall()


def _has_columns(connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[str]) -> bool:
    schema, name = table.split(".")
    found = connection.execute(
        "select column_name from duckdb_columns() where schema_name = ? and table_name = ?", [schema, name]
    ).fetchall()
    return {"company_id", "period_id", *columns} <= {column for (column,) in found}


def _freeze(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    build: Path,
    known_at: str,
    period: Period,
    decision: Decision,
    obstacles: Sequence[str],
    soft: bool,
    moment: datetime,
) -> Closing:
    """Write the figures, then the line: only with the line is anything closed."""
    closing_id = _next_id(home, period)
    tables = [table for table in FROZEN if _has_columns(connection, table.mart, table.columns)]
    folder = home.closings / closing_id
    prepared = home.closings / f".{closing_id}.tmp"
    for leftover in (folder, prepared):
        if leftover.exists():  # of a run that was killed before it wrote its line
            shutil.rmtree(leftover)
    prepared.mkdir(parents=True)
    figures = _write_figures(connection, prepared / FIGURES, closing_id, period, tables)
    flush_tree_to_disk(prepared)
    prepared.rename(folder)
    flush_to_disk(home.closings)
    append_line(
        home.closings_file,
        {
            "closing_id": closing_id,
            "company_id": period.company_id,
            "period_id": period.period_id,
            "state": SOFT_CLOSED if soft else CLOSED,
            "recorded_at": moment.isoformat(),
            "known_at": known_at,
            "build_id": build.name,
            "decided_by": decision.decided_by,
            "because": decision.because,
            "marts": ",".join(dict.fromkeys(table.mart for table in tables)),
            "despite": "; ".join(obstacles) or None,
            "figures": figures,
            "sha256": hashlib.sha256((folder / FIGURES).read_bytes()).hexdigest(),
        },
    )
    return Closing(closing_id, period.company_id, figures)


def _next_id(home: Home, period: Period) -> str:
    """Name the closing after period and company, with a number from 1. It names a folder, hence the plain letters."""
    safe = re.sub(r"[^A-Za-z0-9_-]", "", period.company_id)
    if safe != period.company_id:
        safe += f"-{hashlib.sha256(period.company_id.encode()).hexdigest()[:8]}"
    before = {
        line["closing_id"]
        for line in read_lines(home.closings_file)
        if (line["company_id"], line["period_id"]) == (period.company_id, period.period_id)
    }
    return f"{re.sub(r'[^A-Za-z0-9_-]', '', period.period_id)}.{safe}.{len(before) + 1}"


def _write_figures(
    connection: duckdb.DuckDBPyConnection, file: Path, closing_id: str, period: Period, tables: Sequence[Frozen]
) -> int:
    """Write the period's figures of every table in long form, and return how many there are."""
    selected = [
        f"""
        select company_id, {"plant_id" if table.has_plant else "null::varchar"} as plant_id, period_id,
            '{table.mart}' as mart, {table.key} as figure_key, {table.figure} as figure, {table.dataset} as dataset,
            {table.source_key} as source_key, '{table.measure}' as measure,
            {table.measure}::decimal(18, 4) as amount
        from {table.mart}
        where company_id = $company and period_id = $period
        """
        for table in tables
    ]
    if not selected:
        raise ConfigurationError(
            "the published build has none of the tables that a closing freezes; run tieout nightly"
        )
    target = str(file).replace("'", "''")
    with duckdb.connect() as memory:
        rows = connection.execute(
            f"select $closing as closing_id, * from ({' union all '.join(selected)}) order by all",
            {"closing": closing_id, "company": period.company_id, "period": period.period_id},
        ).to_arrow_table()
        memory.register("figures", rows)
        memory.execute(f"copy figures to '{target}' (format parquet, compression zstd)")
    file.chmod(0o444)
    return int(rows.num_rows)
