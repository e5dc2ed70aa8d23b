"""Orders: bookings, leaves, work in process, unit costs; I1, I3 and I5 of the cost canon."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from serving.verify.build import Build
from serving.verify.numbers import CENT, ONE, known, quotient, rounded, times
from serving.verify.proof import Identity, row_identity, sides

POSTING, COST, LEAF, WIP, UNIT = (
    "core.fct_order_posting",
    "cost.order_cost",
    "cost.order_variance",
    "cost.wip_order_period",
    "cost.unit_cost_item_period",
)
MOVEMENT = "core.fct_goods_movement"
ORDER = ("company_id", "order_id")
GROUPS = {
    "material": ("material",),
    "labour": ("labour",),
    "machine": ("machine", "setup"),
    "overhead": ("variable_overhead", "fixed_overhead"),
    "subcontract": ("subcontract",),
}
_IS_OUTPUT = pl.col("cost_component") == "output"


def identities() -> list[Identity]:
    """Every identity of orders."""
    return [*_bookings(), *_order_costs(), *_leaves(), *_work_in_process(), *_unit_costs()]


def _bookings() -> list[Identity]:
    worth = times(pl.col("activity_seconds"), pl.col("planned_hourly_amount"))
    is_activity = pl.col("planned_hourly_amount").is_not_null() & pl.col("activity_seconds").is_not_null()
    key = ("order_id", "posting_id")
    return [
        row_identity(
            "BOOKING.ACTIVITY",
            "hours × planned rate = booking, in cents",
            POSTING,
            key,
            pl.col("booked_amount"),
            rounded(worth, 3600 * ONE),
            where=is_activity,
        ),
        row_identity(
            "BOOKING.EXACT",
            "hours × planned rate = booking before rounding",
            POSTING,
            key,
            pl.col("exact_amount"),
            quotient(worth, 3600 * ONE),
            where=is_activity,
        ),
        row_identity(
            "BOOKING.ROUNDING",
            "a booking differs from its exact amount by half a cent at most",
            POSTING,
            key,
            pl.col("booked_amount"),
            pl.col("exact_amount"),
            where=pl.col("booked_amount").is_not_null() & pl.col("exact_amount").is_not_null(),
            slack=pl.lit(CENT // 2, dtype=pl.Int128),
        ),
        row_identity(
            "BOOKING.HOURS",
            "hours = seconds ÷ 3600",
            POSTING,
            key,
            pl.col("hours"),
            quotient(pl.col("activity_seconds"), 3600),
            where=pl.col("activity_seconds").is_not_null() & pl.col("hours").is_not_null(),
        ),
        Identity(
            "BOOKING.MOVED",
            "quantity booked on an order = quantity of the movement",
            {
                POSTING: ("company_id", "source_dataset", "source_document_id", "posting_kind", "base_qty"),
                MOVEMENT: ("company_id", "movement_id", "movement_type", "base_qty"),
            },
            _moved,
        ),
        row_identity(
            "BOOKING.NO_RATE_OF_ITS_OWN",
            "what is no activity did cost what was booked",
            POSTING,
            key,
            pl.col("actual_amount"),
            pl.col("booked_amount"),
            where=pl.col("cost_component").is_in(
                ["material", "subcontract", "output", "variable_overhead", "fixed_overhead"]
            ),
        ),
    ]


def _moved(build: Build) -> pl.LazyFrame:
    booked = build.scan(POSTING).filter(pl.col("source_dataset") == "goods_movement")
    direction = pl.when(pl.col("movement_type") == "issue").then(1).otherwise(-1)
    moved = build.scan(MOVEMENT).select("company_id", "movement_id", moved_qty=direction * pl.col("base_qty"))
    return booked.join(
        moved, left_on=("company_id", "source_document_id"), right_on=("company_id", "movement_id"), how="left"
    ).select("company_id", "posting_id", left="base_qty", right="moved_qty")


def _posted(build: Build, amount: str, *, output: bool, by: tuple[str, ...] = ORDER) -> pl.LazyFrame:
    """What orders were charged, or with `output` credited (positive), by key; null where a booking is not known."""
    rows = build.scan(POSTING).filter(_IS_OUTPUT if output else ~_IS_OUTPUT)
    sign = -1 if output else 1
    return rows.group_by(*by).agg(amount=sign * pl.col(amount).sum())


def _order_costs() -> list[Identity]:
    found = []
    for kind in ("standard", "actual", "variance"):
        parts = pl.sum_horizontal([pl.col(f"{kind}_{group}_amount") for group in GROUPS], ignore_nulls=False)
        found.append(
            row_identity(
                f"COST.{kind.upper()}",
                f"{kind} of an order = the sum of its components",
                COST,
                ("order_id",),
                pl.col(f"{kind}_amount"),
                parts,
            )
        )
    found.extend(
        row_identity(
            "COST.DIFFERENCE",
            "variance = actual − standard",
            COST,
            ("order_id",),
            pl.col(f"variance_{group}amount"),
            pl.col(f"actual_{group}amount") - pl.col(f"standard_{group}amount"),
        )
        for group in ("", *(f"{group}_" for group in GROUPS))
    )
    found.extend(
        row_identity(
            "COST.UNIT",
            "unit cost = cost ÷ good pieces",
            COST,
            ("order_id",),
            pl.col(f"{kind}_unit_cost_amount"),
            _unit(f"{kind}_amount"),
        )
        for kind in ("standard", "actual")
    )
    for group, components in GROUPS.items():
        found.append(
            Identity(
                "COST.BOOKED",
                "actual cost of a component = the order's bookings",
                {COST: (*ORDER, f"actual_{group}_amount"), POSTING: (*ORDER, "cost_component", "actual_amount")},
                _booked(group, components),
            )
        )
    needs = {
        COST: (*ORDER, "credit_amount", "production_variance_amount"),
        POSTING: (*ORDER, "cost_component", "booked_amount"),
    }
    return [
        *found,
        Identity("COST.CREDIT", "credit = the output booked", needs, lambda build: _balance(build, "credit_amount")),
        Identity(
            "COST.LEFT",
            "production variance = charges − credit",
            needs,
            lambda build: _balance(build, "production_variance_amount"),
        ),
        Identity(
            "COST.GOOD",
            "good pieces = the output booked",
            {COST: (*ORDER, "good_qty"), POSTING: (*ORDER, "cost_component", "base_qty")},
            lambda build: sides(
                build.scan(COST).select(*ORDER, left="good_qty"),
                _posted(build, "base_qty", output=True).select(*ORDER, right="amount"),
                ORDER,
            ),
        ),
    ]


def _unit(amount: str) -> pl.Expr:
    """An amount per good piece, to four places; null without a good piece."""
    return rounded(times(pl.col(amount), pl.lit(ONE)), pl.col("good_qty"), unit=100)


def _booked(group: str, components: tuple[str, ...]) -> Callable[[Build], pl.LazyFrame]:
    def frame(build: Build) -> pl.LazyFrame:
        posted = (
            build.scan(POSTING)
            .filter(pl.col("cost_component").is_in(components))
            .group_by(*ORDER)
            .agg(right=pl.col("actual_amount").sum())
        )
        costs = build.scan(COST).filter(pl.col(f"actual_{group}_amount").is_not_null())
        return costs.join(posted, on=ORDER, how="left").select(
            *ORDER, component=pl.lit(group), left=pl.col(f"actual_{group}_amount"), right=known("right")
        )

    return frame


def _balance(build: Build, column: str) -> pl.LazyFrame:
    """A balance of order_cost beside that of the order's bookings."""
    debit = _posted(build, "booked_amount", output=False).rename({"amount": "debit"})
    credit = _posted(build, "booked_amount", output=True).rename({"amount": "credit"})
    right = known("credit") if column == "credit_amount" else known("debit") - known("credit")
    return (
        build.scan(COST)
        .filter(pl.col(column).is_not_null())
        .join(debit, on=ORDER, how="left")
        .join(credit, on=ORDER, how="left")
        .select(*ORDER, left=pl.col(column), right=right)
    )


def _leaves() -> list[Identity]:
    leaf = {LEAF: (*ORDER, "amount", "account_role")}

    def all_leaves(build: Build) -> pl.LazyFrame:
        summed = build.scan(LEAF).group_by(*ORDER).agg(left=pl.col("amount").sum())
        posted = build.scan(POSTING).group_by(*ORDER).agg(right=pl.col("actual_amount").sum())
        return summed.join(posted, on=ORDER, how="left").select(*ORDER, "left", right=known("right"))

    def settled(build: Build) -> pl.LazyFrame:
        on_account = build.scan(LEAF).filter(pl.col("account_role") == "production_variance")
        return sides(
            on_account.select(*ORDER, left="amount"), build.scan(WIP).select(*ORDER, right="settled_amount"), ORDER
        )

    def rates(build: Build) -> pl.LazyFrame:
        off_account = build.scan(LEAF).filter(pl.col("account_role") != "production_variance")
        finished = build.scan(LEAF).select(*ORDER).unique()
        posted = (
            build.scan(POSTING)
            .join(finished, on=ORDER, how="semi")
            .select(*ORDER, right=known("actual_amount") - known("booked_amount"))
        )
        return sides(off_account.select(*ORDER, left="amount"), posted, ORDER)

    side = (
        pl.when(pl.col("amount") > 0)
        .then(pl.lit("unfavourable"))
        .when(pl.col("amount") < 0)
        .then(pl.lit("favourable"))
        .otherwise(pl.lit("none"))
    )
    return [
        Identity(
            "I1.LEAVES",
            "leaves of an order = actual cost − credit",
            {**leaf, POSTING: (*ORDER, "actual_amount")},
            all_leaves,
        ),
        Identity(
            "I4.SETTLED",
            "leaves on the variance account = settled from work in process",
            {**leaf, WIP: (*ORDER, "settled_amount")},
            settled,
        ),
        Identity(
            "I4.RATES",
            "leaves on absorption accounts = actual − planned rates",
            {**leaf, POSTING: (*ORDER, "actual_amount", "booked_amount")},
            rates,
        ),
        row_identity(
            "LEAF.SIDE",
            "a leaf's side is its sign",
            LEAF,
            ("order_id", "order_variance_id"),
            (pl.col("variance_side") == side).cast(pl.Int128),
            pl.lit(1, dtype=pl.Int128),
        ),
    ]


def _work_in_process() -> list[Identity]:
    key = (*ORDER, "period_id")

    def movement(column: str, *, output: bool) -> Callable[[Build], pl.LazyFrame]:
        def frame(build: Build) -> pl.LazyFrame:
            return sides(
                build.scan(WIP).select(*key, left=column),
                _posted(build, "booked_amount", output=output, by=key).select(*key, right="amount"),
                key,
            )

        return frame

    def rolls(build: Build) -> pl.LazyFrame:
        before = pl.col("closing_amount").shift(1).over(ORDER, order_by="period_id").fill_null(0)
        return build.scan(WIP).select(*key, left="opening_amount", right=before)

    declared = (
        pl.when(pl.col("wip_valuation") == "target")
        .then(pl.coalesce("target_wip_amount", "closing_amount"))
        .otherwise(pl.col("closing_amount"))
    )
    posting = {POSTING: (*key, "cost_component", "booked_amount")}
    return [
        row_identity(
            "I3.BALANCE",
            "opening + charged − credited − settled = closing",
            WIP,
            ("order_id", "period_id"),
            pl.col("opening_amount") + pl.col("debit_amount") - pl.col("credit_amount") - pl.col("settled_amount"),
            pl.col("closing_amount"),
        ),
        Identity(
            "I3.ROLLS",
            "opening = closing of the period before",
            {WIP: (*key, "opening_amount", "closing_amount")},
            rolls,
        ),
        row_identity(
            "I3.EMPTY",
            "an order that has ended is empty",
            WIP,
            ("order_id", "period_id"),
            pl.col("closing_amount"),
            pl.lit(0, dtype=pl.Int128),
            where=pl.col("is_settled"),
        ),
        Identity(
            "I3.CHARGED",
            "charged = the order's bookings of the period",
            {WIP: (*key, "debit_amount"), **posting},
            movement("debit_amount", output=False),
        ),
        Identity(
            "I3.CREDITED",
            "credited = the output booked in the period",
            {WIP: (*key, "credit_amount"), **posting},
            movement("credit_amount", output=True),
        ),
        row_identity(
            "I3.TARGET",
            "variance in process = closing − work in process at target",
            WIP,
            ("order_id", "period_id"),
            pl.col("variance_in_process_amount"),
            pl.col("closing_amount") - pl.col("target_wip_amount"),
        ),
        row_identity(
            "I3.DECLARED",
            "work in process follows the declared valuation",
            WIP,
            ("order_id", "period_id"),
            pl.col("wip_amount"),
            declared,
        ),
    ]


def _unit_costs() -> list[Identity]:
    key = ("company_id", "plant_id", "item_id", "period_id")

    def summed(build: Build) -> pl.LazyFrame:
        """Cost and pieces of the orders that ended, by item and period of their end; null where one is unknown."""
        ends = build.scan(WIP).filter(pl.col("is_settled")).group_by(*ORDER).agg(pl.col("period_id").min())
        orders = build.scan(COST).filter(pl.col("order_type") == "standard").join(ends, on=ORDER, how="inner")
        unknown = [
            pl.when(pl.col(name).is_null().any()).then(None).otherwise(pl.col(name).sum()).alias(f"order_{name}")
            for name in ("actual_amount", "standard_amount", "good_qty")
        ]
        return orders.group_by(*key).agg(*unknown, order_order_count=pl.len())

    def of_orders(column: str) -> Callable[[Build], pl.LazyFrame]:
        def frame(build: Build) -> pl.LazyFrame:
            joined = build.scan(UNIT).join(summed(build), on=key, how="full", coalesce=True, nulls_equal=True)
            return joined.select(*key, left=column, right=f"order_{column}")

        return frame

    needs = {
        UNIT: (*key, "actual_amount", "standard_amount", "good_qty", "order_count"),
        COST: (*ORDER, "order_type", "plant_id", "item_id", "actual_amount", "standard_amount", "good_qty"),
        WIP: (*ORDER, "period_id", "is_settled"),
    }
    says = "cost of an item = that of its orders that ended in the period"
    row = ("plant_id", "item_id", "period_id")
    return [
        *(Identity("UNIT.ORDERS", says, needs, of_orders(column)) for column in needs[UNIT][4:]),
        row_identity(
            "UNIT.DIFFERENCE",
            "variance of an item = actual − standard",
            UNIT,
            row,
            pl.col("variance_amount"),
            pl.col("actual_amount") - pl.col("standard_amount"),
        ),
        *(
            row_identity(
                "UNIT.COST",
                "unit cost of an item = cost ÷ good pieces",
                UNIT,
                row,
                pl.col(f"{kind}_unit_cost_amount"),
                _unit(f"{kind}_amount"),
            )
            for kind in ("actual", "standard")
        ),
    ]
