"""The first figures of a published warehouse, and what to ask next."""

from __future__ import annotations

import sys

from serving.query import query
from serving.write_result import Format, write_result
from settings.home import Home

# Ratios are divided from sums of their components, never averaged; the columns are the marts' own.
HEADLINES = {
    "OEE by plant": """
        select company_id, plant_id, sum(produced_qty) as produced_qty, sum(good_qty) as good_qty,
            round(sum(production_seconds) / nullif(sum(planned_busy_seconds), 0), 4) as availability_ratio,
            round(sum(standard_produced_seconds) / nullif(sum(production_seconds), 0), 4) as effectiveness_ratio,
            round(sum(standard_good_seconds) / nullif(sum(standard_produced_seconds), 0), 4) as quality_ratio,
            round(sum(standard_good_seconds) / nullif(sum(planned_busy_seconds), 0), 4) as oee_ratio
        from efficiency.oee_machine_shift group by all order by all
    """,
    "Yield by plant": """
        select company_id, plant_id, sum(good_qty) as good_qty, sum(scrap_qty) as scrap_qty,
            sum(rework_qty) as rework_qty,
            round(sum(good_qty) / nullif(sum(good_qty) + sum(scrap_qty), 0), 4) as yield_ratio
        from yield.yield_item_day group by all order by all
    """,
    "Cost against standard by plant": """
        select company_id, plant_id, currency_code, count(*) as orders, sum(standard_amount) as standard_amount,
            sum(actual_amount) as actual_amount, sum(variance_amount) as variance_amount
        from cost.order_cost where variance_amount is not null group by all order by all
    """,
}

NEXT_STEPS = """
tieout query "from efficiency.oee_machine_shift limit 5"    ask anything; `show all tables` lists what there is
tieout status                                               what was delivered, rejected, proved and published
tieout ui                                                   runs, assets and checks in a browser
"""


def show_headline(home: Home) -> None:
    """Print a few figures of the published build and what to do next."""
    for title, sql in HEADLINES.items():
        sys.stdout.write(f"\n{title}\n")
        with query(home, sql) as result:
            write_result(result, Format.TABLE, sys.stdout)
    sys.stdout.write(NEXT_STEPS)
