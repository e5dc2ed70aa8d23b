"""Many invented plants as companies of one home, through the real ingest and the real models.

Models run in this process and the dbt project is parsed once, so that a build costs little more than its SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from dagster_project.model_project import PROJECT_FOLDER
from efficiency.case import Case, Row, write_delivery
from ingest.raw import create_raw_views, ingest, mark_built, pending_dates
from settings.configuration import load_configuration
from settings.home import Home

MARTS = ("oee_machine_shift", "oee_item_day", "oee_plant_day", "oee_plant_month", "loss_event", "loss_waterfall")
MEMORY_LIMIT = "2GB"


def company_of(number: int) -> str:
    return f"C{number:05d}"


def number_of(company: str) -> int:
    return int(company[1:])


class Warehouse:
    """A home whose companies are cases; a night is a delivery, an ingest and a build."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "tieout.yml").write_text("sources: [{name: erp}]\n", encoding="utf-8")
        self.home = Home(folder)
        self.deliveries = 0

    def deliver(self, rows: Mapping[int, tuple[str, Sequence[Row]]]) -> None:
        """Put one delivery of (zone, rows) by case into the inbox."""
        self.deliveries += 1
        folder = self.home.inbox / "erp" / f"2026-12-{self.deliveries:02d}"
        write_delivery(folder, {company_of(number): delivered for number, delivered in rows.items()})

    def deliver_companies(self, zones: Mapping[int, str]) -> None:
        """Deliver the companies themselves, which rows cannot name before."""
        folder = self.home.inbox / "erp" / "2026-11-30"
        folder.mkdir(parents=True)
        lines = "".join(f"{company_of(number)},Works,EUR,{zone}\n" for number, zone in zones.items())
        (folder / "company.csv").write_text("company_id,name,currency_code,time_zone\n" + lines, encoding="utf-8")

    def take_in(self) -> None:
        """Ingest; no invented row may be refused but exact repetitions."""
        ingest(self.home, load_configuration(self.home))
        with duckdb.connect() as connection:
            create_raw_views(connection, self.home)
            refused = connection.sql("""select dataset, company_id, source_file, source_line, reasons
                from raw.quarantine where reason_codes <> ['duplicate'] limit 5""").fetchall()
        assert refused == [], refused

    def build(self, *, full: bool) -> None:
        """Run the models, over all of history or over what the ledger says is pending."""
        pending = pending_dates(self.home)
        self.home.build.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(self.home.scratch)) as connection:
            create_raw_views(connection, self.home)
        with _environment(self.home, "all" if full else ",".join(sorted(map(str, pending.dates)))):
            runner = dbtRunner(manifest=_manifest())
            outcome = runner.invoke(
                [
                    "--quiet",
                    "run",
                    *_places(self.home.build),
                    *(["--full-refresh"] if full else ["--exclude", "config.materialized:view"]),
                    "--select",
                    *(f"+{mart}" for mart in MARTS),
                ]
            )
        DuckDBConnectionManager.close_all_connections()
        failed = [f"{node.node.name}: {node.message}" for node in (outcome.result or []) if node.status == "error"]
        assert outcome.success, outcome.exception or failed
        mark_built(self.home, f"build-{self.deliveries}")

    @contextmanager
    def connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A reading connection to the warehouse, with the scratch database attached."""
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.home.warehouse}' as warehouse (read_only)")
            connection.execute(f"attach '{self.home.scratch}' as scratch (read_only)")
            connection.execute("use warehouse")
            yield connection

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connected() as connection:
            return connection.sql(sql).fetchall()


def built_at_once(folder: Path, cases: Sequence[Case]) -> Warehouse:
    """All deliveries of all cases, taken in at once and built in full."""
    warehouse = Warehouse(folder)
    warehouse.deliver_companies({number: case.zone for number, case in enumerate(cases)})
    for night in range(max(len(case.deliveries) for case in cases)):
        warehouse.deliver(
            {
                number: (case.zone, case.deliveries[night])
                for number, case in enumerate(cases)
                if night < len(case.deliveries)
            }
        )
    warehouse.take_in()
    warehouse.build(full=True)
    return warehouse


def _places(build: Path) -> list[str]:
    return [
        *("--project-dir", str(PROJECT_FOLDER), "--profiles-dir", str(PROJECT_FOLDER)),
        *("--target-path", str(build / "dbt_target"), "--log-path", str(build / "logs")),
    ]


@contextmanager
def _environment(home: Home, dates: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TIEOUT_WAREHOUSE", str(home.warehouse))
        environment.setenv("TIEOUT_SCRATCH", str(home.scratch))
        environment.setenv("TIEOUT_MEMORY_LIMIT", MEMORY_LIMIT)
        environment.setenv("TIEOUT_AFFECTED_DATES", dates)
        yield


@cache
def _manifest() -> Any:
    """The parsed project; the paths of a home stand in no model, only in the connection."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder, _environment(Home(Path(folder)), "all"):
        outcome = dbtRunner().invoke(["--quiet", "parse", *_places(Path(folder))])
        assert outcome.success, outcome.exception
        return outcome.result
