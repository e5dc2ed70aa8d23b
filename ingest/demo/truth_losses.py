"""The truth about losses: where each machine-shift's planned busy time went that no good piece accounts for.

The losses of a machine-shift that knows its states and its standards, and the standard time of its good pieces, add up
to its planned busy time to the millisecond.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from ingest.demo.event_log import EventLog
from ingest.demo.truth_pieces import Pieces, WorkDone
from ingest.demo.truth_states import records
from ingest.demo.truth_time import Slice, UnitShift

MINOR_STOP = 300_000
"""Milliseconds from which on a stop without a reason is no longer a minor one."""


def milliseconds(seconds: Decimal) -> int:
    """Return exact seconds as whole milliseconds."""
    return int(seconds * 1000)


class Losses:
    """Milliseconds lost, by machine-shift and category."""

    def __init__(self, log: EventLog, night: int | None) -> None:
        self._category_of = {record["reason_id"]: record["loss_category"] for record in records(log, "reason", night)}
        self._startup = {reason for reason, category in self._category_of.items() if category == "startup_reject"}

    def of_shift(self, shift: UnitShift, done: list[WorkDone], pieces: Pieces) -> dict[str, int]:
        """Return the losses of a machine-shift with states; those of speed and quality only where it has standards."""
        lost: dict[str, int] = defaultdict(int)
        production: dict[str | None, int] = defaultdict(int)
        for part in shift.slices:
            if part.plan_class != "busy":
                continue
            if part.element == "production":
                production[part.order_id] += part.lasts
            else:
                lost[self._category(part)] += part.lasts
        if any(work.standard_produced is None for work in done):
            return lost
        for order_id in production.keys() | {work.order_id for work in done}:
            of_order = [work for work in done if work.order_id == order_id]
            produced = sum(milliseconds(work.standard_produced or Decimal(0)) for work in of_order)
            good = sum(milliseconds(work.standard_good or Decimal(0)) for work in of_order)
            lost["reduced_speed"] += production[order_id] - produced
            startup = int(Fraction(produced - good) * pieces.startup_share(shift, order_id, self._startup))
            lost["startup_reject"] += startup
            lost["production_reject"] += produced - good - startup
        return lost

    def _category(self, part: Slice) -> str:
        if part.element in ("setup", "unknown") or part.event is None:
            return part.element
        named = self._category_of.get(part.event.reason_id)
        if named is not None:
            return str(named)
        if part.event.end - part.event.start < MINOR_STOP:
            return "minor_stop"
        return "breakdown" if part.event.state in ("down", "maintenance") else "unknown"
