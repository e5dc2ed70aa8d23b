"""Budget walk and cost centers: I2, I6, I9 and I12, from budget lines, the ledger's lines and the events' bookings."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from serving.verify.build import Build
from serving.verify.numbers import known, rounded, times
from serving.verify.orders import POSTING
from serving.verify.proof import Identity, row_identity, sides
from serving.verify.purchases import LEDGER, RATE

WALK, CENTER, BRIDGE, ACCOUNTS = (
    "finance.budget_walk",
    "cost.cost_center_variance",
    "efficiency.volume_variance_bridge",
    "core.dim_account",
)
_STEPS = ("activity", "efficiency", "rate", "spending", "undivided")
_LINE = ("company_id", "plant_id", "cost_center_id", "account_id", "budget_version_id", "fiscal_year")
_KEY = (*_LINE, "period_id")
_ROW = ("budget_walk_id",)
_CENTER = ("company_id", "cost_center_id", "period_id")
_LEAF = ("cost_center_id", "period_id", "leaf_code")


def identities() -> list[Identity]:
    """Every identity of budgets and cost centers."""
    return [*_walk(), *_years(), *_groups(), *_centers(), *_bridge()]


def _walk() -> list[Identity]:
    is_variable = pl.col("behaviour") == "variable"
    is_known = pl.col("walk_status") == "known"
    is_posted = pl.col("actual_amount").is_not_null()
    steps = pl.sum_horizontal([known(f"{step}_variance_amount") for step in _STEPS])
    driven = is_variable & is_known & (pl.col("planned_driver_qty") != 0)
    return [
        row_identity(
            "I9.WALK",
            "static budget + variances = actual",
            WALK,
            _ROW,
            pl.col("static_amount") + steps,
            pl.col("actual_amount"),
            where=is_posted & pl.col("static_amount").is_not_null(),
        ),
        row_identity(
            "I9.ACTIVITY",
            "activity variance = flexed − static budget",
            WALK,
            _ROW,
            pl.col("activity_variance_amount"),
            pl.col("flexed_amount") - pl.col("static_amount"),
            where=pl.col("activity_variance_amount").is_not_null(),
        ),
        row_identity(
            "I9.FLEXED",
            "flexed budget of a variable line = static × driver made ÷ driver planned",
            WALK,
            _ROW,
            pl.col("flexed_amount"),
            rounded(times(pl.col("static_amount"), pl.col("standard_driver_qty")), pl.col("planned_driver_qty")),
            where=driven & pl.col("flexed_amount").is_not_null(),
        ),
        row_identity(
            "I9.EFFICIENCY",
            "flexed + efficiency = static × driver used ÷ driver planned",
            WALK,
            _ROW,
            pl.col("flexed_amount") + pl.col("efficiency_variance_amount"),
            rounded(times(pl.col("static_amount"), pl.col("actual_driver_qty")), pl.col("planned_driver_qty")),
            where=driven & pl.col("efficiency_variance_amount").is_not_null(),
        ),
        row_identity(
            "I9.FIXED",
            "flexed budget of a fixed line = static",
            WALK,
            _ROW,
            pl.col("flexed_amount"),
            pl.col("static_amount"),
            where=~is_variable.fill_null(False),
        ),
        Identity(
            "I9.LEDGER",
            "actual = the ledger's lines",
            {
                WALK: (*_KEY, "actual_amount"),
                LEDGER: ("company_id", "cost_center_id", "account_id", "period_id", "amount"),
            },
            _ledger,
        ),
        Identity(
            "I9.VOLUME",
            "static budget − volume variance of a cost center's lines = fixed overhead that orders were charged",
            {
                WALK: (*_KEY, "static_amount", "volume_variance_amount"),
                POSTING: (*_CENTER, "cost_component", "booked_amount"),
            },
            _volume,
        ),
        Identity(
            "I9.CAPACITY",
            "volume variance of the lines = capacity variance of the cost center",
            {
                WALK: (*_KEY, "is_forecast", "volume_variance_amount"),
                CENTER: (*_CENTER, "leaf_code", "absorption_base", "amount"),
            },
            _capacity,
        ),
    ]


def _ledger(build: Build) -> pl.LazyFrame:
    """Actuals of each version against the ledger, on accounts, cost centers and periods that the walk has."""
    key = ("company_id", "cost_center_id", "account_id", "period_id")
    walked = build.scan(WALK).filter(pl.col("actual_amount").is_not_null())
    versions = walked.select("company_id", "budget_version_id").unique()
    posted = (
        build.scan(LEDGER)
        .join(walked.select("company_id", "account_id").unique(), on=("company_id", "account_id"), how="semi")
        .join(walked.select("company_id", "period_id").unique(), on=("company_id", "period_id"), how="semi")
        .join(versions, on="company_id", how="inner")
    )
    every = (*key, "budget_version_id")
    return sides(walked.select(*every, left="actual_amount"), posted.select(*every, right="amount"), every)


def _volume(build: Build) -> pl.LazyFrame:
    """What the lines of a cost center absorbed in each version, against what orders were charged."""
    of_version = (*_CENTER, "budget_version_id")
    lines = build.scan(WALK).filter(pl.col("volume_variance_amount").is_not_null())
    absorbed = lines.group_by(*of_version).agg(
        left=(pl.col("static_amount") - pl.col("volume_variance_amount")).sum(),
        budgeted=pl.col("static_amount").sum(),
    )
    charged = (
        build.scan(POSTING)
        .filter(pl.col("cost_component") == "fixed_overhead")
        .group_by(*_CENTER)
        .agg(right=pl.col("booked_amount").sum())
    )
    return (
        absorbed.filter(pl.col("budgeted") != 0)
        .join(charged, on=_CENTER, how="left")
        .select(*of_version, "left", right=known("right"))
    )


def _capacity(build: Build) -> pl.LazyFrame:
    lines = build.scan(WALK).filter(~pl.col("is_forecast") & pl.col("volume_variance_amount").is_not_null())
    by_center = lines.group_by(*_CENTER).agg(left=pl.col("volume_variance_amount").sum())
    # Absorbed on standard hours, what is not absorbed contains the efficiency as well.
    is_volume = (
        pl.when(pl.col("absorption_base") == "standard_hours").then(pl.lit("FOH.VOL")).otherwise(pl.lit("FOH.CAP"))
    )
    leaves = build.scan(CENTER).filter(pl.col("leaf_code") == is_volume)
    return by_center.join(leaves.group_by(*_CENTER).agg(right=pl.col("amount").sum()), on=_CENTER, how="inner")


def _years() -> list[Identity]:
    def to_date(measure: str) -> Callable[[Build], pl.LazyFrame]:
        def frame(build: Build) -> pl.LazyFrame:
            amount = pl.col(f"{measure}_amount")
            total = amount.fill_null(0).cum_sum().over(_LINE, order_by="period_id")
            unknown = amount.is_null().cast(pl.Int64).cum_sum().over(_LINE, order_by="period_id")
            right = pl.when(unknown == 0).then(total)
            return build.scan(WALK).select(*_KEY, left=f"ytd_{measure}_amount", right=right)

        return frame

    def full_year(column: str, amount: pl.Expr) -> Callable[[Build], pl.LazyFrame]:
        def frame(build: Build) -> pl.LazyFrame:
            whole = pl.when(amount.is_null().any().over(_LINE)).then(None).otherwise(amount.sum().over(_LINE))
            return build.scan(WALK).select(*_KEY, left=column, right=whole)

        return frame

    outlook = pl.when(pl.col("is_period_over")).then(pl.col("actual_amount")).otherwise(pl.col("static_amount"))
    return [
        *(
            Identity(
                "I9.TO_DATE",
                "year to date = the sum of the periods so far",
                {WALK: (*_KEY, f"ytd_{measure}_amount", f"{measure}_amount")},
                to_date(measure),
            )
            for measure in ("static", "flexed", "actual")
        ),
        Identity(
            "I9.YEAR",
            "full year = the sum of its periods",
            {WALK: (*_KEY, "full_year_static_amount", "static_amount")},
            full_year("full_year_static_amount", pl.col("static_amount")),
        ),
        Identity(
            "I9.OUTLOOK",
            "outlook = actual of the periods that are over + budget of the others",
            {WALK: (*_KEY, "full_year_outlook_amount", "static_amount", "actual_amount", "is_period_over")},
            full_year("full_year_outlook_amount", outlook),
        ),
    ]


def _groups() -> list[Identity]:
    rate = "group_exchange_rate"
    found = [
        row_identity(
            "I12.GROUP",
            "group amount = amount × rate, in cents",
            WALK,
            _ROW,
            pl.col(f"group_{measure}_amount"),
            rounded(times(pl.col(f"{measure}_amount"), pl.col(rate)), RATE),
        )
        for measure in ("static", "flexed", "actual")
    ]
    # Rounding has thirteen places: nine of the rate and four of the amount.
    exact = (times(pl.col("actual_amount"), pl.col(rate)) // 100).cast(pl.Int128)
    group = pl.col("group_actual_amount").cast(pl.Int128) * 10_000_000
    return [
        *found,
        row_identity(
            "I12.ROUNDING",
            "rounding = group amount − amount × rate",
            WALK,
            _ROW,
            pl.col("group_rounding_amount"),
            group - exact,
        ),
    ]


_LABOUR = ("labour_actual", "labour_absorbed")
_OVERHEAD = (
    "overhead_actual",
    "variable_overhead_actual",
    "fixed_overhead_actual",
    "allocation",
    "machine_actual",
    "overhead_absorbed",
)


def _centers() -> list[Identity]:
    def under_absorption(
        role: str, accounts: tuple[str, ...], paid: tuple[str, ...]
    ) -> Callable[[Build], pl.LazyFrame]:
        def frame(build: Build) -> pl.LazyFrame:
            leaves = build.scan(CENTER).filter(
                (pl.col("leaf_scope") == "cost_center") & (pl.col("account_role") == role)
            )
            lines = build.scan(LEDGER)
            # Without cost in the period there is nothing to compare, without absorption in the books the orders say it.
            delivered = lines.filter(pl.col("account_role").is_in(paid)).select("company_id", "period_id").unique()
            absorbing = lines.filter(pl.col("account_role") == role).select("company_id").unique()
            own = lines.filter(pl.col("account_role").is_in(accounts))
            keys = ("company_id", "period_id")
            return sides(
                leaves.join(delivered, on=keys, how="semi")
                .join(absorbing, on="company_id", how="semi")
                .select(*_CENTER, left="amount"),
                own.join(delivered, on=keys, how="semi")
                .join(absorbing, on="company_id", how="semi")
                .select(*_CENTER, right="amount"),
                _CENTER,
            )

        return frame

    def on_orders(leaf: str, components: tuple[str, ...]) -> Callable[[Build], pl.LazyFrame]:
        def frame(build: Build) -> pl.LazyFrame:
            posted = (
                build.scan(POSTING)
                .filter(pl.col("cost_component").is_in(components))
                .group_by(*_CENTER)
                .agg(right=(known("actual_amount") - known("booked_amount")).sum())
            )
            leaves = build.scan(CENTER).filter((pl.col("leaf_code") == leaf) & pl.col("on_orders_amount").is_not_null())
            return leaves.join(posted, on=_CENTER, how="left").select(
                *_CENTER, left="on_orders_amount", right=known("right")
            )

        return frame

    def volume(build: Build) -> pl.LazyFrame:
        leaves = build.scan(CENTER)
        key = ("company_id", "plant_id", "cost_center_id", "period_id")
        return sides(
            leaves.filter(pl.col("leaf_code") == "FOH.VOL").select(*key, left="amount"),
            leaves.filter(pl.col("leaf_code").is_in(["FOH.CAP", "FOH.EFF"])).select(*key, right="amount"),
            key,
        ).join(
            leaves.filter((pl.col("leaf_code") == "FOH.VOL") & pl.col("amount").is_not_null()).select(*key).unique(),
            on=key,
            how="semi",
            nulls_equal=True,
        )

    ledger = {LEDGER: (*_CENTER, "account_role", "amount"), CENTER: (*_CENTER, "leaf_scope", "account_role", "amount")}
    posting = {
        POSTING: (*_CENTER, "cost_component", "booked_amount", "actual_amount"),
        CENTER: (*_CENTER, "leaf_code", "on_orders_amount"),
    }
    return [
        Identity(
            "I6.LABOUR",
            "labour leaves of a cost center = wages − absorbed, in the ledger",
            ledger,
            under_absorption("labour_absorbed", _LABOUR, ("labour_actual",)),
        ),
        Identity(
            "I6.OVERHEAD",
            "overhead leaves of a cost center = cost − absorbed, in the ledger",
            ledger,
            under_absorption("overhead_absorbed", _OVERHEAD, _OVERHEAD[:3]),
        ),
        Identity(
            "I2.VOLUME",
            "capacity + efficiency = volume",
            {CENTER: (*_CENTER, "plant_id", "leaf_code", "amount")},
            volume,
        ),
        Identity(
            "I6.ON_ORDERS",
            "rate variance on orders = the orders' bookings",
            posting,
            on_orders("LAB.RATE", ("labour",)),
        ),
        Identity(
            "I6.ON_ORDERS",
            "rate variance on orders = the orders' bookings",
            posting,
            on_orders("MCH.RATE", ("machine", "setup")),
        ),
        row_identity(
            "I6.SIDE",
            "a leaf's side is its sign",
            CENTER,
            _LEAF,
            pl.col("amount").sign().cast(pl.Int128),
            pl.col("variance_side").replace_strict(
                {"unfavourable": 1, "favourable": -1, "none": 0}, default=None, return_dtype=pl.Int128
            ),
        ),
    ]


def _bridge() -> list[Identity]:
    row = ("work_center_id", "period_id")

    def amount(name: str) -> pl.Expr:
        return known(f"{name}_amount")

    return [
        row_identity(
            "I14.VOLUME",
            "capacity + efficiency = volume variance of a work center",
            BRIDGE,
            row,
            pl.col("capacity_variance_amount") + pl.col("efficiency_variance_amount"),
            pl.col("volume_variance_amount"),
        ),
        row_identity(
            "I14.CAPACITY",
            "schedule + availability + set-up losses and what was measured otherwise = capacity variance",
            BRIDGE,
            row,
            pl.col("capacity_variance_amount"),
            amount("schedule_loss")
            + amount("availability_loss")
            + amount("setup_loss")
            + amount("capacity_basis_difference"),
            where=pl.col("capacity_variance_amount").is_not_null(),
        ),
        row_identity(
            "I14.EFFICIENCY",
            "performance + quality losses and what was measured otherwise = efficiency variance",
            BRIDGE,
            row,
            pl.col("efficiency_variance_amount"),
            amount("performance_loss") + amount("quality_loss") + amount("efficiency_basis_difference"),
            where=pl.col("efficiency_variance_amount").is_not_null(),
        ),
        Identity(
            "I14.CENTER",
            "volume variance of work centers = that of their cost center",
            {BRIDGE: (*_CENTER, "volume_variance_amount"), CENTER: (*_CENTER, "leaf_code", "amount")},
            _bridged,
        ),
    ]


def _bridged(build: Build) -> pl.LazyFrame:
    bridged = build.scan(BRIDGE).filter(
        pl.col("volume_variance_amount").is_not_null() & pl.col("cost_center_id").is_not_null()
    )
    leaves = (
        build.scan(CENTER).filter(pl.col("leaf_code") == "FOH.VOL").group_by(*_CENTER).agg(right=pl.col("amount").sum())
    )
    summed = bridged.group_by(*_CENTER).agg(left=pl.col("volume_variance_amount").sum())
    return summed.join(leaves, on=_CENTER, how="inner")
