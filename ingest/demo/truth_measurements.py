"""The truth about process measurements: what each tag of each unit said on each day of its plant's clock.

Bad values are left out.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from ingest.demo.clock import WallClock
from ingest.demo.event_log import EventLog
from ingest.demo.truth_states import records


def tag_days(log: EventLog, night: int | None) -> list[dict[str, object]]:
    """Return count, sum, sum of squares, least and greatest value by unit, tag and day."""
    clocks = {
        plant["plant_id"]: WallClock(plant["time_zone"], log.first_date, log.days)
        for plant in records(log, "plant", night)
    }
    plant_of = {unit["work_unit_id"]: unit["plant_id"] for unit in records(log, "work_unit", night)}
    values: dict[tuple[object, ...], list[Decimal]] = defaultdict(list)
    for record in records(log, "process_measurement", night):
        if record["quality"] != "bad":
            day = clocks[plant_of[record["work_unit_id"]]].date_of(record["occurred_at"])
            values[record["work_unit_id"], record["tag"], day].append(record["value"])
    return [
        {
            "work_unit_id": unit_id,
            "tag": tag,
            "measurement_date": day,
            "value_count": len(of_day),
            "value_sum": sum(of_day),
            "value_square_sum": sum(value * value for value in of_day),
            "min_value": min(of_day),
            "max_value": max(of_day),
        }
        for (unit_id, tag, day), of_day in sorted(values.items(), key=lambda entry: [str(part) for part in entry[0]])
    ]
