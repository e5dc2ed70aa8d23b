"""The ledger tied out, closed periods restated: I4, I5 and I10, from the ledger's lines and the events' bookings."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from serving.verify.build import Build
from serving.verify.numbers import known
from serving.verify.orders import POSTING, WIP
from serving.verify.proof import Identity, row_identity, sides

LINE, ACCOUNT, ITEM, RESTATED, DOCUMENT = (
    "core.fct_ledger_posting",
    "finance.gl_reconciliation",
    "finance.reconciling_item",
    "finance.restatement",
    "finance.restated_document",
)
_KEY = ("company_id", "account_id", "period_id")
_ROW = ("account_id", "period_id")
_NOT_KINDS = ("ledger", "subledger", "explained", "unexplained")


def identities(kinds: dict[str, str]) -> list[Identity]:
    """Every identity of the ledger; `kinds` are the reconciliation's columns by the reason that they add up."""
    return [*_reconciliation(kinds), *_balances(), *_restatements()]


def reconciling_kinds(build: Build) -> dict[str, str]:
    """The columns of the reconciliation that hold one reason each, by the reason."""
    columns = [name for name in build.columns(ACCOUNT) if name.endswith("_amount")]
    plain = [
        name.removesuffix("_amount")
        for name in columns
        if name.removesuffix("_amount") not in _NOT_KINDS
        and not name.startswith(("opening_ledger", "opening_subledger", "closing_"))
    ]
    return {name.removeprefix("ledger_"): f"{name}_amount" for name in plain}


def _reconciliation(kinds: dict[str, str]) -> list[Identity]:
    def ledger(build: Build) -> pl.LazyFrame:
        lines = build.scan(LINE).filter(pl.col("account_role").is_not_null() & pl.col("is_company_currency"))
        return sides(build.scan(ACCOUNT).select(*_KEY, left="ledger_amount"), lines.select(*_KEY, right="amount"), _KEY)

    def items(column: str, which: pl.Expr) -> Callable[[Build], pl.LazyFrame]:
        def frame(build: Build) -> pl.LazyFrame:
            return sides(
                build.scan(ACCOUNT).select(*_KEY, left=column),
                build.scan(ITEM).filter(which).select(*_KEY, right="reconciling_amount"),
                _KEY,
            ).with_columns(figure=pl.lit(column))

        return frame

    def counts(column: str, which: pl.Expr) -> Callable[[Build], pl.LazyFrame]:
        def frame(build: Build) -> pl.LazyFrame:
            found = build.scan(ITEM).filter(which).select(*_KEY, right=pl.lit(1))
            return sides(build.scan(ACCOUNT).select(*_KEY, left=column), found, _KEY)

        return frame

    item = {ITEM: (*_KEY, "reconciling_kind", "is_explained", "reconciling_amount")}
    is_explained = pl.col("is_explained")
    sums = {"explained_amount": is_explained, "unexplained_amount": ~is_explained}
    sums |= {column: (pl.col("reconciling_kind") == kind) & is_explained for kind, column in kinds.items()}
    return [
        Identity(
            "I4.LEDGER",
            "ledger side of the reconciliation = the ledger's lines",
            {ACCOUNT: (*_KEY, "ledger_amount"), LINE: (*_KEY, "account_role", "is_company_currency", "amount")},
            ledger,
        ),
        row_identity(
            "I4.TIED_OUT",
            "ledger = events + explained + unexplained",
            ACCOUNT,
            _ROW,
            pl.col("ledger_amount"),
            pl.col("subledger_amount") + pl.col("explained_amount") + pl.col("unexplained_amount"),
            where=pl.col("subledger_amount").is_not_null(),
        ),
        *(
            Identity(
                "I4.ITEMS",
                "explained and unexplained = the reconciling items",
                {ACCOUNT: (*_KEY, column), **item},
                items(column, which),
            )
            for column, which in sums.items()
        ),
        Identity(
            "I4.COUNTS",
            "number of items = the reconciling items",
            {ACCOUNT: (*_KEY, "item_count"), **item},
            counts("item_count", pl.lit(True)),
        ),
        Identity(
            "I4.COUNTS",
            "number of items = the reconciling items",
            {ACCOUNT: (*_KEY, "unexplained_count"), **item},
            counts("unexplained_count", ~is_explained),
        ),
        Identity(
            "I4.DOCUMENT",
            "reconciling items of a document or order = its ledger side − its events' side",
            {
                ITEM: (
                    *_KEY,
                    "account_role",
                    "match_kind",
                    "source_document_id",
                    "order_id",
                    "reconciling_item_id",
                    "reconciling_amount",
                    "document_ledger_amount",
                    "document_subledger_amount",
                )
            },
            _documents,
        ),
        Identity(
            "I5.EVENTS",
            "events' side of an account = bookings and settlements of orders",
            {
                ACCOUNT: (*_KEY, "account_role", "subledger_amount"),
                POSTING: ("company_id", "period_id", "cost_component", "booked_amount"),
                WIP: ("company_id", "period_id", "settled_amount"),
            },
            _events,
        ),
    ]


def _documents(build: Build) -> pl.LazyFrame:
    """Each item beside all items of what it was compared by: a document, or the settlement of an order.

    Journals are left out: one that another takes back is compared with it, and their sides say 0.
    """
    of_document = ("company_id", "account_role", "match_kind", "match_id")
    match = pl.when(pl.col("match_kind") == "document").then(pl.col("source_document_id")).otherwise(pl.col("order_id"))
    compared = pl.col("match_kind").is_in(["document", "settlement"])
    rows = build.scan(ITEM).filter(compared).with_columns(match_id=match)
    return rows.select(
        "company_id",
        "reconciling_item_id",
        left=pl.col("reconciling_amount").sum().over(of_document),
        right=pl.col("document_ledger_amount") - pl.col("document_subledger_amount"),
    )


def _events(build: Build) -> pl.LazyFrame:
    """Work in process, production variance and absorption: what orders say against the events' side of the ledger."""
    posted = build.scan(POSTING)
    settled = build.scan(WIP)
    of_orders = pl.concat(
        [
            posted.select("company_id", "period_id", account_role=pl.lit("wip"), right="booked_amount"),
            settled.select("company_id", "period_id", account_role=pl.lit("wip"), right=-1 * pl.col("settled_amount")),
            settled.select(
                "company_id", "period_id", account_role=pl.lit("production_variance"), right="settled_amount"
            ),
            posted.filter(pl.col("cost_component") == "labour").select(
                "company_id", "period_id", account_role=pl.lit("labour_absorbed"), right=-1 * pl.col("booked_amount")
            ),
            posted.filter(
                pl.col("cost_component").is_in(["machine", "setup", "variable_overhead", "fixed_overhead"])
            ).select(
                "company_id", "period_id", account_role=pl.lit("overhead_absorbed"), right=-1 * pl.col("booked_amount")
            ),
        ]
    )
    # Compared in sum over all periods of an account: settlement is posted when it is known, and cut-off moves bookings.
    reconciled = build.scan(ACCOUNT).filter(pl.col("subledger_amount").is_not_null())
    whole = ("company_id", "account_role")
    roles = reconciled.select(*whole).unique()
    return sides(
        reconciled.join(of_orders.select(*whole).unique(), on=whole, how="semi").select(
            *whole, left="subledger_amount"
        ),
        of_orders.join(roles, on=whole, how="semi").select(*whole, right="right"),
        whole,
    )


def _balances() -> list[Identity]:
    def rolls(side: str) -> Callable[[Build], pl.LazyFrame]:
        def frame(build: Build) -> pl.LazyFrame:
            account = ("company_id", "account_id")
            before = pl.col(f"closing_{side}_amount").shift(1).over(account, order_by="period_id")
            is_first = pl.col("period_id") == pl.col("period_id").min().over(account)
            right = pl.when(is_first & pl.col(f"closing_{side}_amount").is_not_null()).then(0).otherwise(before)
            return build.scan(ACCOUNT).select(*_KEY, left=f"opening_{side}_amount", right=right)

        return frame

    def documents(build: Build) -> pl.LazyFrame:
        key = ("company_id", "document_id")
        return build.scan(LINE).select(
            *key, "line_no", left="document_balance_amount", right=pl.col("amount").sum().over(key)
        )

    found = []
    for side in ("ledger", "subledger"):
        found += [
            row_identity(
                "LEDGER.BALANCE",
                "closing balance = opening + movement",
                ACCOUNT,
                _ROW,
                pl.col(f"closing_{side}_amount"),
                pl.col(f"opening_{side}_amount") + pl.col(f"{side}_amount"),
            ),
            Identity(
                "LEDGER.ROLLS",
                "opening balance = closing of the period before",
                {ACCOUNT: (*_KEY, f"opening_{side}_amount", f"closing_{side}_amount")},
                rolls(side),
            ),
        ]
    return [
        *found,
        Identity(
            "LEDGER.DOCUMENT",
            "balance of a document = its lines",
            {LINE: ("company_id", "document_id", "line_no", "amount", "document_balance_amount")},
            documents,
        ),
    ]


def _restatements() -> list[Identity]:
    def as_now(mart: str, measure: str) -> Callable[[Build], pl.LazyFrame]:
        def frame(build: Build) -> pl.LazyFrame:
            key = ("company_id", "period_id")
            restated = build.scan(RESTATED).filter((pl.col("mart") == mart) & (pl.col("measure") == measure))
            # The last closing of a period is compared: an earlier one says the same once more.
            last = restated.group_by(*key).agg(closing_id=pl.col("closing_id").max())
            told = restated.join(last, on=(*key, "closing_id"), how="semi")
            now = build.scan(mart).join(last, on=key, how="semi")
            return sides(told.select(*key, left="as_now_amount"), now.select(*key, right=measure), key)

        return frame

    frozen = (
        (LINE, "amount"),
        (POSTING, "booked_amount"),
        (WIP, "closing_amount"),
        ("cost.order_variance", "amount"),
        ("cost.purchase_price_variance", "price_variance_amount"),
        (ACCOUNT, "ledger_amount"),
        (ACCOUNT, "subledger_amount"),
        ("finance.budget_walk", "actual_amount"),
    )
    columns = ("company_id", "period_id", "closing_id", "mart", "measure", "as_now_amount")
    return [
        row_identity(
            "I10.RESTATED",
            "restatement = as now − as closed",
            RESTATED,
            ("restatement_id",),
            pl.col("difference_amount"),
            pl.col("as_now_amount") - pl.col("as_closed_amount"),
        ),
        row_identity(
            "I10.DOCUMENT",
            "change of a document = as now − as closed",
            DOCUMENT,
            ("restated_document_id",),
            pl.col("difference_amount"),
            known("as_now_amount") - known("as_closed_amount"),
        ),
        *(
            Identity(
                "I10.AS_NOW",
                "what closed periods say now = the table itself",
                {RESTATED: columns, mart: ("company_id", "period_id", measure)},
                as_now(mart, measure),
            )
            for mart, measure in frozen
        ),
    ]
