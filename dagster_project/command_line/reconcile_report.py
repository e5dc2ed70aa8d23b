"""What `tieout reconcile` prints: for people within the width of their terminal, for programs as CSV or JSON."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import IO, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from serving.json_text import json_text
from serving.reconcile import UNEXPLAINED, Item, Reconciliation, Walk

DOCUMENTS_SHOWN = 20
ROOM_FOR_NAMES = 104
"""From this width on the accounts' names are shown beside their roles."""
_STEPS = {
    "static": "static budget",
    "activity_variance": "+ activity",
    "flexed": "= flexed budget",
    "efficiency_variance": "+ efficiency",
    "rate_variance": "+ rate",
    "spending_variance": "+ spending",
    "undivided_variance": "+ not told apart",
    "actual": "= actual",
}
_GAP, _SHORTEST = 3, 12
_COLORS = {UNEXPLAINED: "red", "explained": "yellow", "tied out": "green"}


def print_report(found: Reconciliation, stream: IO[str]) -> None:
    """Print the budget walk, the accounts, their reconciling items by kind, and each unexplained document."""
    console = Console(file=stream, highlight=False)
    walks = [walk for walk in found.walks or () if walk.budget_version_id]
    for walk in walks:
        _print_walk(console, walk, found.period_id)
    if not walks:
        why = "not in this build; run `tieout nightly`" if found.walks is None else "no budget, nothing to walk from"
        console.print(f"budget walk: {why}\n")
    for company_id in dict.fromkeys(account.company_id for account in found.accounts):
        _print_accounts(console, found, company_id)
        _print_kinds(console, found, company_id)
    _print_documents(console, found)
    _print_verdict(console, found)


def _print_walk(console: Console, walk: Walk, period_id: str) -> None:
    table = _table(
        f"budget walk {period_id}, {walk.company_id}, budget {walk.budget_version_id}", walk.currency_code or ""
    )
    for step, words in _STEPS.items():
        if step == "undivided_variance" and not walk.steps[step]:
            continue
        table.add_row(words, _money(walk.steps[step]))
    _print_table(console, table)
    console.print(f"beside it, volume variance of fixed overhead: {_money(walk.steps['volume_variance'])}\n")


def _print_accounts(console: Console, found: Reconciliation, company_id: str) -> None:
    accounts = [account for account in found.accounts if account.company_id == company_id]
    currency = next((account.currency_code for account in accounts if account.currency_code), "")
    with_names = console.width >= ROOM_FOR_NAMES
    table = _table(
        f"ledger {found.period_id}, {company_id}",
        *(["name"] if with_names else []),
        f"ledger {currency}",
        "events",
        "explained",
        "unexplained",
        "",
    )
    for account in accounts:
        status = found.status(account)
        if status == "no subledger" and not account.ledger_amount:
            continue
        color = _COLORS.get(status, "dim")
        role = account.account_role
        label = role if account.account_id.startswith("(") else f"{account.account_id} {role}"
        table.add_row(
            label,
            *([account.account_name or "no account has this role"] if with_names else []),
            _money(account.ledger_amount),
            _money(account.subledger_amount),
            _money(found.explained_amount(account)),
            _money(found.unexplained_amount(account)),
            f"[{color}]{_MARKS[status]}[/{color}]",
        )
    _print_table(console, table)
    console.print("ok ties out · ~ explained · !! unexplained · — no event feeds the account\n", style="dim")


_MARKS = {UNEXPLAINED: "!!", "explained": "~", "tied out": "ok", "no subledger": "—"}


def _print_kinds(console: Console, found: Reconciliation, company_id: str) -> None:
    table = _table("reconciling items", "account", "items", "amount")
    for account in found.accounts:
        if account.company_id != company_id:
            continue
        for kind, items in found.by_kind(account).items():
            amount = sum((item.reconciling_amount for item in items), Decimal(0))
            shown = f"[red]{kind}[/red]" if kind == UNEXPLAINED else kind
            table.add_row(shown, f"{account.account_id} {account.account_role}", f"{len(items):,}", _money(amount))
    if table.row_count:
        _print_table(console, table)
        console.print()


def _print_documents(console: Console, found: Reconciliation) -> None:
    documents = found.unexplained_documents
    for (company_id, document), items in list(documents.items())[:DOCUMENTS_SHOWN]:
        first = items[0]
        told = first.explanation if document in first.explanation else f"{document}: {first.explanation}"
        of_company = f" ({company_id})" if len({account.company_id for account in found.accounts}) > 1 else ""
        console.print(Text(f"{told}{of_company}", style="red"))
        if not (first.document_ledger_amount == 0 or first.document_subledger_amount == 0):
            console.print(
                f"  ledger {_money(first.document_ledger_amount)}, events {_money(first.document_subledger_amount)}"
            )
        for place in _places(first):
            console.print(f"  {place}")
        for item in items:
            after = " when its order is settled" if item.follows_from else ""
            console.print(f"  {_money(item.reconciling_amount)} on {item.account_id} {item.account_role}{after}")
    if len(documents) > DOCUMENTS_SHOWN:
        console.print(f"and {len(documents) - DOCUMENTS_SHOWN:,} more documents; --format csv lists them all")
    if documents:
        document = next(iter(documents))[1]
        console.print(
            "\nto do: deliver what is missing or wrong again and run `tieout nightly`, or accept a document:\n"
            f'  tieout reconcile --accept {document} --because "..."'
        )


def _places(item: Item) -> Iterator[str]:
    if item.source_file:
        yield f"{item.source_file}, line {item.source_line}"
    if item.event_source_file and (item.event_source_file, item.event_source_line) != (
        item.source_file,
        item.source_line,
    ):
        yield f"{item.event_source_file}, line {item.event_source_line} (the event)"


def _print_verdict(console: Console, found: Reconciliation) -> None:
    reconciled = [account for account in found.accounts if account.subledger_amount is not None]
    open_accounts = [account for account in reconciled if found.status(account) == UNEXPLAINED]
    console.print(
        f"\n{found.period_id}: {len(reconciled) - len(open_accounts)} of {len(reconciled)} accounts tie out or are "
        f"explained; unexplained documents: {len(found.unexplained_documents):,} (build {found.build_id})"
    )


def write_csv(found: Reconciliation, stream: IO[str]) -> None:
    """Write one row an account, then one row an item; an account's items add up to ledger less subledger."""
    columns = (
        "row",
        "company_id",
        "period_id",
        "account_id",
        "account_role",
        "ledger_amount",
        "subledger_amount",
        "explained_amount",
        "unexplained_amount",
        "status_or_kind",
        "reconciling_amount",
        "document",
        "follows_from",
        "document_id",
        "source_document_id",
        "order_id",
        "explanation",
        "source_file",
        "source_line",
        "event_source_file",
        "event_source_line",
    )
    writer = csv.DictWriter(stream, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for row in (*_account_rows(found), *_item_rows(found)):
        writer.writerow({name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in row.items()})


def write_json(found: Reconciliation, stream: IO[str]) -> None:
    """Write everything as one JSON object; amounts keep their digits."""
    walks = None if found.walks is None else [asdict(walk) for walk in found.walks]
    stream.write(
        json_text(
            {
                "build_id": found.build_id,
                "period_id": found.period_id,
                "is_explained": not found.unexplained,
                "budget_walk": walks,
                "accounts": _account_rows(found),
                "items": _item_rows(found),
            }
        )
        + "\n"
    )


def _account_rows(found: Reconciliation) -> list[dict[str, Any]]:
    return [
        {
            "row": "account",
            "period_id": found.period_id,
            **asdict(account),
            "explained_amount": found.explained_amount(account),
            "unexplained_amount": found.unexplained_amount(account),
            "status_or_kind": found.status(account),
        }
        for account in found.accounts
    ]


def _item_rows(found: Reconciliation) -> list[dict[str, Any]]:
    return [
        {
            "row": "item",
            "period_id": found.period_id,
            **asdict(item),
            "status_or_kind": item.reconciling_kind,
            "document": item.named_document,
        }
        for item in found.items
    ]


def _table(title: str, *columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in (title, *columns):
        words = name in (title, "name", "account", "")
        table.add_column(name, justify="left" if words else "right", no_wrap=True, overflow="ellipsis")
    return table


def _print_table(console: Console, table: Table) -> None:
    """Print the table; where the terminal is too narrow, words are cut and never a figure."""
    widths = [max(map(len, (str(column.header), *map(_plain, column.cells)))) for column in table.columns]
    too_wide = sum(widths) + _GAP * (len(widths) - 1) - console.width
    for column, width in sorted(zip(table.columns, widths, strict=True), key=lambda pair: -pair[1]):
        if column.header in ("", table.columns[0].header, "name", "account"):
            cut = max(min(too_wide, width - _SHORTEST), 0) if column.header else 0
            too_wide -= cut
            width -= cut
        column.width = width
    console.print(table)


def _plain(cell: object) -> str:
    return Text.from_markup(str(cell)).plain


def _money(amount: Decimal | None) -> str:
    return "—" if amount is None else f"{amount:,.2f}"
