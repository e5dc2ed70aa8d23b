"""The smallest company that still shows a difference.

All reductions of a round are built at once, as companies of one home, so that a round costs one small build. The
bookkeeper keeps new books of each.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cost.fuzz.company import Company
from cost.fuzz.compare import answers, compared
from cost.fuzz.warehouse import built

NEEDS = {
    "plant_id": "plant", "work_center_id": "work_center", "work_unit_id": "work_unit", "item_id": "item",
    "component_item_id": "item", "order_id": "production_order", "cost_center_id": "cost_center",
    "account_id": "account", "supplier_id": "supplier", "worker_id": "worker", "receipt_id": "purchase_receipt",
}  # fmt: skip
KEPT = ("account", "exchange_rate")
Differences = Callable[[list[Company], Path], dict[int, list[str]]]


def differing(companies: list[Company], folder: Path) -> dict[int, list[str]]:
    """Build the companies and return the differences of those that have any."""
    with built(folder, companies).connected() as connection:
        return compared(connection, answers(companies))


def smallest(
    company: Company, folder: Path, rounds: int = 12, show: Differences = differing
) -> tuple[Company, list[str]]:
    """Take rows away, first many at once, as long as a difference remains; `folder` is scratch."""
    lines: list[str] = []
    chunk = max(1, company.row_count // 4)
    for number in range(rounds):
        starts = range(0, company.row_count, chunk)
        reductions = [company.without(set(range(start, start + chunk))) for start in starts]
        reductions = [one for one in map(completed, reductions) if one.row_count < company.row_count and can_be(one)]
        found = show(reductions, folder / f"round{number}") if reductions else {}
        if found:
            best = min(found, key=lambda at: reductions[at].row_count)
            company, lines = reductions[best], found[best]
            chunk = min(chunk, max(1, company.row_count // 4))
        elif chunk == 1:
            break
        else:
            chunk = max(1, chunk // 3)
    return company, lines


def completed(company: Company) -> Company:
    """The company without the rows that name what is no longer there."""
    while True:
        held: dict[str, set[object]] = {}
        for row in company.rows:
            for name, dataset in NEEDS.items():
                if row.dataset == dataset:
                    held.setdefault(dataset, set()).add(row.values.get(name))
        dropped = {
            at
            for at, row in enumerate(company.rows)
            for name, dataset in NEEDS.items()
            if row.dataset not in (dataset, *KEPT)
            and row.values.get(name) is not None
            and row.values[name] not in held.get(dataset, ())
        }
        if not dropped:
            return company
        company = company.without(dropped)


def can_be(company: Company) -> bool:
    """Whether the bookkeeper can keep books of it: every amount that it needs is known."""
    try:
        answers([company])
    except (LookupError, TypeError, ValueError, AssertionError, ArithmeticError):
        return False
    return any(row.dataset == "plant" for row in company.rows)


def as_text(company: Company) -> str:
    """The rows of a company, a line each."""
    lines = [f"{dict(company.choices)} ({company.zone})"]
    for row in company.rows:
        values = {name: str(value) for name, value in row.values.items() if value is not None}
        lines.append(f"{row.dataset} {values}")
    return "\n".join(lines)
