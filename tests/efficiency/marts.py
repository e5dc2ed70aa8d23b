"""What each mart of efficiency must hold by the oracle: from its machine-shifts to the rows of every grain.

Each function yields (key, column → whole number or text); seconds are milliseconds, pieces are millionths.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from efficiency.oracle import MachineShift, Moment, Oracle, ShiftKey

Value = int | str | None
Rows = Iterator[tuple[tuple[Any, ...], dict[str, Value]]]
Shifts = dict[ShiftKey, MachineShift]

TIMES = (
    *("calendar", "not_planned", "planned_operation", "planned_down", "planned_busy", "busy", "production", "setup"),
    *("delay", "down", "unknown", "busy_outside_plan", "order_execution"),
)
MEASURED = ("busy", "production", "setup", "delay", "down", "unknown", "busy_outside_plan", "order_execution")
"""The time elements that only states can tell."""
STANDARDS = ("standard_produced", "standard_good")
QUANTITIES = ("produced", "good", "scrap", "rework")
CATEGORIES = (
    *("breakdown", "setup", "minor_stop", "reduced_speed", "startup_reject", "production_reject", "planned"),
    *("external", "unknown"),
)


def seconds(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}_seconds" for name in names)


def time_of(moments: Iterable[Moment]) -> dict[str, int]:
    """The milliseconds of these moments, by time element and by each of their sums."""
    found = dict.fromkeys(TIMES, 0)
    for now in moments:
        found["calendar"] += now.lasts
        found["planned_operation" if now.plan_class != "not_planned" else "not_planned"] += now.lasts
        if now.plan_class != "not_planned":
            found["planned_busy" if now.plan_class == "busy" else "planned_down"] += now.lasts
        if now.element != "outside_plan":
            found[now.element] += now.lasts
        if now.element in ("production", "setup", "delay"):
            found["busy"] += now.lasts
        if now.registered:
            found["order_execution"] += now.lasts
    return found


def component(one: MachineShift) -> dict[str, Value]:
    """The columns of oee_machine_shift; what a machine gives no signal of is null, not 0."""
    signal, pieces = one.signal, one.pieces.values()
    time = time_of(one.moments)
    sources = {now.source for now in one.moments} - {None}
    values: dict[str, Value] = {
        f"{name}_seconds": ms if signal.has_states or name not in MEASURED else None for name, ms in time.items()
    }
    for name in STANDARDS:
        total = sum(getattr(piece, f"{name}_ms") or 0 for piece in pieces)
        values[f"{name}_seconds"] = total if one.knows_standards else None
    known = {
        "produced": signal.knows_produced,
        "good": signal.knows_good,
        "scrap": signal.knows_scrap,
        "rework": signal.has_pieces,
    }
    for name in QUANTITIES:
        values[f"{name}_qty"] = sum(getattr(piece, name) for piece in pieces) if known[name] else None
    values["produced_without_standard_qty"] = sum(
        piece.produced for piece in pieces if piece.standard_produced_ms is None
    )
    values["is_provisional"] = int(one.is_provisional)
    values["order_source"] = (sources.pop() if len(sources) == 1 else "mixed") if sources else None
    return values


def machine_shift_rows(_: Oracle, shifts: Shifts) -> Rows:
    for key, one in shifts.items():
        yield key, component(one)


def order_time_rows(_: Oracle, shifts: Shifts) -> Rows:
    """The time of each order, operation and source; these sum to the machine-shift."""
    for key, one in shifts.items():
        by_order: dict[Any, list[Moment]] = defaultdict(list)
        for now in one.moments:
            by_order[now.order, now.operation, now.source].append(now)
        for order, moments in by_order.items():
            time = time_of(moments)
            yield (
                (*key, *order),
                {f"{name}_ms": time[name] for name in TIMES if name not in ("not_planned", "planned_down", "busy")},
            )


def piece_rows(_: Oracle, shifts: Shifts) -> Rows:
    for key, one in shifts.items():
        for of, pieces in one.pieces.items():
            if pieces.good or pieces.scrap or pieces.rework:
                yield (
                    (*key, *of),
                    {
                        "item_id": pieces.item,
                        **{f"{name}_qty": getattr(pieces, name) for name in QUANTITIES},
                        **{f"{name}_seconds": getattr(pieces, f"{name}_ms") for name in STANDARDS},
                    },
                )


def loss_rows(_: Oracle, shifts: Shifts) -> Rows:
    for key, one in shifts.items():
        for loss, ms in one.loss_ms.items():
            yield (*key, *loss), {"seconds": ms}


def waterfall_rows(_: Oracle, shifts: Shifts) -> Rows:
    """The losses by category; speed and rejects only where the standards are known too."""
    for key, one in shifts.items():
        lost = dict.fromkeys(CATEGORIES, 0)
        for (_, category, *_), ms in one.loss_ms.items():
            lost[category] += ms
        of_standards = ("reduced_speed", "startup_reject", "production_reject")
        known = {
            category: one.knows_both if category in of_standards else one.signal.has_states for category in CATEGORIES
        }
        values = component(one)
        yield (
            key,
            {
                **{name: values[name] for name in seconds("calendar", "not_planned", "planned_down", "planned_busy")},
                **{f"{name}_loss_seconds": ms if known[name] else None for name, ms in lost.items()},
                "fully_productive_seconds": values["standard_good_seconds"] if one.knows_both else None,
            },
        )


BASES: tuple[tuple[str, Callable[[MachineShift], bool]], ...] = (
    ("states and standards", lambda one: one.knows_both),
    ("standards", lambda one: one.knows_standards),
    ("states", lambda one: one.signal.has_states),
    ("none", lambda one: True),
)
"""On which machine-shifts a sum rests: the first of these that any of them fulfils."""


def on_one_basis(shifts: list[MachineShift]) -> tuple[str, list[MachineShift]]:
    """The basis of these machine-shifts, and those of them that it holds."""
    for basis, fulfils in BASES:
        held = [one for one in shifts if fulfils(one)]
        if held:
            return basis, held
    return "none", []


def summed(basis: str, parts: list[dict[str, Value]]) -> dict[str, Value]:
    """The components of several machine-shifts; null is what the basis does not know."""
    unknown = {*seconds(*MEASURED)} if basis in ("standards", "none") else set()
    unknown |= {*seconds(*STANDARDS)} if basis in ("states", "none") else set()
    return {
        name: None if name in unknown else sum(part[name] or 0 for part in parts)  # type: ignore[misc]
        for name in seconds(*TIMES, *STANDARDS)
    }


def by_period(shifts: Shifts, period: Callable[[MachineShift], Any]) -> dict[Any, list[MachineShift]]:
    found: dict[Any, list[MachineShift]] = defaultdict(list)
    for one in shifts.values():
        found[period(one)].append(one)
    return found


def plant_rows(shifts: Shifts, period: Callable[[MachineShift], Any]) -> Rows:
    for key, members in by_period(shifts, period).items():
        basis, held = on_one_basis(members)
        yield (
            (key,),
            {
                "basis": basis,
                "machine_shift_count": len(members),
                "basis_machine_shift_count": len(held),
                "all_planned_busy_seconds": sum(one.planned_busy_ms for one in members),
                "is_provisional": int(any(one.is_provisional for one in members)),
                **summed(basis, [component(one) for one in held]),
            },
        )


def plant_day_rows(_: Oracle, shifts: Shifts) -> Rows:
    return plant_rows(shifts, lambda one: one.slot.day)


def plant_month_rows(_: Oracle, shifts: Shifts) -> Rows:
    return plant_rows(shifts, lambda one: f"{one.slot.day:%Y-%m}")


def item_day_rows(oracle: Oracle, shifts: Shifts) -> Rows:
    """A plant's day by the item whose order was on the machine; these sum to the plant's day."""
    for day, members in by_period(shifts, lambda one: one.slot.day).items():
        basis, held = on_one_basis(members)
        parts: dict[str | None, list[dict[str, Value]]] = defaultdict(list)
        for one in held:
            for item in items_of(oracle, one):
                parts[item].append(component_of_item(oracle, one, item))
        for item, of_item in parts.items():
            values = summed(basis, of_item)
            for name in (f"{quantity}_qty" for quantity in QUANTITIES):
                known = [part[name] for part in of_item if part[name] is not None]
                values[name] = sum(known) if known and item is not None else None  # type: ignore[arg-type]
            if any(values.values()):
                yield (day, item), {"basis": basis, **values}


def items_of(oracle: Oracle, one: MachineShift) -> set[str | None]:
    return {item_at(oracle, now) for now in one.moments} | {pieces.item for pieces in one.pieces.values()}


def item_at(oracle: Oracle, now: Moment) -> str | None:
    order = oracle.orders.get(now.order) if now.order is not None else None
    return order["item_id"] if order else None


def component_of_item(oracle: Oracle, one: MachineShift, item: str | None) -> dict[str, Value]:
    """What of the machine-shift belongs to the item."""
    whole, time = component(one), time_of(now for now in one.moments if item_at(oracle, now) == item)
    pieces = [piece for piece in one.pieces.values() if piece.item == item]
    values: dict[str, Value] = {
        **{f"{name}_seconds": ms for name, ms in time.items()},
        **{f"{name}_seconds": sum(getattr(piece, f"{name}_ms") or 0 for piece in pieces) for name in STANDARDS},
        **{f"{name}_qty": sum(getattr(piece, name) for piece in pieces) for name in QUANTITIES},
    }
    return {name: None if whole[name] is None else value for name, value in values.items()}


@dataclass(frozen=True)
class Mart:
    """One table to compare: its name, where it is, its key beside the company, its measures, what the oracle says."""

    name: str
    table: str
    key: tuple[str, ...]
    measures: tuple[str, ...]
    expected: Callable[[Oracle, Shifts], Rows]


MACHINE_SHIFT = ("work_unit_id", "production_date", "shift_id")
ORDER = ("order_id", "operation_no", "order_source")
ROLLED_UP = (
    *("basis", "machine_shift_count", "basis_machine_shift_count", "all_planned_busy_seconds", "is_provisional"),
    *seconds(*TIMES, *STANDARDS),
)
MARTS: tuple[Mart, ...] = (
    Mart(
        "oee_machine_shift",
        "efficiency.oee_machine_shift",
        MACHINE_SHIFT,
        (
            *seconds(*TIMES, *STANDARDS),
            *(f"{name}_qty" for name in (*QUANTITIES, "produced_without_standard")),
            *("is_provisional", "order_source"),
        ),
        machine_shift_rows,
    ),
    Mart(
        "order_time",
        "scratch.intermediate.int_machine_shift_order_time",
        (*MACHINE_SHIFT, *ORDER),
        tuple(f"{name}_ms" for name in TIMES if name not in ("not_planned", "planned_down", "busy")),
        order_time_rows,
    ),
    Mart(
        "pieces",
        # Pieces confirmed for a shift that is in no calendar belong to no machine-shift.
        """(from scratch.intermediate.int_machine_shift_piece
            semi join scratch.intermediate.int_machine_shift
                using (company_id, work_unit_id, production_date, shift_id)
            where good_qty <> 0 or scrap_qty <> 0 or rework_qty <> 0)""",
        (*MACHINE_SHIFT, "order_id", "operation_no", "routing_version_id", "order_source"),
        ("item_id", *(f"{name}_qty" for name in QUANTITIES), *seconds(*STANDARDS)),
        piece_rows,
    ),
    Mart(
        "loss_event",
        """(select company_id, work_unit_id, production_date, shift_id, loss_kind, loss_category, time_element,
                machine_state, reason_id, order_id, operation_no, order_source, sum(seconds) as seconds
            from efficiency.loss_event group by all)""",
        (*MACHINE_SHIFT, "loss_kind", "loss_category", "time_element", "machine_state", "reason_id", *ORDER),
        ("seconds",),
        loss_rows,
    ),
    Mart(
        "loss_waterfall",
        "efficiency.loss_waterfall",
        MACHINE_SHIFT,
        (
            *seconds("calendar", "not_planned", "planned_down", "planned_busy", "fully_productive"),
            *(f"{name}_loss_seconds" for name in CATEGORIES),
        ),
        waterfall_rows,
    ),
    Mart(
        "oee_item_day",
        "(from efficiency.oee_item_day where calendar_seconds <> 0 or standard_produced_seconds <> 0"
        " or standard_good_seconds <> 0 or produced_qty <> 0 or good_qty <> 0 or scrap_qty <> 0 or rework_qty <> 0)",
        ("production_date", "item_id"),
        ("basis", *seconds(*TIMES, *STANDARDS), *(f"{name}_qty" for name in QUANTITIES)),
        item_day_rows,
    ),
    Mart("oee_plant_day", "efficiency.oee_plant_day", ("production_date",), ROLLED_UP, plant_day_rows),
    Mart("oee_plant_month", "efficiency.oee_plant_month", ("month_id",), ROLLED_UP, plant_month_rows),
)
