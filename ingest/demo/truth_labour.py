"""The truth about labour: each worker's attended time and hours on orders, by the plant's shifts."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from decimal import Decimal

from ingest.demo.clock import DAY
from ingest.demo.event_log import EventLog
from ingest.demo.truth_states import Record, records

CHARGED_ACTIVITIES = ("direct", "setup", "rework")
LONGEST_SHIFT = DAY


def worker_shifts(log: EventLog, night: int | None) -> list[dict[str, object]]:
    """Return one record per worker and plant shift: attended seconds and hours on orders.

    A record with times belongs wholly to the plant shift it overlaps longest, the earlier one of two equals;
    records without times, or that overlap no shift, belong to none.
    """
    calendar: dict[str, list[Record]] = defaultdict(list)
    for record in sorted(records(log, "shift_calendar", night), key=lambda record: record["start_at"]):
        if record["work_unit_id"] is None:
            calendar[record["plant_id"]].append(record)
    attended: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    on_orders: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for record in records(log, "attendance", night):
        start, end = record["clock_in_at"], record["clock_out_at"]
        key = _shift_of(calendar, record, start, end)
        if key is not None:
            attended[key] += Decimal(end - start) / 1000 - (record["break_seconds"] or 0)
    for record in records(log, "labour_time", night):
        key = _shift_of(calendar, record, record["start_at"], record["end_at"])
        if key is not None:
            charged = record["order_id"] is not None and record["activity"] in CHARGED_ACTIVITIES
            on_orders[key] += Decimal(record["hours"]) if charged else 0
    return [
        {
            "worker_id": key[0],
            "plant_id": key[1],
            "production_date": key[2],
            "shift_id": key[3],
            "attendance_seconds": attended[key],
            "order_hours": on_orders[key],
        }
        for key in sorted({*attended, *on_orders}, key=lambda key: [str(part) for part in key])
    ]


def _shift_of(
    calendar: dict[str, list[Record]], record: Record, start: int | None, end: int | None
) -> tuple[object, ...] | None:
    if start is None or end is None:
        return None
    best, longest = None, 0
    shifts = calendar[record["plant_id"]]
    first = bisect_left(shifts, start - LONGEST_SHIFT, key=lambda shift: shift["start_at"])
    last = bisect_left(shifts, end, key=lambda shift: shift["start_at"])
    for shift in shifts[first:last]:
        overlap = min(shift["end_at"], end) - max(shift["start_at"], start)
        if overlap > longest:
            best, longest = shift, overlap
    if best is None:
        return None
    return record["worker_id"], record["plant_id"], best["production_date"], best["shift_id"]
