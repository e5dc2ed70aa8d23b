"""The truth about days and months: components of plants and items, summed over one set of machine-shifts each.

A ratio of sums is only right where numerator and denominator tell of the same machine-shifts: those that know both
their states and their standards, if there are any; else those that know one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ingest.demo.truth_pieces import WorkDone
from ingest.demo.truth_time import UnitShift

BASES = ("states and standards", "standards", "states", "none")
COMPONENTS = ("planned_busy_seconds", "production_seconds", "standard_produced_seconds", "standard_good_seconds")

Figures = dict[str, object]


@dataclass(frozen=True)
class MeasuredShift:
    """A machine-shift with what it made, and the item of every order."""

    shift: UnitShift
    has_states: bool
    done: list[WorkDone]

    @property
    def basis(self) -> str:
        """Return what the machine-shift knows of itself."""
        knows_standards = all(work.standard_produced is not None for work in self.done)
        if self.has_states:
            return "states and standards" if knows_standards else "states"
        return "standards" if knows_standards else "none"


def _seconds(milliseconds: int) -> Decimal:
    return Decimal(milliseconds).scaleb(-3)


def plant_sums(shifts: list[MeasuredShift], period_of: Callable[[date], Hashable]) -> list[Figures]:
    """Return the components of each plant and period."""
    groups: dict[tuple[str, Hashable], list[MeasuredShift]] = defaultdict(list)
    for measured in shifts:
        groups[measured.shift.plant_id, period_of(measured.shift.production_date)].append(measured)
    return [
        {"plant_id": plant_id, "period": period, **_counts(group), **_components(_of_basis(group))}
        for (plant_id, period), group in sorted(groups.items(), key=lambda entry: str(entry[0]))
    ]


def item_days(shifts: list[MeasuredShift], item_of: dict[str, str]) -> list[Figures]:
    """Return each plant day's components by item: time while an order of the item is on the machine, its pieces.

    Time and pieces of no known order stand under item None, so that the items of a day add up to the plant's day. An
    item with neither is left out.
    """
    groups: dict[tuple[str, date], list[MeasuredShift]] = defaultdict(list)
    for measured in shifts:
        groups[measured.shift.plant_id, measured.shift.production_date].append(measured)
    found: list[Figures] = []
    for (plant_id, day), group in sorted(groups.items()):
        basis = _basis(group)
        times: dict[str | None, list[int]] = defaultdict(lambda: [0, 0])
        work: dict[str | None, list[WorkDone]] = defaultdict(list)
        for measured in _of_basis(group):
            for part in measured.shift.slices:
                if part.plan_class == "busy":
                    on_item = times[item_of.get(part.order_id or "")]
                    on_item[0] += part.lasts
                    on_item[1] += part.lasts if part.element == "production" else 0
            for done in measured.done:
                work[done.item_id].append(done)
        for item_id in sorted(times.keys() | work.keys(), key=str):
            busy, production = times[item_id]
            figures = _figures(basis, busy, production, work[item_id])
            named = {"plant_id": plant_id, "production_date": day, "item_id": item_id, "basis": basis}
            if any(figures.values()):
                found.append({**named, **figures})
    return found


def _basis(group: Iterable[MeasuredShift]) -> str:
    return min((measured.basis for measured in group), key=BASES.index)


def _of_basis(group: list[MeasuredShift]) -> list[MeasuredShift]:
    basis = _basis(group)
    return [measured for measured in group if measured.basis == basis]


def _counts(group: list[MeasuredShift]) -> Figures:
    return {
        "basis": _basis(group),
        "machine_shift_count": len(group),
        "basis_machine_shift_count": len(_of_basis(group)),
        "all_planned_busy_seconds": _seconds(sum(measured.shift.planned_busy for measured in group)),
    }


def _components(group: list[MeasuredShift]) -> Figures:
    busy = sum(measured.shift.planned_busy for measured in group)
    production = sum(measured.shift.elements()["production"] for measured in group)
    return _figures(_basis(group), busy, production, [work for measured in group for work in measured.done])


def _figures(basis: str, busy: int, production: int, done: list[WorkDone]) -> Figures:
    knows_states, knows_standards = basis.startswith("states"), basis.endswith("standards")
    produced = sum((work.standard_produced or Decimal(0) for work in done), Decimal(0))
    good = sum((work.standard_good or Decimal(0) for work in done), Decimal(0))
    values = (
        _seconds(busy),
        _seconds(production) if knows_states else None,
        produced if knows_standards else None,
        good if knows_standards else None,
    )
    return dict(zip(COMPONENTS, values, strict=True))
