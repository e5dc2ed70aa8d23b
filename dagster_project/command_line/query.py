"""`tieout query`: asks the published warehouse, or with --lake the raw store."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class OutputFormat(StrEnum):
    """How the answer is written; the same names as the writer's."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def query(
    ctx: typer.Context,
    sql: Annotated[str, typer.Argument(help="One SQL statement; `-` reads it from standard input.", metavar="SQL")],
    form: Annotated[OutputFormat, typer.Option("--format", help="How the answer is written.")] = OutputFormat.TABLE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file instead of standard output.")] = None,
    lake: Annotated[
        bool, typer.Option("--lake", help="Ask the rows as taken in, `raw.<dataset>`, instead of the warehouse.")
    ] = False,
) -> None:
    """Ask the published warehouse; never waits for a running night, and sees one build from beginning to end.

    **Examples**

    `tieout query "from efficiency.oee_machine_shift limit 5"`

    `tieout query "select item_id, sum(scrap_qty) from yield.yield_item_day group by all" --format csv`

    `tieout query "show all tables"`

    `tieout query "from cost.order_cost" --format parquet --output order_cost.parquet`

    `tieout query --lake "select tag, value from raw.process_measurement where event_date = '2026-03-02' limit 5"`

    The lake holds every accepted version of a row: of equal `company_id` and `source_key`, the one recorded last holds.
    Name `event_date` (UTC), and only the files of those days are opened.
    """
    from serving.query import answer
    from serving.query import query as ask
    from serving.write_result import Format, write_result

    home, statement = ctx.obj.home, sys.stdin.read() if sql == "-" else sql
    if lake:
        from ingest.raw.lake import open_lake

        result = answer(open_lake(home, statement), statement, home.raw)
    else:
        result = ask(home, statement)
    with result:
        write_result(result, Format(form.value), output or sys.stdout)
