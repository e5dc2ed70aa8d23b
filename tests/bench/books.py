"""A year of a company's orders, movements and ledger in canonical Parquet, any number of orders, all tying out.

An order takes 19 issues, two of them of material that has a value, is confirmed once and received once; the ledger
holds ten lines for it: two issues, confirmation, receipt and settlement, each debit and credit. Prices are whole cents
and a second of a machine costs one, so nothing is rounded and every cent is accounted for.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

PRODUCTS, RAW_ITEMS, ISSUES, MACHINES = 100, 400, 19, 20
FIRST_DAY, DAYS = "2025-01-01", 360

_COMPONENT = "case when k < 2 then k * 100 + p else 200 + (p * 7 + k * 11) % 200 end"
"""The material that product p takes as its k-th: the first two have a price, the others are supplied free of value."""
_CONFIGURATION = """\
companies: [{company_id: C, name: Bench, currency_code: EUR, time_zone: UTC}]
plants: [{plant_id: P, company_id: C, name: Bench, time_zone: UTC, currency_code: EUR}]
sources:
  - {name: erp, plant_id: P, company_id: C}
publish: {keep_builds: 1}
"""
_MASTER_DATA = {
    "item": f"""
        select 'P' || lpad(n::varchar, 3, '0') as item_id, 'C' as company_id, 'Product' as name,
            'finished' as item_type, 'PC' as base_uom, 'make' as procurement, 'standard' as valuation
        from range({PRODUCTS}) as t(n)
        union all
        select 'R' || lpad(n::varchar, 3, '0'), 'C', 'Material', 'raw', 'PC', 'buy', 'standard'
        from range({RAW_ITEMS}) as t(n)""",
    "cost_center": "select 'CC' as cost_center_id, 'C' as company_id, 'P' as plant_id, 'Shop' as name, "
    "'production' as kind",
    "work_center": "select 'WC' as work_center_id, 'P' as plant_id, 'CC' as cost_center_id, 'Shop' as name",
    "work_unit": f"""
        select 'M' || n as work_unit_id, 'WC' as work_center_id, 'P' as plant_id, 'Machine ' || n as name
        from range({MACHINES}) as t(n)""",
    "account": """
        select col0 as account_id, 'C' as company_id, col1 as name, col2 as account_type, col3 as role
        from (values ('1300', 'Raw material', 'asset', 'raw_material'), ('1450', 'Work in process', 'asset', 'wip'),
            ('1500', 'Finished goods', 'asset', 'finished_goods'),
            ('5300', 'Absorbed', 'expense', 'overhead_absorbed'),
            ('5500', 'Production variance', 'expense', 'production_variance'))""",
    "activity_rate": f"""
        select 'CC' as cost_center_id, 'machine' as activity, 'planned' as rate_type, date '{FIRST_DAY}' as valid_from,
            36.00 as hourly_amount, 'EUR' as currency_code
        union all
        select 'CC', 'fixed_overhead', 'planned', date '{FIRST_DAY}', 0.00, 'EUR'""",
    "bom_line": f"""
        select 'P' || lpad(p::varchar, 3, '0') as item_id, 'P' as plant_id, '1' as version_id, k::varchar as line_no,
            'R' || lpad(({_COMPONENT})::varchar, 3, '0') as component_item_id, 2.0 as qty,
            'PC' as uom, 1.0 as base_qty, 'component' as line_type, 10 as operation_no
        from range({PRODUCTS}) as t(p), range({ISSUES}) as u(k)""",
    "routing_operation": f"""
        select 'P' || lpad(p::varchar, 3, '0') as item_id, 'P' as plant_id, '1' as version_id, 10 as operation_no,
            'WC' as work_center_id, 10.0 as run_seconds_per_unit, 1.0 as base_qty
        from range({PRODUCTS}) as t(p)""",
    "standard_cost": f"""
        select 'R' || lpad(n::varchar, 3, '0') as item_id, 'P' as plant_id, '1' as version_id,
            'material' as cost_component, date '{FIRST_DAY}' as valid_from,
            case when n < 200 then 1.00 else 0.00 end as amount, 1.0 as price_unit_qty, 'EUR' as currency_code
        from range({RAW_ITEMS}) as t(n)
        union all
        select 'P' || lpad(p::varchar, 3, '0'), 'P', '1', c.col0, date '{FIRST_DAY}', c.col1, 1.0, 'EUR'
        from range({PRODUCTS}) as t(p), (values ('material', 4.00), ('machine', 0.10)) as c""",
}
_ORDERS = f"""
    create or replace temp table orders as
    select n, 'O' || lpad(n::varchar, 7, '0') as order_id, n % {PRODUCTS} as p,
        'P' || lpad((n % {PRODUCTS})::varchar, 3, '0') as item_id, 50 + n % 50 as made,
        date '{FIRST_DAY}' + (n * {DAYS} // $orders)::integer as started,
        500 + (n * 13) % 700 as machine_seconds
    from range($first, $last) as t(n)"""
_ISSUES = f"""
    create or replace temp table issues as
    select orders.*, k, {_COMPONENT} as r, made * 2 + (n + k) % 5 - 2 as used,
        used * prices.amount as amount, orders.order_id || '-' || k as movement_id
    from orders, range({ISSUES}) as u(k)
    inner join standard_cost as prices
        on prices.item_id = 'R' || lpad(({_COMPONENT})::varchar, 3, '0')"""
_TRANSACTIONS = {
    "production_order": """
        select order_id, 'P' as plant_id, item_id, 'standard' as order_type, made::decimal(18, 6) as planned_qty,
            'PC' as uom, 'completed' as status, started + interval 30 hour as actual_end_at
        from orders""",
    "confirmation": """
        select 'F' || order_id as confirmation_id, order_id, 10 as operation_no, 'P' as plant_id,
            'M' || (n % 20) as work_unit_id, started + 1 as posting_date, made::decimal(18, 6) as good_qty,
            (n % 3)::decimal(18, 6) as scrap_qty, machine_seconds::decimal(18, 3) as machine_seconds
        from orders""",
    "goods_movement": """
        select movement_id, 'issue' as movement_type, 'P' as plant_id, 'R' || lpad(r::varchar, 3, '0') as item_id,
            order_id, 10 as operation_no, used::decimal(18, 6) as qty, 'PC' as uom, amount::decimal(18, 4) as amount,
            'EUR' as currency_code, started as posting_date
        from issues
        union all
        select order_id || '-R', 'receipt', 'P', item_id, order_id, 10, made, 'PC', made * 4.10, 'EUR', started + 1
        from orders""",
    "ledger_posting": """
        with documents as (
            select movement_id as document_id, order_id, started as posting_date, movement_id as source_document,
                '1450' as debit, '1300' as credit, amount
            from issues
            where amount <> 0
            union all
            select order_id || '-R', order_id, started + 1, order_id || '-R', '1500', '1450', made * 4.10
            from orders
            union all
            select 'F' || order_id, order_id, started + 1, 'F' || order_id, '1450', '5300', machine_seconds * 0.01
            from orders
            union all
            select 'S' || order_id, order_id, started + 1, null, '5500', '1450',
                machine_seconds * 0.01 - made * 4.10
                + (select sum(amount) from issues where issues.order_id = orders.order_id)
            from orders
        )
        select document_id, line_no, 'C' as company_id, 'P' as plant_id,
            case line_no when '1' then debit else credit end as account_id, order_id, posting_date,
            strftime(posting_date, '%Y-%m') as period_id,
            (case line_no when '1' then amount else -amount end)::decimal(18, 4) as amount, 'EUR' as currency_code,
            source_document
        from documents, (values ('1'), ('2')) as lines(line_no)
        where amount <> 0""",
}


def write_books(home: Path, orders: int, *, first: int, last: int, delivery: str) -> dict[str, int]:
    """Put what happened on orders `first` to `last` of `orders` into the inbox, as delivery `delivery` (a date).

    The first delivery brings the master data and tieout.yml. Returns the rows written by dataset.
    """
    folder = home / "inbox" / "erp" / delivery
    folder.mkdir(parents=True, exist_ok=True)
    (home / "tieout.yml").write_text(_CONFIGURATION, encoding="utf-8")
    rows = {}
    with duckdb.connect() as connection:
        connection.execute(f"create temp table standard_cost as {_MASTER_DATA['standard_cost']}")
        connection.execute(_ORDERS, {"orders": orders, "first": first, "last": last})
        connection.execute(_ISSUES)
        datasets = ({} if first else _MASTER_DATA) | _TRANSACTIONS
        for dataset, query in datasets.items():
            file = str(folder / f"{dataset}.parquet").replace("'", "''")
            connection.execute(f"copy ({query}) to '{file}' (format parquet)")
            rows[dataset] = connection.sql(f"select count(*) from read_parquet('{file}')").fetchall()[0][0]
    return rows
