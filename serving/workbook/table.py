"""A plain sheet: the rows of one question, with totals and checks. What most sheets are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from serving.workbook import rows
from serving.workbook.book import Book
from serving.workbook.sheet import Check, Column, Place, SheetWriter

TEXT_AMOUNTS = (
    "Amounts here have more than 15 digits, which Excel would round: those are text with every digit, and the sheet "
    "shows figures only, no formulas."
)


@dataclass(frozen=True)
class Table:
    """A sheet and the relation it shows; the relation's columns are those of the sheet, by name.

    `order` is SQL to sort by. `apart` names the helper column that numbers what must not be added up; it is used where
    it holds more than one number.
    """

    sheet: str
    title: str
    about: tuple[str, ...]
    columns: tuple[Column, ...]
    order: str
    checks: tuple[Check, ...] = ()
    apart: str | None = None
    freeze_columns: int = 0


def is_mixed(connection: duckdb.DuckDBPyConnection, relation: str, apart: str | None) -> bool:
    """Whether the rows have more than one number of what must not be added up."""
    if apart is None:
        return False
    found = connection.execute(f"select count(distinct {apart}) > 1 from {relation}").fetchone()
    return bool(found and found[0])


def write_table(
    book: Book,
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    relation: str,
    *,
    formulas: Mapping[str, Callable[[int], str]] | None = None,
    notes: Sequence[str] = (),
) -> Place:
    """Write the sheet and return where its rows stand."""
    lacking = [column.name for column in table.columns if not rows.has_columns(connection, relation, (column.name,))]
    if lacking:
        raise rows.MissingError(f"this build says nothing about {', '.join(lacking)}")
    plain = not rows.all_fit(connection, relation, table.columns)
    writer = SheetWriter(book, table.sheet, table.columns)
    place = writer.head(
        table.title,
        [*table.about, *notes, *((TEXT_AMOUNTS,) if plain else ())],
        rows.count(connection, relation),
        rows.totals(connection, relation, table.columns),
        apart=table.apart if is_mixed(connection, relation, table.apart) else None,
        checks=table.checks,
        is_plain=plain,
    )
    names = rows.shown(table.columns, relation, connection)
    writer.write_rows(rows.read(connection, f"select {names} from {relation} order by {table.order}"), formulas)
    writer.finish(place, freeze_columns=table.freeze_columns)
    return place
