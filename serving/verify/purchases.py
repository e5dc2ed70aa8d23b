"""Purchases and standards: price variances from quantities and prices, what a standard is made of, and revaluation."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from serving.verify.build import Build
from serving.verify.numbers import CENT, ONE, known, quotient, rounded, times
from serving.verify.orders import COST, GROUPS, POSTING
from serving.verify.proof import Identity, row_identity, sides

PURCHASE, STANDARD, REVALUATION, DEFERRAL, LEDGER = (
    "cost.purchase_price_variance",
    "cost.standard_cost_item",
    "cost.standard_revaluation",
    "cost.price_variance_deferral",
    "core.fct_ledger_posting",
)
RATE = 1_000_000_000
"""A rate of exchange has nine places."""
_LINE = ("purchase_line_id",)
_DIFFERENCE = "rollup_difference_amount"
_ITEM = ("company_id", "plant_id", "item_id")
_VERSION = (*_ITEM, "version_id")
_IS_ORDER = pl.col("order_id").is_not_null()


def identities() -> list[Identity]:
    """Every identity of purchases and standards."""
    return [*_purchases(), *_standards(), *_revaluations(), *_deferrals()]


def _purchases() -> list[Identity]:
    at_receipt = pl.col("variance_kind") == "at receipt"
    per_unit = pl.col("price_unit_qty")
    # The published price has four places: the quantity it is multiplied by carries that rounding into the value.
    price_slack = CENT // 2 + (pl.col("base_qty").abs() * 50) // per_unit + 1
    return [
        row_identity(
            "PPV.VALUE",
            "value = transaction amount × rate, in cents",
            PURCHASE,
            _LINE,
            pl.col("value_amount"),
            rounded(times(pl.col("transaction_amount"), pl.col("exchange_rate")), RATE),
            where=pl.col("transaction_amount").is_not_null() & pl.col("exchange_rate").is_not_null(),
        ),
        row_identity(
            "PPV.RECEIPT",
            "price variance of a receipt = value − standard",
            PURCHASE,
            _LINE,
            pl.col("price_variance_amount"),
            pl.col("value_amount") - pl.col("standard_value_amount"),
            where=at_receipt & ~_IS_ORDER,
        ),
        row_identity(
            "PPV.INVOICE",
            "price variance of an invoice = charged − value of the receipt − exchange difference",
            PURCHASE,
            _LINE,
            pl.col("price_variance_amount"),
            pl.col("value_amount") - pl.col("receipt_value_amount") - pl.col("exchange_difference_amount"),
            where=pl.col("variance_kind").is_in(["at invoice", "later charge"]) & ~_IS_ORDER,
        ),
        row_identity(
            "PPV.NOTHING_TO_SETTLE",
            "a receipt settles nothing, an invoice has no standard",
            PURCHASE,
            _LINE,
            pl.when(at_receipt)
            .then(known("receipt_value_amount").abs() + known("exchange_difference_amount").abs())
            .otherwise(known("standard_value_amount")),
            pl.lit(0, dtype=pl.Int128),
            where=~_IS_ORDER,
        ),
        row_identity(
            "PPV.PRICE",
            "price paid = value ÷ quantity",
            PURCHASE,
            _LINE,
            pl.col("actual_price_amount"),
            rounded(times(pl.col("value_amount"), per_unit), pl.col("base_qty"), unit=100),
        ),
        row_identity(
            "PPV.STANDARD",
            "standard value of a receipt = quantity × standard price",
            PURCHASE,
            _LINE,
            pl.col("standard_value_amount"),
            rounded(times(pl.col("base_qty"), pl.col("standard_price_amount")), per_unit),
            where=at_receipt
            & ~_IS_ORDER
            & pl.col("standard_price_amount").is_not_null()
            & pl.col("standard_value_amount").is_not_null(),
            slack=price_slack,
        ),
        row_identity(
            "PPV.OUTSIDE_WORK",
            "outside work has no standard and no price variance of its own",
            PURCHASE,
            _LINE,
            known("price_variance_amount").abs() + known("standard_value_amount").abs(),
            pl.lit(0, dtype=pl.Int128),
            where=_IS_ORDER,
        ),
        row_identity(
            "PPV.SIDE",
            "a price variance's side is its sign",
            PURCHASE,
            _LINE,
            pl.col("price_variance_amount").sign().cast(pl.Int128),
            pl.col("variance_side").replace_strict(
                {"unfavourable": 1, "favourable": -1, "none": 0}, default=None, return_dtype=pl.Int128
            ),
        ),
        Identity(
            "PPV.ON_ORDERS",
            "outside work: receipts and the price part of invoices = the order's bookings",
            {
                PURCHASE: ("company_id", "purchase_document_id", "order_id", "value_amount", "receipt_value_amount"),
                POSTING: ("company_id", "source_document_id", "source_dataset", "booked_amount"),
            },
            _outside_work,
        ),
        Identity(
            "PPV.RECEIPTS",
            "value of the receipt that an invoice settles = its share of the receipt's value",
            {
                PURCHASE: (
                    "company_id",
                    "purchase_document_id",
                    "purchase_line_no",
                    "receipt_id",
                    "receipt_line_no",
                    "variance_kind",
                    "base_qty",
                    "value_amount",
                    "receipt_value_amount",
                )
            },
            _settled_receipts,
        ),
        Identity(
            "PPV.EXCHANGE",
            "exchange difference = what is settled × (rate at invoice − rate at receipt)",
            {
                PURCHASE: (
                    "company_id",
                    "purchase_document_id",
                    "purchase_line_no",
                    "receipt_id",
                    "receipt_line_no",
                    "exchange_rate",
                    "base_qty",
                    "transaction_amount",
                    "exchange_difference_amount",
                )
            },
            _exchange,
        ),
        Identity(
            "PPV.STANDARD_OF_ITEM",
            "standard price of a receipt = the item's standard on the day",
            {
                PURCHASE: (*_ITEM, "posting_date", "standard_price_amount", "price_unit_qty"),
                STANDARD: _STANDARD_COLUMNS,
            },
            _receipt_standard,
        ),
    ]


_STANDARD_COLUMNS = (*_VERSION, "cost_component", "valid_from", "valid_to", "price_unit_qty", "delivered_amount")


def _outside_work(build: Build) -> pl.LazyFrame:
    key = ("company_id", "purchase_document_id")
    lines = build.scan(PURCHASE).filter(_IS_ORDER)
    part = pl.col("value_amount") - pl.col("receipt_value_amount") - pl.col("exchange_difference_amount")
    bookings = build.scan(POSTING).filter(pl.col("source_dataset").is_in(["purchase_receipt", "purchase_invoice"]))
    return sides(
        lines.select(*key, left=part),
        bookings.select("company_id", purchase_document_id="source_document_id", right="booked_amount"),
        key,
    )


def _invoices_with_receipt(build: Build) -> pl.LazyFrame:
    """Invoice lines that settle one known receipt line, with that line's figures as receipt_*."""
    lines = build.scan(PURCHASE)
    is_receipt = pl.col("purchase_document_id") == pl.col("receipt_id")
    receipts = lines.filter(is_receipt & (pl.col("variance_kind") != "at invoice")).select(
        "company_id",
        "receipt_id",
        "receipt_line_no",
        of_qty="base_qty",
        of_value="value_amount",
        of_transaction="transaction_amount",
        of_rate="exchange_rate",
        of_currency="transaction_currency_code",
    )
    invoices = lines.filter(~is_receipt & pl.col("base_qty").is_not_null() & pl.col("receipt_line_no").is_not_null())
    return invoices.join(receipts, on=("company_id", "receipt_id", "receipt_line_no"), how="inner").filter(
        pl.col("transaction_currency_code") == pl.col("of_currency")
    )


def _settled_receipts(build: Build) -> pl.LazyFrame:
    share = rounded(times(pl.col("of_value"), pl.col("base_qty")), pl.col("of_qty"))
    return _invoices_with_receipt(build).select(
        "company_id", "purchase_document_id", "purchase_line_no", left="receipt_value_amount", right=share
    )


def _exchange(build: Build) -> pl.LazyFrame:
    settled = rounded(times(pl.col("of_transaction"), pl.col("base_qty")), pl.col("of_qty"))
    difference = rounded(times(settled, pl.col("exchange_rate") - pl.col("of_rate")), RATE)
    return _invoices_with_receipt(build).select(
        "company_id", "purchase_document_id", "purchase_line_no", left="exchange_difference_amount", right=difference
    )


def item_prices(build: Build) -> pl.LazyFrame:
    """Standards by item and version: what price_unit_qty costs, and from when to when, as delivered."""
    return (
        build.scan(STANDARD)
        .group_by(*_VERSION, "valid_from", "valid_to")
        .agg(
            unit_qty=pl.col("price_unit_qty").max(),
            price=pl.col("delivered_amount").sum(),
            **{
                group: pl.col("delivered_amount").filter(pl.col("cost_component").is_in(components)).sum()
                for group, components in GROUPS.items()
            },
        )
    )


def priced(build: Build, rows: pl.LazyFrame, on_date: str) -> pl.LazyFrame:
    """Rows with plant, item and date, each with the one standard valid on the date; others are left out.

    `rows` have a column row_no that numbers them.
    """
    until = pl.col("valid_to").fill_null(pl.date(9999, 12, 31))
    joined = rows.join(item_prices(build), on=_ITEM, how="inner").filter(
        (pl.col(on_date) >= pl.col("valid_from")) & (pl.col(on_date) < until)
    )
    return joined.filter(pl.len().over("row_no") == 1)


def _receipt_standard(build: Build) -> pl.LazyFrame:
    lines = build.scan(PURCHASE).filter(pl.col("standard_price_amount").is_not_null()).with_row_index("row_no")
    worth = rounded(times(pl.col("price"), pl.col("price_unit_qty")), pl.col("unit_qty"), unit=100)
    return priced(build, lines, "posting_date").select(
        "company_id", "purchase_line_id", left="standard_price_amount", right=worth
    )


def _standards() -> list[Identity]:
    row = ("item_id", "version_id", "cost_component")
    parts = (
        ("this and lower levels", pl.col("this_level_amount") + pl.col("lower_level_amount")),
        ("fixed and variable", pl.col("recomputed_fixed_amount") + pl.col("recomputed_variable_amount")),
    )
    bookings = {
        POSTING: (*_ITEM, "posting_date", "posting_kind", "base_qty", "exact_standard_amount"),
        STANDARD: _STANDARD_COLUMNS,
    }
    return [
        *(
            row_identity(
                f"STANDARD.{words.split()[-1].upper()}",
                f"recomputed standard = {words}",
                STANDARD,
                row,
                pl.col("recomputed_amount"),
                sum_of,
            )
            for words, sum_of in parts
        ),
        Identity(
            "STANDARD.DIFFERENCE",
            "difference = standard as delivered − as recomputed",
            {STANDARD: (*_STANDARD_COLUMNS, "recomputed_amount", "this_level_amount", "delivered_split", _DIFFERENCE)},
            _standard_differences,
        ),
        Identity(
            "STANDARD.AT_USE",
            "goods moved at standard = quantity × the item's standard on the day",
            bookings,
            _standard_at_use,
        ),
        *(
            Identity(
                "STANDARD.OF_ORDER",
                "standard cost of an order = output × the item's standard on the day",
                {
                    COST: ("company_id", "order_id", "item_id", f"standard_{group}_amount"),
                    POSTING: (*_ITEM, "order_id", "posting_date", "posting_kind", "base_qty"),
                    STANDARD: _STANDARD_COLUMNS,
                },
                _standard_of_order(group),
            )
            for group in GROUPS
        ),
    ]


def _standard_differences(build: Build) -> pl.LazyFrame:
    of_material = pl.col("recomputed_amount").sum().over(_VERSION) - pl.col("this_level_amount").filter(
        pl.col("cost_component") != "material"
    ).sum().over(_VERSION)
    comparable = (
        pl.when(pl.col("delivered_split") == "kept through levels")
        .then(pl.col("recomputed_amount"))
        .when(pl.col("cost_component") == "material")
        .then(of_material)
        .otherwise(pl.col("this_level_amount"))
    )
    return (
        build.scan(STANDARD)
        .filter(pl.col(_DIFFERENCE).is_not_null())
        .select(
            "company_id",
            "item_id",
            "version_id",
            "cost_component",
            left=pl.col(_DIFFERENCE),
            right=pl.col("delivered_amount") - comparable,
        )
    )


def _standard_at_use(build: Build) -> pl.LazyFrame:
    moved = (
        build.scan(POSTING)
        .filter(pl.col("exact_standard_amount").is_not_null() & (pl.col("cost_component") == "material"))
        .with_row_index("row_no")
    )
    worth = quotient(times(pl.col("base_qty"), pl.col("price")), pl.col("unit_qty"))
    return priced(build, moved, "posting_date").select(
        "company_id", "posting_id", left="exact_standard_amount", right=worth
    )


def _standard_of_order(group: str) -> Callable[[Build], pl.LazyFrame]:
    def frame(build: Build) -> pl.LazyFrame:
        output = build.scan(POSTING).filter(pl.col("posting_kind") == "output").with_row_index("row_no")
        components = GROUPS[group]
        # Each component of a line is rounded by itself.
        by_component = (
            build.scan(STANDARD)
            .filter(pl.col("cost_component").is_in(components))
            .select(*_VERSION, "cost_component", component_amount="delivered_amount")
        )
        worth = rounded(-1 * times(pl.col("base_qty"), pl.col("component_amount")), pl.col("unit_qty"))
        known_lines = priced(build, output, "posting_date")
        valued = (
            known_lines.join(by_component, on=_VERSION, how="left")
            .group_by("company_id", "order_id")
            .agg(right=worth.sum())
        )
        # An order is compared where every line of its output has one standard.
        lines = output.group_by("company_id", "order_id").agg(lines=pl.len())
        complete = known_lines.group_by("company_id", "order_id").agg(lines=pl.len())
        whole = lines.join(complete, on=("company_id", "order_id", "lines"), how="semi")
        return (
            build.scan(COST)
            .filter(pl.col(f"standard_{group}_amount").is_not_null())
            .join(whole, on=("company_id", "order_id"), how="semi")
            .join(valued, on=("company_id", "order_id"), how="left")
            .select(
                "company_id", "order_id", component=pl.lit(group), left=f"standard_{group}_amount", right=known("right")
            )
        )

    return frame


def _revaluations() -> list[Identity]:
    row = ("item_id", "change_date")
    per_thousand = 1000 * ONE
    change = pl.col("new_price_per_thousand_amount") - pl.col("old_price_per_thousand_amount")

    def of_standard(which: str) -> Callable[[Build], pl.LazyFrame]:
        def frame(build: Build) -> pl.LazyFrame:
            rows = build.scan(REVALUATION).filter(pl.col(f"{which}_price_per_thousand_amount").is_not_null())
            prices = item_prices(build).rename({"version_id": f"{which}_version_id"})
            worth = rounded(times(pl.col("price"), pl.lit(per_thousand, dtype=pl.Int128)), pl.col("unit_qty"), unit=100)
            joined = rows.join(prices, on=(*_ITEM, f"{which}_version_id"), how="inner")
            return joined.select(
                "company_id",
                *row,
                version=f"{which}_version_id",
                left=f"{which}_price_per_thousand_amount",
                right=worth,
            )

        return frame

    columns = (*_ITEM, "change_date", "old_version_id", "new_version_id")
    return [
        row_identity(
            "REVALUATION.STOCK",
            "revaluation = stock on hand × (new − old standard)",
            REVALUATION,
            row,
            pl.col("revaluation_amount"),
            rounded(times(pl.col("on_hand_qty"), change), per_thousand),
            where=pl.col("revaluation_status") == "known",
            slack=CENT // 2 + (pl.col("on_hand_qty").abs() * 100) // per_thousand + 1,
        ),
        *(
            Identity(
                "REVALUATION.STANDARD",
                f"{which} price of a revaluation = the item's {which} standard",
                {REVALUATION: (*columns, f"{which}_price_per_thousand_amount"), STANDARD: _STANDARD_COLUMNS},
                of_standard(which),
            )
            for which in ("old", "new")
        ),
    ]


def _deferrals() -> list[Identity]:
    key = (*_ITEM, "period_id")

    def rolls(build: Build) -> pl.LazyFrame:
        before = pl.col("deferred_variance_amount").shift(1).over(_ITEM, order_by="period_id")
        is_first = pl.col("period_id") == pl.col("period_id").min().over(_ITEM)
        return build.scan(DEFERRAL).select(
            *key, left="opening_deferred_amount", right=pl.when(is_first).then(0).otherwise(before)
        )

    def bought(build: Build) -> pl.LazyFrame:
        lines = build.scan(PURCHASE).filter(~_IS_ORDER).group_by(*key).agg(right=pl.col("price_variance_amount").sum())
        return (
            build.scan(DEFERRAL)
            .filter(pl.col("bought_variance_amount").is_not_null())
            .join(lines, on=key, how="left")
            .select(*key, left="bought_variance_amount", right=known("right"))
        )

    return [
        row_identity(
            "DEFERRAL.BALANCE",
            "deferred = opening + bought − used",
            DEFERRAL,
            ("item_id", "period_id"),
            pl.col("deferred_variance_amount"),
            pl.col("opening_deferred_amount") + pl.col("bought_variance_amount") - pl.col("used_variance_amount"),
            where=pl.col("deferred_variance_amount").is_not_null(),
        ),
        Identity(
            "DEFERRAL.ROLLS",
            "opening = deferred of the period before",
            {DEFERRAL: (*key, "opening_deferred_amount", "deferred_variance_amount")},
            rolls,
        ),
        Identity(
            "DEFERRAL.BOUGHT",
            "bought = price variances of the purchases",
            {DEFERRAL: (*key, "bought_variance_amount"), PURCHASE: (*key, "order_id", "price_variance_amount")},
            bought,
        ),
    ]
