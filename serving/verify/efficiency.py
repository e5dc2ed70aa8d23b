"""Machine time, pieces and losses: I7, I13 and I14 within and between the grains of efficiency and yield."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from serving.verify.build import Build
from serving.verify.proof import Identity, row_identity, sides

SHIFT, ITEM_DAY, PLANT_DAY, PLANT_MONTH, WATERFALL, EVENT = (
    "efficiency.oee_machine_shift",
    "efficiency.oee_item_day",
    "efficiency.oee_plant_day",
    "efficiency.oee_plant_month",
    "efficiency.loss_waterfall",
    "efficiency.loss_event",
)
OPERATION, YIELD_DAY = "yield.yield_order_operation", "yield.yield_item_day"
SCRAP_REASON, CONFIRMATION = "yield.scrap_reason_day", "core.fct_confirmation"
LABOUR = "labour.labour_worker_shift"
_TIMES = {
    "CALENDAR": ("calendar", ("planned_operation", "not_planned")),
    "PLANNED_OPERATION": ("planned_operation", ("planned_busy", "planned_down")),
    "PLANNED_BUSY": ("planned_busy", ("production", "setup", "delay", "down", "unknown")),
    "BUSY": ("busy", ("production", "setup", "delay")),
}
_SUMMED = (
    "calendar",
    "planned_operation",
    "planned_busy",
    "production",
    "setup",
    "delay",
    "down",
    "unknown",
    "busy_outside_plan",
    "order_execution",
    "standard_produced",
    "standard_good",
)
_LOSSES = (
    "breakdown",
    "setup",
    "minor_stop",
    "external",
    "planned",
    "unknown",
    "reduced_speed",
    "startup_reject",
    "production_reject",
)
_PLACE = ("work_unit_id", "production_date", "shift_id")
_ROWS = {
    SHIFT: _PLACE,
    ITEM_DAY: ("plant_id", "item_id", "production_date"),
    PLANT_DAY: ("plant_id", "production_date"),
    PLANT_MONTH: ("plant_id", "month_id"),
}


def identities() -> list[Identity]:
    """Every identity of machine time, pieces and losses."""
    return [*_times(), *_roll_ups(), *_losses(), *_pieces()]


def _seconds(name: str) -> pl.Expr:
    return pl.col(f"{name}_seconds")


def _times() -> list[Identity]:
    return [
        row_identity(
            f"TIME.{name}",
            f"{whole.replace('_', ' ')} time = the sum of its parts",
            table,
            key,
            _seconds(whole),
            pl.sum_horizontal([_seconds(part) for part in parts], ignore_nulls=False),
            where=_seconds("production").is_not_null() if "production" in parts else None,  # else no states are known
        )
        for table, key in _ROWS.items()
        for name, (whole, parts) in _TIMES.items()
    ]


def _roll_ups() -> list[Identity]:
    key = ("company_id", "plant_id", "production_date")

    def frame(measure: str) -> Callable[[Build], pl.LazyFrame]:
        def compare(build: Build) -> pl.LazyFrame:
            column = f"{measure}_seconds"
            return sides(
                build.scan(PLANT_DAY).select(*key, left=column), build.scan(ITEM_DAY).select(*key, right=column), key
            )

        return compare

    return [
        Identity(
            "I7.PLANT_DAY",
            "time of a plant's day = that of its items",
            {PLANT_DAY: (*key, f"{measure}_seconds"), ITEM_DAY: (*key, f"{measure}_seconds")},
            frame(measure),
        )
        for measure in _SUMMED
    ]


def _losses() -> list[Identity]:
    def copied(measure: str) -> Callable[[Build], pl.LazyFrame]:
        def compare(build: Build) -> pl.LazyFrame:
            key = ("company_id", *_PLACE)
            shifts = build.scan(SHIFT).select(*key, right=f"{measure}_seconds")
            return (
                build.scan(WATERFALL)
                .select(*key, left=f"{measure}_seconds")
                .join(shifts, on=key, how="left", nulls_equal=True)
            )

        return compare

    whole = pl.sum_horizontal(
        [_seconds("fully_productive"), *(_seconds(f"{loss}_loss") for loss in _LOSSES)], ignore_nulls=False
    )
    return [
        row_identity(
            "I14.LOSSES",
            "losses + fully productive time = planned busy time",
            WATERFALL,
            _PLACE,
            _seconds("planned_busy"),
            whole,
            where=_seconds("fully_productive").is_not_null(),
        ),
        *(
            Identity(
                "I14.SAME_TIME",
                "time of the losses = time of the machine-shift",
                {
                    WATERFALL: ("company_id", *_PLACE, f"{measure}_seconds"),
                    SHIFT: ("company_id", *_PLACE, f"{measure}_seconds"),
                },
                copied(measure),
            )
            for measure in ("calendar", "not_planned", "planned_down", "planned_busy")
        ),
        Identity(
            "I14.EVENTS",
            "seconds of loss events = losses of the machine-shift",
            {
                EVENT: ("company_id", *_PLACE, "loss_category", "seconds"),
                WATERFALL: ("company_id", *_PLACE, "fully_productive_seconds"),
            },
            _events,
        ),
    ]


def _events(build: Build) -> pl.LazyFrame:
    """Each kind of loss that is known of a machine-shift, beside its events."""
    key = ("company_id", *_PLACE)
    events = build.scan(EVENT).group_by(*key, "loss_category").agg(right=pl.col("seconds").sum())
    known_losses = pl.concat(
        [
            build.scan(WATERFALL)
            .filter(_seconds(f"{loss}_loss").is_not_null() & _seconds("fully_productive").is_not_null())
            .select(*key, loss_category=pl.lit(loss), left=_seconds(f"{loss}_loss"))
            for loss in _LOSSES
        ]
    )
    joined = known_losses.join(events, on=(*key, "loss_category"), how="left", nulls_equal=True)
    return joined.with_columns(pl.col("right").fill_null(0))


def _pieces() -> list[Identity]:
    key = ("company_id", "plant_id", "item_id", "production_date")

    def of_operations(measure: str) -> Callable[[Build], pl.LazyFrame]:
        def compare(build: Build) -> pl.LazyFrame:
            orders = ("company_id", "order_id", "operation_no")
            # A confirmation without an operation counts at operation -1.
            confirmed = build.scan(CONFIRMATION).with_columns(pl.col("operation_no").fill_null(-1))
            return sides(
                build.scan(OPERATION).select(*orders, left=measure), confirmed.select(*orders, right=measure), orders
            )

        return compare

    pieces = pl.col("good_qty") + pl.col("scrap_qty") + pl.col("rework_qty")
    return [
        row_identity(
            "I13.PRODUCED",
            "pieces produced = good + scrap + rework",
            SHIFT,
            _PLACE,
            pl.col("produced_qty"),
            pieces,
            where=pl.col("good_qty").is_not_null(),  # a counter tells what is made, not what of it is good
        ),
        row_identity(
            "I13.INPUT",
            "pieces taken in = good + scrap + rework",
            OPERATION,
            ("order_id", "operation_no", "production_date"),
            pl.col("input_qty"),
            pieces,
        ),
        *(
            Identity(
                "I13.CONFIRMED",
                "pieces of an operation = its confirmations",
                {
                    OPERATION: (*key, "order_id", "operation_no", measure),
                    CONFIRMATION: ("company_id", "order_id", "operation_no", measure),
                },
                of_operations(measure),
            )
            for measure in ("good_qty", "scrap_qty", "rework_qty", "first_pass_good_qty")
        ),
        *(
            Identity(
                "I13.ITEM_DAY",
                "scrap and rework of an item's day = those of its operations",
                {YIELD_DAY: (*key, measure), OPERATION: (*key, measure)},
                _of_items(key, measure),
            )
            for measure in ("scrap_qty", "rework_qty")
        ),
        Identity(
            "I13.REASONS",
            "scrap by reason = scrap confirmed",
            {
                SCRAP_REASON: ("company_id", "plant_id", "production_date", "scrap_qty"),
                CONFIRMATION: ("company_id", "plant_id", "production_date", "scrap_qty"),
            },
            _reasons,
        ),
        row_identity(
            "LABOUR.ORDERS",
            "hours on orders = direct + set-up + rework",
            LABOUR,
            ("worker_id", "production_date", "shift_id"),
            pl.col("order_hours"),
            pl.col("direct_hours") + pl.col("setup_hours") + pl.col("rework_hours"),
        ),
        row_identity(
            "LABOUR.BOOKED",
            "hours booked = on orders + indirect + idle",
            LABOUR,
            ("worker_id", "production_date", "shift_id"),
            pl.col("booked_hours"),
            pl.col("order_hours") + pl.col("indirect_hours") + pl.col("idle_hours"),
        ),
        row_identity(
            "LABOUR.UNBOOKED",
            "hours not booked = attendance − booked",
            LABOUR,
            ("worker_id", "production_date", "shift_id"),
            pl.col("unbooked_hours"),
            pl.col("attendance_hours") - pl.col("booked_hours"),
        ),
    ]


def _of_items(key: tuple[str, ...], measure: str) -> Callable[[Build], pl.LazyFrame]:
    def compare(build: Build) -> pl.LazyFrame:
        operations = build.scan(OPERATION).filter(pl.col("item_id").is_not_null())
        return sides(build.scan(YIELD_DAY).select(*key, left=measure), operations.select(*key, right=measure), key)

    return compare


def _reasons(build: Build) -> pl.LazyFrame:
    key = ("company_id", "plant_id", "production_date")
    return sides(
        build.scan(SCRAP_REASON).select(*key, left="scrap_qty"),
        build.scan(CONFIRMATION).select(*key, right="scrap_qty"),
        key,
    )
