"""The smallest plant that still shows a difference.

All reductions of a round are built at once, as companies of one home, so that a round costs one small build.
"""

from __future__ import annotations

from pathlib import Path

from efficiency.case import Case, Row, written
from efficiency.compare import answers, compared
from efficiency.warehouse import built_at_once


def smallest(case: Case, folder: Path, rounds: int = 12) -> tuple[Case, list[str]]:
    """Take rows away, first many at once, as long as the oracle and the marts still differ; `folder` is scratch."""
    lines: list[str] = []
    chunk = max(1, case.row_count // 4)
    for number in range(rounds):
        starts = range(0, case.row_count, chunk)
        reductions = [case.without(set(range(start, start + chunk))) for start in starts]
        reductions = [one for one in reductions if is_plant(one)]
        found = differing(reductions, folder / f"round{number}") if reductions else {}
        if found:
            best = min(found, key=lambda at: reductions[at].row_count)
            case, lines = reductions[best], found[best]
            chunk = min(chunk, max(1, case.row_count // 4))
        elif chunk == 1:
            break
        else:
            chunk = max(1, chunk // 3)
    return case, lines


def is_plant(case: Case) -> bool:
    """Whether the rows still refer only to plants, centers, machines, items and orders that are there."""
    held: dict[str, set[object]] = {}
    for delivery in case.deliveries:
        for row in delivery:
            held.setdefault(row.dataset, set()).add(row.key[1] if len(row.key) > 1 else None)
    needs = {
        "plant_id": "plant",
        "work_center_id": "work_center",
        "work_unit_id": "work_unit",
        "item_id": "item",
        "order_id": "production_order",
        "reason_id": "reason",
    }
    return "plant" in held and all(
        row.values.get(name) is None
        or (row.dataset in ("machine_state", "production_counter") and name in ("order_id", "reason_id"))
        or row.values[name] in held.get(dataset, ())
        for delivery in case.deliveries
        for row in delivery
        for name, dataset in needs.items()
    )


def differing(cases: list[Case], folder: Path) -> dict[int, list[str]]:
    """Build the cases and return the differences of those that have any."""
    with built_at_once(folder, cases).connected() as connection:
        return compared(connection, answers(cases))


def as_text(case: Case) -> str:
    """The rows of a case, a line each, by delivery."""
    return "\n".join(
        f"delivery {number}: {_line(row, case.zone)}"
        for number, delivery in enumerate(case.deliveries, start=1)
        for row in delivery
    )


def _line(row: Row, zone: str) -> str:
    values = {
        name: written(value, zone) if name.endswith("_at") and isinstance(value, int) and value > 10**11 else value
        for name, value in row.values.items()
        if value is not None
    }
    return f"{row.dataset}{' (deleted)' if row.is_deleted else ''} {values}"
