"""The published reconciliation of a period, with what people have accepted since it was built.

In: finance.gl_reconciliation, finance.reconciling_item and finance.budget_walk of the published build, and the list of
decisions, <home>/accepted_items.jsonl. Out: figures and a verdict; decisions are added to the list, never changed.
A decision counts at once here, and in the published figures from the next nightly on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from serving.query import QueryError, open_warehouse
from settings.home import Home
from settings.line_file import append_line, read_lines

UNEXPLAINED, ACCEPTED = "unexplained", "accepted"
_PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-3])")
_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Account:
    """An account in the period; `subledger_amount` is None where no event feeds it. Debit positive."""

    company_id: str
    account_id: str
    account_name: str | None
    account_role: str
    currency_code: str | None
    opening_ledger_amount: Decimal
    ledger_amount: Decimal
    subledger_amount: Decimal | None
    closing_ledger_amount: Decimal


@dataclass(frozen=True)
class Item:
    """A difference on an account in the period, ledger less events, as published or as decided since."""

    company_id: str
    account_id: str
    account_role: str
    reconciling_kind: str
    reconciling_amount: Decimal
    match_kind: str
    named_document: str
    follows_from: str | None
    document_id: str | None
    source_document_id: str | None
    order_id: str | None
    document_ledger_amount: Decimal
    document_subledger_amount: Decimal
    explanation: str
    source_file: str | None
    source_line: int | None
    event_source_file: str | None
    event_source_line: int | None

    @property
    def cause(self) -> str:
        """The document to decide about: the item's own, or the one it follows from."""
        return self.follows_from or self.named_document


@dataclass(frozen=True)
class Walk:
    """A company's way from the static budget to the actual figures of the period, in its currency."""

    company_id: str
    budget_version_id: str | None
    currency_code: str | None
    steps: Mapping[str, Decimal]
    """Sums by column of finance.budget_walk, without the ending `_amount`."""


@dataclass(frozen=True)
class Reconciliation:
    """A period's reconciliation; `walks` is None where the build has no budget walk."""

    build_id: str
    period_id: str
    accounts: tuple[Account, ...]
    items: tuple[Item, ...]
    walks: tuple[Walk, ...] | None

    @cached_property
    def unexplained(self) -> list[Item]:
        """What nothing explains and nobody has accepted."""
        return [item for item in self.items if item.reconciling_kind == UNEXPLAINED]

    @cached_property
    def unexplained_documents(self) -> dict[tuple[str, str], list[Item]]:
        """The same by company and document, the document's own accounts before those it comes back on."""
        found: dict[tuple[str, str], list[Item]] = {}
        for item in sorted(self.unexplained, key=lambda one: (one.follows_from is not None, one.account_id)):
            found.setdefault((item.company_id, item.cause), []).append(item)
        return found

    def of(self, account: Account) -> list[Item]:
        """Return the account's items."""
        return self._by_account.get((account.company_id, account.account_id), [])

    @cached_property
    def _by_account(self) -> dict[tuple[str, str], list[Item]]:
        found: dict[tuple[str, str], list[Item]] = {}
        for item in self.items:
            found.setdefault((item.company_id, item.account_id), []).append(item)
        return found

    def explained_amount(self, account: Account) -> Decimal:
        """Sum of the account's items that have a reason."""
        return sum((i.reconciling_amount for i in self.of(account) if i.reconciling_kind != UNEXPLAINED), _NOTHING)

    def unexplained_amount(self, account: Account) -> Decimal:
        """Sum of the account's items without a reason; they may cancel out."""
        return sum((i.reconciling_amount for i in self.of(account) if i.reconciling_kind == UNEXPLAINED), _NOTHING)

    def status(self, account: Account) -> str:
        """Return the account's reconciliation_status as decided up to now."""
        if account.subledger_amount is None:
            return "no subledger"
        items = self.of(account)
        if any(item.reconciling_kind == UNEXPLAINED for item in items):
            return UNEXPLAINED
        return "explained" if items else "tied out"

    def by_kind(self, account: Account) -> dict[str, list[Item]]:
        """Return the account's items by kind, the unexplained last."""
        found: dict[str, list[Item]] = {}
        for item in sorted(
            self.of(account), key=lambda one: (one.reconciling_kind == UNEXPLAINED, one.reconciling_kind)
        ):
            found.setdefault(item.reconciling_kind, []).append(item)
        return found


def reconcile(home: Home, period_id: str, company_id: str | None = None) -> Reconciliation:
    """Return the published reconciliation of a period, with the decisions of up to now.

    Raises QueryError in one clear line: no such period, nothing published, no ledger delivered, no such company.
    """
    if not _PERIOD.fullmatch(period_id):
        raise QueryError(f"--period {period_id}: no period; write it as 2026-03")
    build, connection = _open(home)
    with connection:
        _check(connection, build, period_id, company_id)
        accounts = _read(connection, Account, "finance.gl_reconciliation", period_id, company_id)
        items = _read(connection, Item, "finance.reconciling_item", period_id, company_id)
        walks = _walks(connection, period_id, company_id) if _has(connection, "finance", "budget_walk") else None
        accepted = _accepted_now(home, connection)
    return Reconciliation(build.name, period_id, tuple(accounts), tuple(_decided(items, accepted)), walks)


def accept(home: Home, document: str, because: str, decided_by: str, company_id: str | None = None) -> Decimal:
    """Record that a document's difference is accepted, and return what is unexplained of it (without sign).

    The caller holds the home. Raises QueryError where the document is unknown, explained already, or of two companies.
    """
    if not because.strip():
        raise QueryError('--because: give the reason, as in --because "provision, see mail of the auditors"')
    _, connection = _open(home)
    with connection:
        found = {
            company: amount
            for (company, named), amount in _differences(connection).items()
            if named == document and company_id in (None, company)
        }
        accepted = _accepted_now(home, connection)
        company, amount = _one_company(document, found)
        if (company, document) in accepted:
            raise QueryError(f"{document}: accepted already; `tieout reconcile --withdraw {document}` takes that back")
        if not amount:
            raise QueryError(f"{document}: {_why_nothing(connection, document, company_id)}")
    _append(home, company, document, because.strip(), decided_by, amount, is_withdrawn=False)
    return amount


def withdraw(home: Home, document: str, because: str | None, decided_by: str, company_id: str | None = None) -> None:
    """Record that a document is no longer accepted. The caller holds the home; QueryError where it is not accepted."""
    active = [
        key for key in _active_decisions(home) if key[1] == document and (company_id is None or key[0] == company_id)
    ]
    if not active:
        raise QueryError(f"{document}: not accepted, so there is nothing to withdraw")
    if len(active) > 1:
        raise QueryError(f"{document}: accepted in {_listed([c for c, _ in active])}; name one with --company")
    _append(home, active[0][0], document, because, decided_by, None, is_withdrawn=True)


# -- the published build ------------------------------------------------------------------------------------------


def _open(home: Home) -> tuple[Path, duckdb.DuckDBPyConnection]:
    try:
        build = home.current.resolve(strict=True)
    except FileNotFoundError as error:
        raise QueryError(f"{home.published}: nothing is published yet; run `tieout nightly`") from error
    connection = open_warehouse(build, home)
    if not _has(connection, "finance", "reconciling_item"):
        connection.close()
        raise QueryError(f"{build}: this build has no reconciliation; run `tieout nightly`")
    return build, connection


def _has(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    found = connection.execute(
        "select 1 from duckdb_tables() where schema_name = ? and table_name = ?", [schema, table]
    ).fetchone()
    return found is not None


def _check(connection: duckdb.DuckDBPyConnection, build: Path, period_id: str, company_id: str | None) -> None:
    rows = connection.execute(
        "select company_id, period_id from finance.gl_reconciliation group by all order by all"
    ).fetchall()
    if not rows:
        raise QueryError(
            f"{build}: no ledger to reconcile with; deliver ledger_posting, and account with the roles of stock, work "
            "in process and variances"
        )
    companies = sorted({company for company, _ in rows})
    if company_id is not None and company_id not in companies:
        raise QueryError(f"--company {company_id}: has no ledger; there is {_listed(companies)}")
    periods = sorted({period for company, period in rows if company_id in (None, company)})
    if period_id not in periods:
        raise QueryError(f"--period {period_id}: not in the ledger, which has {periods[0]} to {periods[-1]}")


def _read(
    connection: duckdb.DuckDBPyConnection, kind: Any, table: str, period_id: str, company_id: str | None
) -> list[Any]:
    order = "company_id, account_id" if kind is Account else "company_id, account_id, reconciling_item_id"
    rows = connection.execute(
        f"""select {", ".join(kind.__dataclass_fields__)} from {table}
        where period_id = $period and ($company is null or company_id = $company) order by {order}""",
        {"period": period_id, "company": company_id},
    ).fetchall()
    return [kind(*row) for row in rows]


WALK_STEPS = (
    "static",
    "activity_variance",
    "flexed",
    "efficiency_variance",
    "rate_variance",
    "spending_variance",
    "undivided_variance",
    "actual",
    "volume_variance",
)


def _walks(connection: duckdb.DuckDBPyConnection, period_id: str, company_id: str | None) -> tuple[Walk, ...]:
    sums = ", ".join(f"coalesce(sum({step}_amount), 0)" for step in WALK_STEPS)
    rows = connection.execute(
        f"""select company_id, budget_version_id, currency_code, {sums} from finance.budget_walk
        where period_id = $period and ($company is null or company_id = $company) group by 1, 2, 3 order by 1, 2, 3""",
        {"period": period_id, "company": company_id},
    ).fetchall()
    return tuple(Walk(row[0], row[1], row[2], dict(zip(WALK_STEPS, row[3:], strict=True))) for row in rows)


def _differences(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Decimal]:
    """Return what is unexplained, or accepted, by company and document: without sign, over accounts and periods."""
    rows = connection.execute(
        """select company_id, named_document, sum(abs(reconciling_amount)) from finance.reconciling_item
        where follows_from is null and reconciling_kind in ('unexplained', 'accepted') group by all"""
    ).fetchall()
    return {(company, document): amount for company, document, amount in rows}


def _one_company(document: str, found: Mapping[str, Decimal]) -> tuple[str | None, Decimal]:
    if len(found) > 1:
        raise QueryError(f"{document}: a document of {_listed(sorted(found))}; name one with --company")
    return next(iter(found.items()), (None, _NOTHING))


def _why_nothing(connection: duckdb.DuckDBPyConnection, document: str, company_id: str | None) -> str:
    about = {"document": document, "company": company_id}
    explained = connection.execute(
        """select distinct reconciling_kind from finance.reconciling_item
        where (named_document = $document or document_id = $document or source_document_id = $document)
            and ($company is null or company_id = $company) order by all""",
        about,
    ).fetchall()
    if explained:
        return f"explained already ({_listed([kind for (kind,) in explained])}), so there is nothing to accept"
    known = connection.execute(
        """select count(*) from core.fct_ledger_posting
        where (document_id = $document or source_document = $document) and ($company is null or company_id = $company)
        """,
        about,
    ).fetchone()
    if known and known[0]:
        return "ties out, so there is nothing to accept"
    return "no such document in the published build; `tieout reconcile --period ...` names the unexplained ones"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


# -- decisions ----------------------------------------------------------------------------------------------------


def _active_decisions(home: Home) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the decisions in force by company and document; the last line about an item rules."""
    latest = {line.get("item_id"): line for line in read_lines(home.accepted_items_file)}
    return {
        (str(line["company_id"]), str(line["document_id"])): line
        for line in latest.values()
        if not line.get("is_withdrawn")
    }


def _accepted_now(home: Home, connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """Return the companies and documents accepted now, at the amount at which they were."""
    decisions = _active_decisions(home)
    differences = _differences(connection) if decisions else {}
    return {
        key
        for key, line in decisions.items()
        if line.get("amount") is None or Decimal(str(line["amount"])) == differences.get(key)
    }


def _decided(items: Sequence[Item], accepted: set[tuple[str, str]]) -> list[Item]:
    """Return the items with the kinds that today's decisions give them."""
    decided = []
    for item in items:
        if item.reconciling_kind in (UNEXPLAINED, ACCEPTED):
            kind = ACCEPTED if (item.company_id, item.cause) in accepted else UNEXPLAINED
            decided.append(replace(item, reconciling_kind=kind))
        else:
            decided.append(item)
    return decided


def _append(
    home: Home,
    company_id: str | None,
    document: str,
    because: str | None,
    decided_by: str,
    amount: Decimal | None,
    *,
    is_withdrawn: bool,
) -> None:
    append_line(
        home.accepted_items_file,
        {
            "item_id": f"{company_id}|{document}",
            "company_id": company_id,
            "document_id": document,
            "amount": None if amount is None else f"{amount:f}",
            "accepted_at": datetime.now(UTC).replace(tzinfo=None).isoformat(),
            "accepted_by": decided_by,
            "because": because,
            "is_withdrawn": is_withdrawn,
        },
    )
