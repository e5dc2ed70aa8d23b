"""Orders, movements and ledger lines → variance tree, work in process and reconciliation.

Measured is the start of dbt that builds these marts and all they are made of, tests left out; the rows have been taken
in before.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dagster_project.build_files import connect_raw
from dagster_project.build_plan import BuildPlan
from dagster_project.environment import enter
from dagster_project.model_project import dbt_command
from dagster_project.news import recorded_news
from ingest.raw import mark_built
from settings.home import Home
from tests.bench.books import write_books
from tests.bench.machine_shift import INGEST, PREPARE
from tests.bench.measure import Cost, cost_of, python

MARTS = ("+order_variance", "+order_cost", "+wip_order_period", "+gl_reconciliation", "+reconciling_item")


def books(folder: Path, orders: int, tell: Callable[[str], None]) -> tuple[Cost, Cost]:
    """Return what the marts cost for 99 in a hundred of `orders`, and what they cost when the last hundredth came."""
    root = folder / "books"
    home = Home(root)
    known = orders - orders // 100
    costs = []
    for first, last, delivery in ((0, known, "2026-01-01"), (known, orders, "2026-01-02")):
        tell(f"orders {first:,} to {last:,}")
        write_books(root, orders, first=first, last=last, delivery=delivery)
        python(INGEST, str(root))
        if not first:
            python(PREPARE, str(root))
        enter(home)
        connect_raw(home)
        plan = BuildPlan(
            full_refresh=not first,
            reason="bench",
            affected_dates=() if first else "all",
            as_of=None,
            run_unit_tests=False,
            last_build="0" if first else "",
            news_since=recorded_news(home).since,
        )
        # A nightly leaves views as they are, and so does this.
        selected = ("--select", *MARTS, *(("--exclude", "config.materialized:view") if first else ("--full-refresh",)))
        told = plan.dbt_environment(str(first), "2026-01-01T00:00:00", "bench")
        costs.append(cost_of(dbt_command(home, "run", *selected), told))
        mark_built(home, str(first))
    return costs[0], costs[1]
