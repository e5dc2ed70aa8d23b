"""The two real companies' tieout.yml, a home after an ingest, and how tests ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb

from ingest.raw import IngestReport, create_raw_views, ingest
from settings.configuration import load_configuration
from settings.home import Home

MOULDING_PLANT = """
companies: [{{company_id: MOULDER, name: The moulder, currency_code: VND, time_zone: Asia/Ho_Chi_Minh}}]
plants:
  - {{plant_id: HCM, company_id: MOULDER, name: Moulding plant, time_zone: Asia/Ho_Chi_Minh, currency_code: VND}}
sources: [{{name: shopfloor, system: optimoldiq, path: "{path}", plant_id: HCM}}]
"""

BICYCLE_MAKER = """
companies: [{{company_id: AW, name: Adventure Works Cycles, currency_code: USD, time_zone: America/Los_Angeles}}]
plants:
  - plant_id: BOTHELL
    company_id: AW
    name: Bothell
    time_zone: America/Los_Angeles
    currency_code: USD
sources: [{{name: erp, system: adventureworks, path: "{path}", plant_id: BOTHELL}}]
"""


@dataclass(frozen=True)
class TakenIn:
    """A home after an ingest; `rows` asks its raw datasets, `quarantine` and `load` by name."""

    home: Home
    report: IngestReport
    connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.sql(sql).fetchall()

    def ingest_again(self) -> IngestReport:
        return ingest(self.home, load_configuration(self.home))


TakeIn = Callable[[str], TakenIn]


def take_in_home(home: Home, tieout_yml: str) -> TakenIn:
    """Write the home's tieout.yml, ingest what its sources deliver, and open the raw store."""
    home.root.mkdir(exist_ok=True)
    home.configuration_file.write_text(tieout_yml, encoding="utf-8")
    report = ingest(home, load_configuration(home))
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    create_raw_views(connection, home)
    connection.execute("use raw")
    return TakenIn(home, report, connection)
