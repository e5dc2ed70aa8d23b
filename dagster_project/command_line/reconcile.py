"""`tieout reconcile`: does the ledger tie out to what happened, and if not, which documents are to blame?"""

from __future__ import annotations

import getpass
import sys
from enum import StrEnum
from typing import Annotated

import typer


class ReportFormat(StrEnum):
    """How the reconciliation is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def reconcile(
    ctx: typer.Context,
    period: Annotated[
        str | None, typer.Option("--period", metavar="YYYY-MM", help="The period, as the company's books name it.")
    ] = None,
    company: Annotated[
        str | None, typer.Option("--company", metavar="C", help="Only this company. Default: every company.")
    ] = None,
    form: Annotated[ReportFormat, typer.Option("--format", help="How the answer is written.")] = ReportFormat.TABLE,
    accept: Annotated[
        str | None,
        typer.Option("--accept", metavar="DOCUMENT", help="Accept what is unexplained of a document; needs --because."),
    ] = None,
    because: Annotated[
        str | None, typer.Option("--because", metavar="TEXT", help="The reason; kept with the decision.")
    ] = None,
    withdraw: Annotated[
        str | None, typer.Option("--withdraw", metavar="DOCUMENT", help="Take an acceptance back.")
    ] = None,
    decided_by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who decides. Default: the user who is logged in.")
    ] = None,
) -> int:
    """Walk from budget to actual, and tie the ledger out to the events: account by account, document by document.

    Exit status 0 when nothing is unexplained, else 1, naming each document with file and line and what to do.
    A decision is kept in accepted_items.jsonl; it counts here at once, and in the published figures after the next
    nightly. A document is accepted at what is unexplained of it now: if that changes, it is unexplained again.

    **Examples**

    `tieout reconcile --period 2026-03`

    `tieout reconcile --period 2026-03 --format csv > reconciliation.csv`

    `tieout reconcile --accept FI004711 --because "provision for a claim, reversed in April"`

    `tieout reconcile --withdraw FI004711 --period 2026-03`
    """
    from dagster_project.command_line.reconcile_report import print_report, write_csv, write_json
    from serving import reconcile as books
    from settings.errors import ConfigurationError

    home = ctx.obj.home
    if accept and withdraw:
        raise ConfigurationError("--accept and --withdraw: one decision at a time")
    if not (period or accept or withdraw):
        raise ConfigurationError("--period is missing; write it as --period 2026-03")
    if because and not (accept or withdraw):
        raise ConfigurationError("--because: says why a document is accepted; name it with --accept")
    decides = decided_by or getpass.getuser()
    told = sys.stdout if form is ReportFormat.TABLE else sys.stderr
    if accept:
        if because is None:
            raise ConfigurationError(f'--accept {accept}: needs the reason, as in --because "agreed with the auditors"')
        with home.hold():
            amount = books.accept(home, accept, because, decides, company)
        told.write(f"accepted {accept}: {amount:,.2f} by {decides}; published with the next `tieout nightly`\n")
    if withdraw:
        with home.hold():
            books.withdraw(home, withdraw, because, decides, company)
        told.write(f"withdrew {withdraw}, by {decides}; published with the next `tieout nightly`\n")
    if period is None:
        return 0
    found = books.reconcile(home, period, company)
    {ReportFormat.TABLE: print_report, ReportFormat.CSV: write_csv, ReportFormat.JSON: write_json}[form](
        found, sys.stdout
    )
    return 1 if found.unexplained else 0
