"""From a figure's name and some keys to its explanation: the row, the formula with its numbers, and the source rows.

In: an open published warehouse. Out: an Explanation, or one clear line. Every sum is taken over what is shown, and
compared with the published figure to the last decimal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import duckdb

from serving.explain.catalogue import MARTS, figures, formula_of
from serving.explain.leaves import PART_WORDS
from serving.explain.model import (
    ROW_COLUMNS,
    Combination,
    DeliveredRows,
    ExplainError,
    Explanation,
    Figure,
    Ratio,
    SourceRow,
    Step,
    Sum,
    Term,
)
from serving.explain.numbers import spoken
from serving.explain.relations import prepare
from serving.explain.standards import standards_behind

CANDIDATES_SHOWN = 20
ROUNDING = "rounded to cents with the other leaves of the component"
_CENT = Decimal("0.01")
_MILLIONTH = Decimal("0.000001")


def explain(
    connection: duckdb.DuckDBPyConnection,
    mart: str,
    column: str,
    keys: Mapping[str, str],
    delivered: DeliveredRows | None = None,
) -> Explanation:
    """Explain the figure in the row, or the sum over the rows, that have the values of `keys`.

    Raises ExplainError for an unknown figure or key, for no row, and for several rows that cannot be summed.
    """
    figure = _figure(connection, mart, column)
    found = _rows(connection, figure, keys)
    if not found:
        raise ExplainError(_no_row(connection, figure, keys))
    if len(found) > 1 and _cannot_be_summed(figure, found):
        raise ExplainError(_candidates(figure, found, connection))
    prepare(connection)
    return _explained(connection, figure, found, delivered)


def _explained(
    connection: duckdb.DuckDBPyConnection,
    figure: Figure,
    found: Sequence[Mapping[str, Any]],
    delivered: DeliveredRows | None,
) -> Explanation:
    row = _common(found)
    value = _total([row[figure.column] for row in found])
    parts: tuple[Explanation, ...] = ()
    rows: tuple[SourceRow, ...] = ()
    steps: tuple[Step, ...] = ()
    if isinstance(figure.source, Ratio):
        parts = tuple(
            _explained(connection, _known(figure.mart, column), found, delivered)
            for column in (figure.source.numerator, figure.source.denominator)
        )
    elif value is not None:
        rows, steps = _made_of(connection, figure, found)
        rows, steps = _with_rounding(figure, value, len(found), rows, steps)
    if len(found) > 1 and steps:
        steps = (*steps,)
    build_id, as_of = _build(connection)
    standards: tuple[SourceRow, ...] = ()
    if delivered is not None and rows:
        rows, standards = standards_behind(connection, delivered, row, rows)
    return Explanation(
        figure=figure,
        value=value,
        unit=_unit(connection, figure, row),
        row=row,
        row_count=len(found),
        meaning=_meaning(figure),
        formula=_formula(connection, figure, row, rows, len(found)),
        status=_status(figure, found),
        build_id=build_id,
        as_of=as_of,
        steps=steps,
        rows=rows,
        standards=standards,
        parts=parts,
    )


def source_rows(figure: Figure, sign: int = 1) -> str:
    """Return SQL of the figure's source rows for every row of its mart: the mart's key, ROW_COLUMNS and `path`.

    path lists the figures between: a figure that is the sum of others has the rows of all of them.
    """
    key = MARTS[figure.mart].key
    signed = ", ".join(
        f"{sign} * {name} as {name}" if name in ("amount", "qty", "hours") and sign < 0 else name
        for name in ROW_COLUMNS
    )
    match figure.source:
        case Sum(rows=rows):
            return f"select {', '.join(key)}, {signed}, []::varchar[] as path from ({rows})"
        case Combination(terms=terms):
            return " union all ".join(_of_term(figure, term, sign) for term in terms)
        case Ratio(numerator=numerator):
            return source_rows(_known(figure.mart, numerator), sign)
    raise AssertionError(figure.name)


def _of_term(figure: Figure, term: Term, sign: int) -> str:
    lower = _known(term.mart, term.column)
    rows = source_rows(lower, sign * term.sign)
    told = ", ".join(f"r.{name}" for name in ROW_COLUMNS)
    if not term.via:
        key = ", ".join(MARTS[figure.mart].key)
        return f"select {key}, {', '.join(ROW_COLUMNS)}, list_prepend('{term.column}', path) as path from ({rows})"
    key = ", ".join(f"via.of_{name} as {name}" for name in MARTS[figure.mart].key)
    lower_key = MARTS[term.mart].key
    on = " and ".join(f"via.{name} = r.{name}" for name in lower_key)
    who = " || ' ' || ".join(f"via.{name}" for name in lower_key if name != "company_id")
    return f"""select {key}, {told}, list_prepend({who} || ' {term.column}', r.path) as path
        from ({rows}) as r inner join ({term.via}) as via on {on}"""


def _made_of(
    connection: duckdb.DuckDBPyConnection, figure: Figure, found: Sequence[Mapping[str, Any]]
) -> tuple[tuple[SourceRow, ...], tuple[Step, ...]]:
    key = MARTS[figure.mart].key
    listed = ", ".join(f"({', '.join('?' for _ in key)})" for _ in found)
    values = [row[name] for row in found for name in key]
    on = " and ".join(f"r.{name} is not distinct from wanted.{name}" for name in key)
    fetched = connection.execute(
        f"""select {", ".join(f"r.{name}" for name in ROW_COLUMNS)}, r.path
        from ({source_rows(figure)}) as r
        inner join (values {listed}) as wanted ({", ".join(key)}) on {on}
        order by r.path, r.posting_date, r.dataset, r.document, r.step, r.item_id, r.operation_no, r.source_file,
            r.source_line, r.amount""",
        values,
    ).fetchall()
    rows = [(SourceRow(**dict(zip(ROW_COLUMNS, values[:-1], strict=True))), values[-1]) for values in fetched]
    rows.sort(key=lambda told: ([_place(name) for name in told[1]], _place(told[0].step)))
    return tuple(row for row, _ in rows), _steps(rows, 0)


def _place(name: str) -> tuple[int, str]:
    """Where a step stands among others: as the catalogue lists them, then by name."""
    order = _order()
    return order.get(name, len(order)), name


@lru_cache
def _order() -> dict[str, int]:
    columns = (figure.column for figure in figures().values())
    return {name: number for number, name in enumerate(dict.fromkeys((*columns, *PART_WORDS)))}


def _steps(rows: Sequence[tuple[SourceRow, Sequence[str]]], depth: int) -> tuple[Step, ...]:
    """Group the rows by the figures between, and below them by kind."""
    groups: dict[tuple[bool, str], list[tuple[SourceRow, Sequence[str]]]] = {}
    for row, path in rows:
        inner = len(path) > depth
        name = path[depth] if inner else row.step
        groups.setdefault((inner, name), []).append((row, path))
    told = []
    for (inner, name), members in groups.items():
        amount = _total([row.amount for row, _ in members])
        if inner:
            told.append(Step(_said(name), amount, _steps(members, depth + 1)))
        else:
            places = len(members)
            words = PART_WORDS.get(name, name)
            told.append(Step(f"{words} ({places} row{'s' if places > 1 else ''})", amount))
    return tuple(told)


def _said(name: str) -> str:
    return name.replace("_amount", "").replace("_", " ")


def _with_rounding(
    figure: Figure, value: Decimal, row_count: int, rows: tuple[SourceRow, ...], steps: tuple[Step, ...]
) -> tuple[tuple[SourceRow, ...], tuple[Step, ...]]:
    """Add what rounding to cents did to a leaf, where that is all that is missing."""
    missing = value - sum((row.amount for row in rows if row.amount is not None), Decimal(0))
    if figure.rounding == "exact" or not missing or abs(missing) >= rounding_bound(row_count, len(rows)):
        return rows, steps
    return (*rows, SourceRow(ROUNDING, amount=missing)), (*steps, Step(ROUNDING, missing))


def rounding_bound(row_count: int, source_row_count: int) -> Decimal:
    """By how much the source rows of leaves may miss them: a cent each, and a millionth for each quotient."""
    return row_count * _CENT + source_row_count * _MILLIONTH


def _figure(connection: duckdb.DuckDBPyConnection, mart: str, column: str) -> Figure:
    """Return the figure asked for; raise ExplainError with the names most like it."""
    known = {figure.column: figure for figure in figures_of(connection, mart)}
    if column in known:
        return known[column]
    near = get_close_matches(column, known, n=3, cutoff=0.5)
    what = f"did you mean {' or '.join(near)}?" if near else f"these can be: {', '.join(known)}"
    raise ExplainError(f"{mart} has no figure {column} that can be explained; {what}")


def marts_published(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the marts of this build whose figures can be explained."""
    return sorted({figure.mart for figure in figures().values()} & _tables(connection))


def figures_of(connection: duckdb.DuckDBPyConnection, mart: str) -> list[Figure]:
    """Return the figures of a mart, by its name with the schema or without; raise ExplainError with near names."""
    marts = marts_published(connection)
    wanted = mart if mart in marts else next((name for name in marts if name.split(".")[1] == mart), None)
    if wanted is not None:
        columns = _columns(connection, wanted)
        return [figure for figure in figures().values() if figure.mart == wanted and figure.column in columns]
    near = get_close_matches(mart, marts, n=3, cutoff=0.5)
    what = f"did you mean {' or '.join(near)}?" if near else f"these can be: {', '.join(marts)}"
    reason = "is no mart whose figures can be explained" if mart in _tables(connection) else "is no published mart"
    raise ExplainError(f"{mart} {reason}; {what}")


def known_at(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """Return until when the build knows what was recorded (UTC, naive); None for a build that loaded nothing."""
    row = connection.execute(
        "select least(max(build.as_of), max(load.recorded_at)) from meta.load as load cross join meta.build as build"
    ).fetchone()
    return row[0] if row else None


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute("select schema_name || '.' || table_name from duckdb_tables() where not internal")
    return {str(name) for (name,) in rows.fetchall()}


def _known(mart: str, column: str) -> Figure:
    return figures()[f"{mart}.{column}"]


def _rows(
    connection: duckdb.DuckDBPyConnection, figure: Figure, keys: Mapping[str, str], limit: int = 100_000
) -> list[dict[str, Any]]:
    """Return the rows of the mart that have the values named; an empty value or `null` means no value."""
    columns = _columns(connection, figure.mart)
    for name in keys:
        if name not in columns:
            near = get_close_matches(name, columns, n=3, cutoff=0.5)
            hint = (
                f"did you mean {' or '.join(near)}?" if near else f"its keys: {', '.join(MARTS[figure.mart].told_by)}"
            )
            raise ExplainError(f"{figure.mart} has no column {name}; {hint}")
    conditions, values = _conditions(keys, columns)
    result = connection.execute(
        f"select * from {figure.mart} where {' and '.join(conditions) or 'true'} "
        f"order by {', '.join(MARTS[figure.mart].key)} limit {limit}",
        values,
    )
    names = [str(column[0]) for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _conditions(keys: Mapping[str, str], columns: Mapping[str, str]) -> tuple[list[str], list[str]]:
    conditions, values = [], []
    for name, value in keys.items():
        if value in ("", "null"):
            conditions.append(f"{name} is null")
        else:
            conditions.append(f"{name} = try_cast(? as {columns[name]})")
            values.append(value)
    return conditions, values


def _columns(connection: duckdb.DuckDBPyConnection, mart: str) -> dict[str, str]:
    schema, table = mart.split(".")
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ?", [schema, table]
    ).fetchall()
    return {str(name): str(kind) for name, kind in rows}


def _no_row(connection: duckdb.DuckDBPyConnection, figure: Figure, keys: Mapping[str, str]) -> str:
    """One line: the first value that no row has beside those before it, and the values most like it."""
    columns, held = _columns(connection, figure.mart), dict[str, str]()
    for name, value in keys.items():
        if _rows(connection, figure, {**held, name: value}, 1):
            held[name] = value
            continue
        conditions, values = _conditions(held, columns)
        there = [
            str(found)
            for (found,) in connection.execute(
                f"""select distinct {name}::varchar from {figure.mart}
                where {" and ".join([*conditions, f"{name} is not null"])} order by 1 limit 100000""",
                values,
            ).fetchall()
        ]
        near = get_close_matches(value, there, n=5, cutoff=0.4) or there[:5]
        beside = f" with {_pairs(held)}" if held else ""
        hint = f"there is {', '.join(near)}" if near else "no row has a value there"
        return f"{figure.mart}{beside} has no row with {name}={value}; {hint}"
    return f"{figure.mart} has no row"


def _cannot_be_summed(figure: Figure, found: Sequence[Mapping[str, Any]]) -> bool:
    if isinstance(figure.source, Ratio) or figure.unit == "ratio":
        return True
    if len({row.get("currency_code") for row in found}) > 1 and figure.unit == "money":
        return True
    return any(len({row[column] for row in found}) > 1 for column in figure.not_over)


def _candidates(figure: Figure, found: Sequence[Mapping[str, Any]], connection: duckdb.DuckDBPyConnection) -> str:
    mart = MARTS[figure.mart]
    differing = [name for name in mart.told_by if len({row.get(name) for row in found}) > 1]
    lines = [
        f"{len(found)} rows of {figure.mart} match, and {figure.column} cannot be summed over them; "
        f"name one by {', '.join(differing)}:"
    ]
    lines += [
        f"  {_pairs({name: row[name] for name in differing})}: {spoken(row[figure.column], figure.unit)}"
        for row in found[:CANDIDATES_SHOWN]
    ]
    if len(found) > CANDIDATES_SHOWN:
        lines.append(f"  and {len(found) - CANDIDATES_SHOWN} more")
    return "\n".join(lines)


def _pairs(values: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={'null' if value is None else value}" for name, value in values.items())


def _common(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The values that all rows share; a number of several rows is their sum."""
    first = dict(found[0])
    if len(found) == 1:
        return first
    return {
        name: _total([row[name] for row in found])
        if isinstance(value, Decimal | int)
        and not isinstance(value, bool)
        and name.endswith(("_amount", "amount", "_qty", "_hours", "_count", "_seconds"))
        else value
        for name, value in first.items()
        if len({str(row[name]) for row in found}) == 1
        or name.endswith(("_amount", "amount", "_qty", "_hours", "_count", "_seconds"))
    }


def _total(values: Sequence[Any]) -> Decimal | None:
    known = [Decimal(value) for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None


def _build(connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    row = connection.execute("select * from meta.build limit 1")
    names = [str(column[0]) for column in row.description]
    told = dict(zip(names, row.fetchone() or (), strict=False))
    moment = told.get("as_of") or told.get("built_at")
    return str(told.get("build_id", "")), f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _unit(connection: duckdb.DuckDBPyConnection, figure: Figure, row: Mapping[str, Any]) -> str:
    if figure.unit == "money":
        return str(row.get("currency_code") or "")
    if figure.unit == "quantity":
        return base_unit(connection, row, str(row.get("item_id") or ""))
    return {"hours": "h", "seconds": "s", "count": "", "ratio": ""}[figure.unit]


def base_unit(connection: duckdb.DuckDBPyConnection, row: Mapping[str, Any], item_id: str) -> str:
    """The base unit of an item; nothing where it is not known."""
    found = connection.execute(
        "select base_uom from core.dim_item where company_id = ? and item_id = ?", [row.get("company_id"), item_id]
    ).fetchone()
    return str(found[0]) if found and found[0] else ""


def _status(figure: Figure, found: Sequence[Mapping[str, Any]]) -> str:
    told = [str(row.get(figure.status)) for row in found if figure.status and row.get(figure.status)]
    return "; ".join(dict.fromkeys(word for word in told if word != "known")) or ("known" if told else "")


def _meaning(figure: Figure) -> str:
    from serving.kpi_catalogue import meanings

    return meanings().get(figure.column, "")


_PLACEHOLDER = re.compile(r"(?:(?P<sign>[−+]) (?P<words>[^{}()×÷−+=]*))?\{(?P<name>[a-z_.]+)\}")


def _formula(
    connection: duckdb.DuckDBPyConnection,
    figure: Figure,
    row: dict[str, Any],
    rows: Sequence[SourceRow],
    row_count: int,
) -> str:
    """The formula with the numbers of this row in it; signs are folded, so that − −3 reads + 3."""
    parts: dict[str, Decimal] = {}
    for source in rows:
        for name in (source.step.replace(" ", "_"), *_also(figure, source)):
            parts[name] = parts.get(name, Decimal(0)) + (source.amount or 0)
    item = row.get("component_item_id") or row.get("item_id") or ""

    def number(match: re.Match[str]) -> str:
        amount: Any
        sign, words, name = match["sign"] or "", match["words"] or "", match["name"]
        if name == "uom":
            return base_unit(connection, row, str(item))
        if name.startswith("part."):
            amount = parts.get(name.removeprefix("part."), Decimal(0))
            amount = -amount if sign == "−" else amount
        else:
            # Nothing was used or worked: the row knows no quantity, and it counts as none.
            amount = row.get(name)
            amount = Decimal(0) if amount is None and name in ("actual_qty", "actual_hours") else amount
        if sign and isinstance(amount, Decimal) and amount < 0:
            sign, amount = ("+" if sign == "−" else "−"), -amount
        told = "unknown" if amount is None else spoken(amount, _unit_of(name))
        return f"{sign} {words}{told}" if sign else told

    template = formula_of(figure, row)
    if row_count > 1:
        template = f"the sum over {row_count} rows"
    return _PLACEHOLDER.sub(number, template)


def _also(figure: Figure, source: SourceRow) -> tuple[str, ...]:
    """Further names under which a source row counts in a formula."""
    if source.step.startswith(("planned", "lot setup")):
        return ("plan",)
    if figure.column == "production_variance_amount" and source.step != "put out":
        return ("charged",)
    return ()


def _unit_of(name: str) -> str:
    if name.endswith("_qty"):
        return "quantity"
    if name.endswith("hours"):
        return "hours"
    if name.endswith("_count"):
        return "count"
    return "price" if name.endswith("_price") or "unit_cost" in name else "money"


def with_delivered_lines(explanation: Explanation, delivered: DeliveredRows, limit: int | None) -> Explanation:
    """Return the explanation with the delivered line itself beside the first `limit` rows and every standard."""

    def told(row: SourceRow) -> SourceRow:
        if row.dataset is None or row.source_file is None or row.source_line is None:
            return row
        return replace(row, delivered=delivered.text(row.dataset, row.source_file, row.source_line))

    return replace(
        explanation,
        rows=tuple(
            told(row) if limit is None or number < limit else row for number, row in enumerate(explanation.rows)
        ),
        standards=tuple(told(row) for row in explanation.standards),
        parts=tuple(with_delivered_lines(part, delivered, limit) for part in explanation.parts),
    )
