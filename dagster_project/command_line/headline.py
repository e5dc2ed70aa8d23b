"""The first figures of a published warehouse, and what to ask next."""

from __future__ import annotations

import sys

from serving.query import query
from serving.write_result import Format, write_result
from settings.home import Home

# Ratios are divided from sums of their components, never averaged, over the machine-shifts that know them all: so
# availability × effectiveness × quality = OEE here as everywhere. Quantities are summed within one unit only.
HEADLINES = {
    "OEE by plant": """
        select company_id, plant_id, count(*) as machine_shifts,
            round(sum(production_seconds) / sum(planned_busy_seconds), 4) as availability_ratio,
            round(sum(standard_produced_seconds) / sum(production_seconds), 4) as effectiveness_ratio,
            round(sum(standard_good_seconds) / sum(standard_produced_seconds), 4) as quality_ratio,
            round(sum(standard_good_seconds) / sum(planned_busy_seconds), 4) as oee_ratio
        from efficiency.oee_machine_shift
        where production_seconds is not null and standard_produced_seconds is not null
        group by all having sum(standard_produced_seconds) > 0 order by all
    """,
    "Yield by plant": """
        select company_id, plant_id, base_uom, sum(good_qty) as good_qty, sum(scrap_qty) as scrap_qty,
            sum(rework_qty) as rework_qty,
            round(sum(good_qty) / nullif(sum(good_qty + scrap_qty + rework_qty), 0), 4) as item_yield_ratio
        from yield.yield_item_day join core.dim_item using (company_id, item_id) group by all order by all
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
