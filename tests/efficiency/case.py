"""One invented plant: the rows that its sources deliver, in the order in which they arrive.

A moment is a whole number of milliseconds since 1970 in UTC, a quantity a Decimal, a production date a date. Here is
also what remains of several deliveries: the last word on each key.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Values = Mapping[str, Any]
Facts = dict[str, list[dict[str, Any]]]

KEYS = {
    "company": (),
    "plant": ("plant_id",),
    "work_center": ("work_center_id",),
    "work_unit": ("work_unit_id",),
    "item": ("item_id",),
    "reason": ("reason_id",),
    "routing_operation": ("item_id", "plant_id", "version_id", "operation_no"),
    "shift_calendar": ("plant_id", "work_unit_id", "production_date", "shift_id"),
    "planned_stop": ("plant_id", "work_unit_id", "start_at"),
    "production_order": ("order_id",),
    "order_operation": ("order_id", "operation_no"),
    "confirmation": ("confirmation_id",),
    "machine_state": ("work_unit_id", "occurred_at"),
    "production_counter": ("work_unit_id", "counter", "occurred_at"),
}
MOMENTS = {"start_at", "end_at", "occurred_at", "ended_at", "planned_start_at", "planned_end_at"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """One delivered row; `is_deleted` says that it no longer exists at its source."""

    dataset: str
    values: Values
    is_deleted: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two rows versions of the same thing."""
        return (self.dataset, *(self.values.get(name) for name in KEYS[self.dataset]))


@dataclass(frozen=True)
class Case:
    """One plant: its clock and its deliveries. Within one delivery no key has two contents."""

    zone: str
    deliveries: tuple[tuple[Row, ...], ...]

    @property
    def row_count(self) -> int:
        return sum(map(len, self.deliveries))

    def without(self, dropped: set[int]) -> Case:
        """The case without the rows of these numbers, counted through all deliveries."""
        kept, number = [], 0
        for delivery in self.deliveries:
            kept.append(tuple(row for at, row in enumerate(delivery, number) if at not in dropped))
            number += len(delivery)
        return replace(self, deliveries=tuple(kept))


def current_facts(deliveries: Iterable[Iterable[Row]]) -> Facts:
    """What stands after these deliveries: of each key its last version, unless that says it was deleted."""
    standing: dict[tuple[Any, ...], Row] = {}
    for delivery in deliveries:
        for row in delivery:
            standing[row.key] = row
    facts: Facts = defaultdict(list)
    for row in standing.values():
        if not row.is_deleted:
            facts[row.dataset].append(dict(row.values))
    return facts


def moment(local: datetime, zone: str) -> int:
    """The milliseconds of a local time that the zone's clock shows once."""
    return (local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) - EPOCH) // timedelta(milliseconds=1)


def written(at: int, zone: str) -> str:
    """The moment as text: in UTC, with the zone's offset, or as local time where the clock shows that only once."""
    utc = EPOCH + timedelta(milliseconds=at)
    local = utc.astimezone(ZoneInfo(zone))
    form = at // 1000 % 3
    if form == 0:
        return utc.isoformat().replace("+00:00", "Z")
    naive = local.replace(tzinfo=None)
    shown_once = (
        naive.replace(tzinfo=ZoneInfo(zone), fold=0).utcoffset()
        == naive.replace(tzinfo=ZoneInfo(zone), fold=1).utcoffset()
    )
    return (naive if form == 2 and shown_once else local).isoformat()


def _text(name: str, value: Any, zone: str) -> Any:
    if value is None:
        return ""
    if name in MOMENTS:
        return written(value, zone)
    return value.isoformat() if isinstance(value, date) else value


def write_delivery(folder: Path, delivered: Mapping[str, tuple[str, Sequence[Row]]]) -> None:
    """Write one file a dataset into `folder`; `delivered` holds the zone and the rows of each company."""
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    headers: dict[str, dict[str, None]] = defaultdict(dict)
    for company, (zone, rows) in delivered.items():
        for row in rows:
            values = {name: _text(name, value, zone) for name, value in row.values.items()}
            lines[row.dataset].append(
                {"company_id": company, **values, "is_deleted": "true" if row.is_deleted else "false"}
            )
            headers[row.dataset] |= dict.fromkeys(lines[row.dataset][-1])
    folder.mkdir(parents=True)
    for dataset, rows in lines.items():
        with (folder / f"{dataset}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(headers[dataset]), restval="")
            writer.writeheader()
            writer.writerows(rows)
