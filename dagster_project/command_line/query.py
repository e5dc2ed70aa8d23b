"""`tieout query`: asks the published warehouse, with --as-of a past one, or with --lake the raw store."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from settings.errors import ConfigurationError

if TYPE_CHECKING:
    import duckdb

    from settings.home import Home


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
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="T",
            help="Ask what was known at this moment: ISO 8601, on the schedule's clock unless it has an offset; a date "
            "means its end.",
        ),
    ] = None,
) -> None:
    """Ask the published warehouse; never waits for a running night, and sees one build from beginning to end.

    **Examples**

    `tieout query "from efficiency.oee_machine_shift limit 5"`

    `tieout query "select item_id, sum(scrap_qty) from yield.yield_item_day group by all" --format csv`

    `tieout query "show all tables"`

    `tieout query "from cost.order_cost" --format parquet --output order_cost.parquet`

    `tieout query --as-of 2026-04-05T18:00 "from finance.gl_reconciliation"`

    `tieout query --lake "select tag, value from raw.process_measurement where event_date = '2026-03-02' limit 5"`

    The lake holds every accepted version of a row: of equal `company_id` and `source_key`, the one recorded last holds.
    Name `event_date` (UTC), and only the files of those days are opened.

    A past moment is answered by the build that was published with that knowledge if it is still kept; else the
    warehouse is built as known then, beside the nightly's files, and kept for the next questions.
    """
    from serving.query import answer
    from serving.query import query as ask
    from serving.write_result import Format, write_result

    home, statement = ctx.obj.home, sys.stdin.read() if sql == "-" else sql
    if as_of is not None:
        if lake:
            raise ConfigurationError("--as-of asks the warehouse; of the lake ask `where recorded_at <= ...` instead")
        folder, connection = _past(home, as_of)
        result = answer(connection, statement, folder)
    elif lake:
        from ingest.raw.lake import open_lake

        result = answer(open_lake(home, statement), statement, home.raw)
    else:
        result = ask(home, statement)
    with result:
        write_result(result, Format(form.value), output or sys.stdout)


def _past(home: Home, as_of: str) -> tuple[Path, duckdb.DuckDBPyConnection]:
    """Return the warehouse as known at the moment that the option names, built if need be with progress shown."""
    from dagster_project.command_line.progress import NightProgress
    from dagster_project.command_line.run_night import moment_asked
    from dagster_project.past import open_past
    from settings.configuration import load_configuration

    configuration = load_configuration(home)
    moment = moment_asked(as_of, configuration.schedule_time_zone)
    with NightProgress() as progress:
        return open_past(
            home, configuration, moment, progress.report, lambda line: typer.echo(f"tieout: {line}", err=True)
        )
