"""A seeded factory simulator: writes extracts night by night, and the truth they must lead to."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ingest.demo.configuration import write_configuration
from ingest.demo.extracts import write_file
from ingest.demo.factory import DemoFactory, generate
from ingest.demo.faults import Fault, fault_rows
from ingest.demo.truth import (
    ACCOUNT_COLUMNS,
    DISTURBANCE_COLUMNS,
    FAULT_COLUMNS,
    ITEM_DAY_COLUMNS,
    LOSS_COLUMNS,
    MACHINE_SHIFT_COLUMNS,
    ORDER_COLUMNS,
    ORDER_LEAF_COLUMNS,
    PLANT_DAY_COLUMNS,
    PLANT_MONTH_COLUMNS,
    PURCHASE_PRICE_VARIANCE_COLUMNS,
    TAG_DAY_COLUMNS,
    WIP_COLUMNS,
    WORKER_SHIFT_COLUMNS,
    Truth,
    truth_of,
    write_csv,
)

__all__ = [
    "DemoFactory",
    "Fault",
    "Truth",
    "generate",
    "nights",
    "truth_as_of",
    "write_configuration",
    "write_extracts",
    "write_truth",
]

INBOX_NAME, LATER_NAME = "inbox", "later"


def nights(factory: DemoFactory) -> list[date]:
    """Return the dates of all nights on which something is delivered, in order."""
    return [factory.log.date_of_night(night) for night in range(factory.log.days)]


def write_extracts(factory: DemoFactory, inbox: Path, night: date | None = None) -> None:
    """Write the files of one night, or of all nights in order, below `inbox`; a night may replace earlier files.

    Next to the inbox of a home, a folder of that name, the papers of a past month that nobody has delivered yet are
    laid ready in `later`, to be copied into the inbox. Raise ValueError for a date that is no night of the factory.
    """
    if night is not None and night not in nights(factory):
        raise ValueError(f"{night} is no night of this factory; see nights()")
    for number, date_of_night in enumerate(nights(factory)):
        if night in (None, date_of_night):
            for file in factory.files[number]:
                write_file(file, inbox)
    if inbox.name == INBOX_NAME:
        for file in factory.later:
            write_file(file, inbox.with_name(LATER_NAME))


def truth_as_of(factory: DemoFactory, night: date | None = None) -> Truth:
    """Return what an ideal warehouse knows after that night, by default after the last."""
    return truth_of(factory.log, None if night is None else nights(factory).index(night))


def write_truth(factory: DemoFactory, folder: Path, night: date | None = None) -> None:
    """Write truth/*.csv below `folder` as of a night, by default the last: figures, faults and disturbances.

    fault.csv and disturbance.csv hold what has been delivered until then. A fault with `resolved_night` is seen only
    by a reader who took each night as it came; a night later its row is good.
    """
    truth = truth_as_of(factory, night)
    log, last = factory.log, night or nights(factory)[-1]
    target = folder / "truth"
    write_csv(truth.machine_shifts, target / "machine_shift.csv", MACHINE_SHIFT_COLUMNS)
    write_csv(truth.orders, target / "order.csv", ORDER_COLUMNS)
    write_csv(truth.worker_shifts, target / "labour_worker_shift.csv", WORKER_SHIFT_COLUMNS)
    write_csv(truth.losses, target / "loss.csv", LOSS_COLUMNS)
    write_csv(truth.plant_days, target / "plant_day.csv", PLANT_DAY_COLUMNS)
    write_csv(truth.plant_months, target / "plant_month.csv", PLANT_MONTH_COLUMNS)
    write_csv(truth.item_days, target / "item_day.csv", ITEM_DAY_COLUMNS)
    write_csv(truth.tag_days, target / "tag_day.csv", TAG_DAY_COLUMNS)
    write_csv(truth.order_leaves, target / "order_leaf.csv", ORDER_LEAF_COLUMNS)
    write_csv(truth.work_in_process, target / "wip.csv", WIP_COLUMNS)
    write_csv(truth.accounts, target / "account.csv", ACCOUNT_COLUMNS)
    write_csv(truth.purchase_lines, target / "purchase_price_variance.csv", PURCHASE_PRICE_VARIANCE_COLUMNS)
    faults = [fault for fault in factory.faults if log.date_of_night(fault.night) <= last]
    write_csv(fault_rows(faults, log), target / "fault.csv", FAULT_COLUMNS)
    disturbances = (
        {
            "night": log.date_of_night(done.night),
            "dataset": done.dataset,
            "key": "|".join(str(part) for part in done.key),
            "kind": done.kind,
        }
        for done in factory.disturbances
        if log.date_of_night(done.night) <= last
    )
    write_csv(disturbances, target / "disturbance.csv", DISTURBANCE_COLUMNS)
