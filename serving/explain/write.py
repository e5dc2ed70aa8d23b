"""An explanation for people, as text as wide as the terminal, or for programs, as JSON or CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import fields
from decimal import Decimal
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Any

from serving.explain.catalogue import MARTS
from serving.explain.leaves import PART_WORDS
from serving.explain.model import Explanation, Ratio, SourceRow, Step
from serving.explain.numbers import spoken
from serving.json_text import json_text

if TYPE_CHECKING:
    from rich.console import Console

ROWS_SHOWN = 30
"""How many source rows a table shows where nobody says."""

_ROW_FIELDS = tuple(field.name for field in fields(SourceRow))


class Format(StrEnum):
    """How an explanation is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def write_explanation(explanation: Explanation, form: Format, stream: IO[str], *, limit: int | None = None) -> None:
    """Write the explanation; of more than `limit` source rows the rest is one row with their sum."""
    match form:
        case Format.TABLE:
            _write_table(explanation, stream, limit)
        case Format.JSON:
            stream.write(json_text(_told(explanation, limit)) + "\n")
        case Format.CSV:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(("figure", "kind", *_ROW_FIELDS))
            for part in (explanation, *explanation.parts):
                for kind, rows in (("part", limited(part.rows, limit)), ("standard", part.standards)):
                    for row in rows:
                        writer.writerow((part.figure.name, kind, *(_plain(getattr(row, name)) for name in _ROW_FIELDS)))


def write_why(explanation: Explanation, stream: IO[str]) -> None:
    """Write the figure and the words of its status column: why it has no value, or that it is known."""
    stream.write(f"{_figure_line(explanation)}: {_status(explanation)}\n")


def limited(rows: Sequence[SourceRow], limit: int | None) -> Sequence[SourceRow]:
    """Return the first rows and one that holds the sum of those left out; their sum is the same."""
    if limit is None or len(rows) <= limit:
        return rows
    left_out = rows[limit:]
    amount = sum((row.amount for row in left_out if row.amount is not None), Decimal(0))
    return (*rows[:limit], SourceRow(f"and {len(left_out):,} more", amount=amount))


def conclusion(explanation: Explanation) -> str:
    """Return the last line: what the source rows add up to, and whether that is the figure."""
    value, unit = explanation.value, _unit(explanation)
    if value is None and explanation.row_count > 1:
        return f"No value: not all of the {explanation.row_count:,} rows have one ({_status(explanation)})."
    if isinstance(explanation.figure.source, Ratio):
        if value is None:
            return f"No value: {_status(explanation)}."
        above, below = (part.value for part in explanation.parts)
        return f"{spoken(above)} ÷ {spoken(below, 'quantity')} = {_number(value, explanation)}{unit}."
    if value is None:
        return f"No value: {_status(explanation)}."
    count = len(explanation.rows)
    said = f"{_number(explanation.total, explanation)}{unit}"
    if not count:
        return f"No source row, and the figure is {_number(value, explanation)}{unit}: " + (
            "it agrees." if explanation.holds else "it does NOT agree."
        )
    rows = f"the {count:,} source rows" if count > 1 else "the source row"
    if explanation.holds:
        return f"Sum of {rows}: {said} = the figure."
    difference = _number(value - explanation.total, explanation)
    return f"Sum of {rows}: {said}, which is NOT the figure: {difference}{unit} are missing."


def _write_table(explanation: Explanation, stream: IO[str], limit: int | None) -> None:
    from rich.console import Console

    console = Console(file=stream, highlight=False, markup=False, soft_wrap=False)
    _print(console, explanation, limit)
    for part in explanation.parts:
        console.print()
        _print(console, part, limit)


def _print(console: Console, explanation: Explanation, limit: int | None) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console.print(Text(_figure_line(explanation), style="bold"))
    for line in (_row_line(explanation), _build_line(explanation)):
        console.print(Text(line, style="dim"))
    console.print()
    if explanation.meaning:
        console.print(Padding(Text(explanation.meaning), (0, 0, 1, 2)))
    result = "" if explanation.value is None else f" = {_number(explanation.value, explanation)}{_unit(explanation)}"
    console.print(Padding(Text(explanation.formula + result), (0, 0, 1, 2)))
    if explanation.steps:
        console.print(Padding(_tree(explanation), (0, 0, 1, 2)))
    if explanation.rows:
        _print_lines(console, _row_lines(console.width, explanation, limit))
    if explanation.standards:
        _print_lines(console, _standard_lines(console.width, explanation, limit))
    delivered = list(_as_delivered(explanation))
    if delivered:
        console.print(Text("As delivered", style="bold"))
        for line in delivered:
            console.print(Text(line), soft_wrap=True)
        console.print()
    console.print(Text(conclusion(explanation), style="bold" if explanation.holds else "bold red"))


def _print_lines(console: Console, lines: Iterator[tuple[str, str]]) -> None:
    from rich.text import Text

    for line, style in lines:
        console.print(Text(line.rstrip(), style=style), soft_wrap=len(line.rstrip()) > console.width)
    console.print()


def _figure_line(explanation: Explanation) -> str:
    told = "no value" if explanation.value is None else f"{_number(explanation.value, explanation)}{_unit(explanation)}"
    return f"{explanation.figure.name} = {told}"


def _row_line(explanation: Explanation) -> str:
    mart, row = MARTS[explanation.figure.mart], explanation.row
    told = " · ".join(f"{name} {row[name]}" for name in mart.told_by if row.get(name) is not None)
    return told if explanation.row_count == 1 else f"{explanation.row_count:,} rows · {told}".rstrip(" ·")


def _build_line(explanation: Explanation) -> str:
    status = f" · {explanation.status}" if explanation.status else ""
    return f"build {explanation.build_id} · as of {explanation.as_of}{status}"


def _status(explanation: Explanation) -> str:
    return explanation.status or "the mart says no more about it"


def _number(value: Any, explanation: Explanation) -> str:
    return spoken(value, explanation.figure.unit)


def _unit(explanation: Explanation) -> str:
    return f" {explanation.unit}" if explanation.unit else ""


def _tree(explanation: Explanation) -> Any:
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    for words, amount in _branches(explanation.steps, ""):
        table.add_row(words, spoken(amount, explanation.figure.unit))
    return table


_STEPS_SHOWN = 40


def _branches(steps: Sequence[Step], before: str) -> Iterator[tuple[str, Decimal | None]]:
    shown = steps if len(steps) <= _STEPS_SHOWN else steps[:_STEPS_SHOWN]
    for number, step in enumerate(shown):
        last = number == len(steps) - 1
        yield f"{before}{'└─' if last else '├─'} {step.words}", step.amount
        yield from _branches(step.children, before + ("   " if last else "│  "))
    if len(steps) > len(shown):
        left_out = [step.amount for step in steps[len(shown) :] if step.amount is not None]
        yield f"{before}└─ and {len(steps) - len(shown):,} more", sum(left_out, Decimal(0))


def _row_lines(width: int, explanation: Explanation, limit: int | None) -> Iterator[tuple[str, str]]:
    """(text, style) of each line: rows grouped by step, numbers under their headings, file and line beside them."""
    rows = limited(explanation.rows, limit)
    unit = explanation.figure.unit
    columns: dict[str, list[str]] = {
        "date": [str(row.posting_date or "") for row in rows],
        "quantity": ["" if unit == "quantity" or row.qty is None else spoken(row.qty, "quantity") for row in rows],
        "hours": ["" if row.hours is None else spoken(row.hours, "hours") for row in rows],
        "price": ["" if _price(row) is None else spoken(_price(row)) for row in rows],
        "amount" if unit == "money" else "part": [spoken(row.amount, unit) for row in rows],
    }
    columns = {name: texts for name, texts in columns.items() if any(texts)}
    numbers = [*zip(*(_aligned(name, texts) for name, texts in columns.items()), strict=True)]
    heading, figures = "  ".join(numbers[0]), ["  ".join(texts) for texts in numbers[1:]]
    whats, places = [_what(row) for row in rows], [_place(row) for row in rows]
    left, room = max(map(len, whats)) + 4, width - len(heading) - 2
    is_wide = left + 2 + max(map(len, places)) <= room
    yield f"{'source row'.ljust(room)}  {heading}", "bold"
    step = None
    for row, what, place, told in zip(rows, whats, places, figures, strict=True):
        if row.dataset is not None and row.step != step:
            yield f"{PART_WORDS.get(row.step, row.step)}:", "italic"
        step = row.step
        if row.dataset is None and len(what) > room:
            yield what, ""
            what = ""
        if row.dataset is None or (not place and len(what) + 2 <= room):
            yield f"{('  ' if row.dataset else '') + what:{room}}  {told}", ""
        elif is_wide:
            yield f"{'  ' + what:{left}}{place:{room - left}}  {told}", ""
        elif len(place) + 4 <= room:
            yield f"  {what}", ""
            yield f"{'    ' + place:{room}}  {told}", ""
        else:
            yield f"  {what}", ""
            yield f"    {place}", "dim"
            yield f"{'':{room}}  {told}", ""
        if row.note and row.dataset in _NOTED:
            yield f"    {row.note}", "dim"


_NOTED = ("bom_line", "routing_operation", "order_component", "confirmation")


def _aligned(name: str, texts: Sequence[str]) -> list[str]:
    wide = max(len(text) for text in (name, *texts))
    return [text.ljust(wide) if name == "date" else text.rjust(wide) for text in (name, *texts)]


def _what(row: SourceRow) -> str:
    if row.dataset is None:
        return row.step
    told = (
        row.document,
        row.item_id,
        f"operation {row.operation_no}" if row.operation_no is not None else None,
        row.cost_center_id,
    )
    return f"{row.dataset} {' · '.join(str(part) for part in told if part)}".rstrip()


def _price(row: SourceRow) -> Decimal | None:
    """The price or rate told, else what the amount comes to for one unit, to four decimals."""
    if row.price is not None or row.amount is None or not row.qty or row.amount == row.qty:
        return row.price
    return abs(row.amount / row.qty).quantize(Decimal("0.0001"))


def _place(row: SourceRow) -> str:
    if row.source_file is None:
        return ""
    return f"{row.source_file}:{row.source_line}" if row.source_line is not None else row.source_file


def _standard_lines(width: int, explanation: Explanation, limit: int | None) -> Iterator[tuple[str, str]]:
    standards = explanation.standards if limit is None else explanation.standards[:limit]
    whats = [f"  {row.dataset} {row.document or ''}".rstrip() for row in standards]
    left = max(len(what) for what in whats) + 2
    notes = max(len(row.note or "") for row in standards) + 2
    yield "what they rest on", "bold"
    for row, what in zip(standards, whats, strict=True):
        if left + notes + len(_place(row)) <= width:
            yield f"{what:{left}}{row.note or '':{notes}}{_place(row)}", ""
        else:
            yield f"{what}: {row.note or ''}", ""
            yield f"    {_place(row)}", "dim"
    if len(explanation.standards) > len(standards):
        yield f"  and {len(explanation.standards) - len(standards):,} more", ""


def _as_delivered(explanation: Explanation) -> Iterator[str]:
    """The delivered lines by file, each once."""
    lines: dict[str, dict[int, str]] = {}
    for row in (*explanation.rows, *explanation.standards):
        if row.delivered is not None and row.source_file is not None and row.source_line is not None:
            lines.setdefault(row.source_file, {})[row.source_line] = row.delivered
    for file, told in lines.items():
        yield f"  {file}"
        for number, text in sorted(told.items()):
            yield f"  {number:>7}  {text}"


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _told(explanation: Explanation, limit: int | None) -> dict[str, Any]:
    return {
        "figure": explanation.figure.name,
        "value": explanation.value,
        "unit": explanation.unit,
        "status": explanation.status,
        "row_count": explanation.row_count,
        "row": dict(explanation.row),
        "build_id": explanation.build_id,
        "as_of": explanation.as_of,
        "meaning": explanation.meaning,
        "formula": explanation.formula,
        "steps": [_step(step) for step in explanation.steps],
        "source_rows": [_row(row) for row in limited(explanation.rows, limit)],
        "standards": [_row(row) for row in explanation.standards],
        "parts": [_told(part, limit) for part in explanation.parts],
        "sum": explanation.total,
        "holds": explanation.holds,
    }


def _step(step: Step) -> dict[str, Any]:
    told: dict[str, Any] = {"words": step.words, "amount": step.amount}
    return {**told, "steps": [_step(child) for child in step.children]} if step.children else told


def _row(row: SourceRow) -> dict[str, Any]:
    return {name: value for name in _ROW_FIELDS if (value := getattr(row, name)) is not None}
