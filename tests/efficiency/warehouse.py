"""Many invented plants as companies of one home, through the real ingest and the real models.

Models run in this process and the dbt project is parsed once, so that a build costs little more than its SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from dagster_project.build_plan import BuildPlan, orders_since
from dagster_project.build_steps import build_steps
from dagster_project.model_project import PROJECT_FOLDER, sources_of
from dagster_project.news import dates_changed_elsewhere, recorded_news
from dagster_project.stretches import ROWS_AT_ONCE
from efficiency.case import Case, Row, write_delivery
from ingest.raw import create_raw_views, ingest, mark_built, pending_dates
from settings.configuration import load_configuration
from settings.home import Home

MARTS = ("oee_machine_shift", "oee_item_day", "oee_plant_day", "oee_plant_month", "loss_event", "loss_waterfall")
MEMORY_LIMIT = "2GB"
# Later than every moment that is told of: an end that lies after its delivery would be a plan, not knowledge.
RECORDED_FROM = datetime(2027, 1, 1, tzinfo=UTC)


def company_of(number: int) -> str:
    return f"C{number:05d}"


def number_of(company: str) -> int:
    return int(company[1:])


class Warehouse:
    """A home whose companies are cases; a night is a delivery, an ingest and a build of `marts`."""

    marts: tuple[str, ...] = MARTS

    def __init__(self, home: Home, deliveries: int = 0) -> None:
        self.home = home
        self.deliveries = deliveries
        self.last_build = ""

    @classmethod
    def new(cls, folder: Path) -> Warehouse:
        """An empty home."""
        folder.mkdir(parents=True)
        (folder / "tieout.yml").write_text("sources: [{name: erp}]\n", encoding="utf-8")
        return cls(Home(folder))

    @classmethod
    def opened(cls, folder: Path) -> Warehouse:
        """A home that has been built."""
        return cls(Home(folder), len(list((folder / "inbox" / "erp").glob("2026-12-*"))))

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
        ingest(self.home, load_configuration(self.home), recorded_at=RECORDED_FROM + timedelta(days=self.deliveries))
        with duckdb.connect() as connection:
            create_raw_views(connection, self.home)
            refused = connection.sql("""select dataset, company_id, source_file, source_line, reasons
                from raw.quarantine where reason_codes <> ['duplicate'] limit 5""").fetchall()
        assert refused == [], refused

    def news(self) -> tuple[date, ...]:
        """The production dates that a nightly would compute again; not known before a first build."""
        pending = pending_dates(self.home)
        assert not pending.everything
        self._connect_raw()
        return tuple(sorted(pending.dates | dates_changed_elsewhere(self.home)))

    def build(self, dates: tuple[date, ...] | None = None, rows_at_once: int = ROWS_AT_ONCE) -> None:
        """Run the models, over all of history or over these production dates, in the steps that a nightly takes.

        `rows_at_once` is how many events a step reads at most; a small history is one step unless it is set low.
        """
        build_id = self._build(dates, rows_at_once)
        mark_built(self.home, build_id)
        self.last_build = build_id

    def _build(self, dates: tuple[date, ...] | None, rows_at_once: int = ROWS_AT_ONCE) -> str:
        self.home.build.mkdir(parents=True, exist_ok=True)
        self._connect_raw()
        plan = BuildPlan(
            full_refresh=dates is None,
            reason="a test",
            affected_dates="all" if dates is None else dates,
            as_of=None,
            run_unit_tests=False,
            last_build=self.last_build,
            news_since=None if dates is None else orders_since(recorded_news(self.home), costing_datasets()),
        )
        build_id = f"build-{self.deliveries}"
        for step in build_steps(self.home, plan, rows_at_once):
            told = plan.dbt_environment(build_id, "2027-02-01T00:00:00", "test") | dict(step.environment)
            self._run(_of_the_marts(step.arguments, self.marts), told)
        return build_id

    def _run(self, arguments: list[str], told: dict[str, str]) -> None:
        with _environment(self.home, told):
            outcome = dbtRunner(manifest=_manifest(told["TIEOUT_AFFECTED_ORDERS"]).deepcopy()).invoke(
                ["--quiet", "run", *_places(self.home.build), *arguments]
            )
        DuckDBConnectionManager.close_all_connections()
        failed = [f"{node.node.name}: {node.message}" for node in (outcome.result or []) if node.status == "error"]
        assert outcome.success, outcome.exception or failed

    def _connect_raw(self) -> None:
        with duckdb.connect(str(self.home.scratch)) as connection:
            create_raw_views(connection, self.home)

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


def built_at_once(folder: Path, cases: Sequence[Case], kind: type[Warehouse] = Warehouse) -> Warehouse:
    """All deliveries of all cases, taken in at once and built in full."""
    warehouse = kind.new(folder)
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
    warehouse.build()
    return warehouse


def _of_the_marts(arguments: Sequence[str], marts: Sequence[str]) -> list[str]:
    """The arguments for `dbt run`, restricted to these marts and what they are made from."""
    wanted = [f"+{mart}" for mart in marts]
    given = list(arguments)
    while "--exclude-resource-type" in given:
        at = given.index("--exclude-resource-type")
        del given[at : at + 2]
    if "--select" in given:
        at = given.index("--select") + 1
        given[at : at + 1] = [f"{given[at]},{mart}" for mart in wanted]
        return given
    return ["--select", *wanted, *given]


def _places(build: Path) -> list[str]:
    return [
        *("--project-dir", str(PROJECT_FOLDER), "--profiles-dir", str(PROJECT_FOLDER)),
        *("--target-path", str(build / "dbt_target"), "--log-path", str(build / "logs")),
    ]


@contextmanager
def _environment(home: Home, told: Mapping[str, str]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TIEOUT_WAREHOUSE", str(home.warehouse))
        environment.setenv("TIEOUT_SCRATCH", str(home.scratch))
        environment.setenv("TIEOUT_MEMORY_LIMIT", MEMORY_LIMIT)
        environment.delenv("TIEOUT_AFFECTED_EVENT_DATES", raising=False)
        for name, value in told.items():
            environment.setenv(name, value)
        yield


@cache
def costing_datasets() -> frozenset[str]:
    """The raw tables that costs are made of."""
    return sources_of(_manifest("all").to_dict(), "by_order")


@cache
def _manifest(affected_orders: str) -> Any:
    """The parsed project; the paths of a home stand in no model, only in the connection.

    How a model is built depends on whether all orders are affected. A build writes into it, so each takes a copy.
    """
    with TemporaryDirectory() as folder, _environment(Home(Path(folder)), {"TIEOUT_AFFECTED_ORDERS": affected_orders}):
        outcome = dbtRunner().invoke(["--quiet", "parse", *_places(Path(folder))])
        assert outcome.success, outcome.exception
        return outcome.result
