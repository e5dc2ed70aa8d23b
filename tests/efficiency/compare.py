"""The oracle's answers beside the warehouse's, row by row and to the last digit.

Durations are compared as whole milliseconds and quantities as whole millionths, both as decimals throughout: no
floating point takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from efficiency.case import Case, current_facts
from efficiency.oracle import MachineShift, Oracle
from efficiency.warehouse import company_of, number_of

Answer = dict[tuple[Any, ...], dict[str, int | None]]
"""key → column → whole number; the key begins with the company"""


@dataclass(frozen=True)
class Mart:
    """One mart to compare: where it is, what it is told apart by, and what the oracle says of it."""

    table: str
    key: tuple[str, ...]
    measures: tuple[str, ...]
    expected: Callable[[Oracle, dict[Any, MachineShift]], Iterable[tuple[tuple[Any, ...], dict[str, int | None]]]]

    def published(self, connection: duckdb.DuckDBPyConnection) -> Answer:
        """What the warehouse holds; a row that stands twice is an error of the mart."""
        listed = ", ".join(_whole(measure) for measure in self.measures)
        rows = connection.sql(f"select company_id, {', '.join(self.key)}, {listed} from {self.table}").fetchall()
        width = len(self.key) + 1
        answer = {row[:width]: dict(zip(self.measures, row[width:], strict=True)) for row in rows}
        assert len(answer) == len(rows), f"{self.table}: {self.key} does not tell its rows apart"
        return answer


def _whole(measure: str) -> str:
    """The measure as an integer: milliseconds, millionths, or the count that it is."""
    scale = {"seconds": " * 1000", "qty": " * 1000000"}.get(measure.rsplit("_", 1)[-1], "")
    return f"cast({measure}{scale} as hugeint) as {measure}"


def machine_shift_rows(oracle: Oracle, shifts: dict[Any, MachineShift]) -> Iterable[Any]:
    """The columns of oee_machine_shift; what a machine gives no signal of is null, not 0."""
    for (unit, day, shift), one in shifts.items():
        signal = one.signal
        assert signal is not None
        pieces = one.pieces.values()
        elements = {f"{name}_seconds": ms if signal.has_states else None for name, ms in one.element_ms.items()}
        element = one.element_ms
        timed = all(None not in (piece.standard_produced_ms, piece.standard_good_ms) for piece in pieces)
        knows_standard = signal.has_pieces and signal.knows_produced and signal.knows_good and timed
        busy = element["production"] + element["setup"] + element["delay"]
        yield (
            (unit, day, shift),
            {
                "calendar_seconds": one.calendar_ms,
                "not_planned_seconds": one.calendar_ms - one.planned_operation_ms,
                "planned_operation_seconds": one.planned_operation_ms,
                "planned_down_seconds": one.planned_operation_ms - one.planned_busy_ms,
                "planned_busy_seconds": one.planned_busy_ms,
                "busy_seconds": busy if signal.has_states else None,
                **elements,
                "standard_produced_seconds": (
                    sum(piece.standard_produced_ms or 0 for piece in pieces) if knows_standard else None
                ),
                "standard_good_seconds": (
                    sum(piece.standard_good_ms or 0 for piece in pieces) if knows_standard else None
                ),
                "produced_qty": sum(piece.produced for piece in pieces) if signal.knows_produced else None,
                "good_qty": sum(piece.good for piece in pieces) if signal.knows_good else None,
                "scrap_qty": sum(piece.scrap for piece in pieces) if signal.knows_scrap else None,
                "rework_qty": sum(piece.rework for piece in pieces) if signal.has_pieces else None,
                "produced_without_standard_qty": sum(
                    piece.produced for piece in pieces if piece.standard_produced_ms is None
                ),
                "is_provisional": int(one.is_provisional),
            },
        )


MACHINE_SHIFT = Mart(
    "efficiency.oee_machine_shift",
    ("work_unit_id", "production_date", "shift_id"),
    (
        *("calendar_seconds", "not_planned_seconds", "planned_operation_seconds", "planned_down_seconds"),
        *("planned_busy_seconds", "busy_seconds", "production_seconds", "setup_seconds", "delay_seconds"),
        *("down_seconds", "unknown_seconds", "busy_outside_plan_seconds"),
        *("standard_produced_seconds", "standard_good_seconds"),
        *("produced_qty", "good_qty", "scrap_qty", "rework_qty", "produced_without_standard_qty", "is_provisional"),
    ),
    machine_shift_rows,
)
MARTS: tuple[Mart, ...] = (MACHINE_SHIFT,)


def answers(cases: Sequence[Case], marts: Sequence[Mart] = MARTS) -> dict[str, Answer]:
    """What the oracle says of every case: mart → answer. The company of a case is its place in the list."""
    told: dict[str, Answer] = {mart.table: {} for mart in marts}
    for number, case in enumerate(cases):
        oracle = Oracle(current_facts(case.deliveries))
        shifts = oracle.machine_shifts()
        for mart in marts:
            for key, values in mart.expected(oracle, shifts):
                told[mart.table][company_of(number), *key] = values
    return told


def differences(expected: Answer, published: Answer) -> dict[int, list[str]]:
    """By case, one line for each row that only one side has and for each value that differs."""
    found: dict[int, list[str]] = {}
    for key in expected.keys() | published.keys():
        lines = []
        if key not in published:
            lines.append(f"{key}: only the oracle has it")
        elif key not in expected:
            lines.append(f"{key}: only the mart has it")
        else:
            lines += [
                f"{key}: {name} should be {value}, is {published[key][name]}"
                for name, value in expected[key].items()
                if value != published[key][name]
            ]
        if lines:
            found.setdefault(number_of(key[0]), []).extend(lines)
    return found


def compared(
    connection: duckdb.DuckDBPyConnection, told: dict[str, Answer], marts: Sequence[Mart] = MARTS
) -> dict[int, list[str]]:
    """The differences of all marts by case."""
    found: dict[int, list[str]] = {}
    for mart in marts:
        for case, lines in differences(told[mart.table], mart.published(connection)).items():
            found.setdefault(case, []).extend(f"{mart.table} {line}" for line in sorted(lines))
    return found
