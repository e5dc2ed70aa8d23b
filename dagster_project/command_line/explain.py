"""`tieout explain`: what a published figure means, how it came about, and the delivered rows that it is the sum of."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from settings.errors import ConfigurationError


class ExplainFormat(StrEnum):
    """How the explanation is written; the same names as the writer's."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def explain(
    ctx: typer.Context,
    mart: Annotated[str | None, typer.Argument(help="schema.table, or the table alone.", metavar="MART")] = None,
    column: Annotated[str | None, typer.Argument(help="The figure: a column of it.", metavar="COLUMN")] = None,
    keys: Annotated[
        list[str] | None,
        typer.Argument(
            help="Which row: column=value, any column of the mart; `column=null` where it has none.",
            metavar="KEY=VALUE...",
        ),
    ] = None,
    form: Annotated[
        ExplainFormat, typer.Option("--format", help="How it is written; csv holds the source rows alone.")
    ] = ExplainFormat.TABLE,
    limit: Annotated[
        int | None,
        typer.Option(
            help="Source rows shown; the others are one row with their sum. Default: 30 in a table, else all.",
            min=1,
            show_default=False,
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Show the delivered lines themselves, personal columns masked.")
    ] = False,
    why: Annotated[
        bool, typer.Option("--why", help="Tell only why the figure is what it is: its status, where it has no value.")
    ] = False,
) -> int:
    """Show what a published figure is made of: its formula with the numbers in it, and the source rows, file and line.

    **Examples**

    `tieout explain cost.order_cost actual_material_amount order_id=1000002`

    `tieout explain cost.order_variance amount order_id=1000002 leaf_code=MAT.USAGE component_item_id=BAR-ST`

    `tieout explain cost.wip_order_period closing_amount order_id=1000002 period_id=2026-02 --raw`

    `tieout explain finance.gl_reconciliation ledger_amount account_id=1450 period_id=2026-03 --limit 10`

    `tieout explain cost.order_cost actual_labour_amount order_id=2000002 --why`

    Without COLUMN the figures of the mart are listed, without MART the marts. Keys that several rows share explain
    their sum. The last line says what the source rows add up to: 1 is returned where that is not the figure.
    """
    from ingest.raw.delivered_rows import DeliveredRows
    from serving.explain.engine import explain as explained
    from serving.explain.engine import known_at, with_delivered_lines
    from serving.explain.listing import list_figures
    from serving.explain.write import ROWS_SHOWN, Format, write_explanation, write_why
    from serving.query import open_current
    from settings.configuration import load_configuration

    home, form_asked = ctx.obj.home, Format(form.value)
    shown = limit or (ROWS_SHOWN if form_asked is Format.TABLE else None)
    _, connection = open_current(home)
    with connection:
        if mart is None or column is None:
            list_figures(connection, mart, sys.stdout)
            return 0
        named = dict(_pair(key) for key in keys or [])
        if why:
            write_why(explained(connection, mart, column, named), sys.stdout)
            return 0
        delivered = DeliveredRows(home, load_configuration(home), known_at(connection))
        told = explained(connection, mart, column, named, delivered)
        if raw:
            told = with_delivered_lines(told, delivered, shown)
    write_explanation(told, form_asked, sys.stdout, limit=shown)
    return 0 if told.holds else 1


def _pair(key: str) -> tuple[str, str]:
    name, equals, value = key.partition("=")
    if not equals or not name:
        raise ConfigurationError(f"{key}: is no key=value; write for example order_id=1000002")
    return name.strip(), value.strip()
