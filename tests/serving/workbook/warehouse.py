"""An invented warehouse of finance in SQL, of any size: companies, orders with leaves, budget lines, a ledger."""

from __future__ import annotations

from pathlib import Path

import duckdb

SQL = """
create schema core; create schema cost; create schema finance;
create table core.dim_company as
    select 'C' || company as company_id, 'Works ' || company as company_name,
        case company when 1 then 'EUR' else 'USD' end as currency_code
    from range(1, {companies} + 1) as companies (company);
create table core.dim_item as
    select company_id, 'I' || item as item_id, 'Item ' || item as item_name
    from core.dim_company cross join range({items}) as items (item);
create table cost.order_variance as
    select company_id, 'P1' as plant_id, order_id, 'I' || order_no % {items} as item_id, 'standard' as order_type,
        period_id, order_id || leaf_code || item_no as order_variance_id, leaf_code,
        split_part(leaf_code, '.', 1) as leaf_group, currency_code,
        (((order_no * 37 + item_no * 11 + length(leaf_code)) % 4001 - 2000) / 100)::decimal(18, 4) as amount,
        case when leaf_code = 'LAB.RATE' then 'labour_absorbed' else 'production_variance' end as account_role,
        'input quantity' as sap_category, 'known' as variance_status
    from (
        select company_id, currency_code, order_no, company_id || '-' || order_no as order_id,
            '2026-' || lpad((1 + order_no % 12)::varchar, 2, '0') as period_id
        from core.dim_company cross join range({orders}) as orders (order_no)
    )
    cross join (select unnest(['MAT.USAGE', 'LAB.EFF', 'LAB.RATE', 'SCRAP', 'NEW.LEAF', 'ROUND']) as leaf_code)
    cross join range({rows_a_leaf}) as rows_a_leaf (item_no);
create table cost.wip_order_period as
    select company_id, plant_id, order_id, any_value(item_id) as item_id, period_id, true as is_settled,
        date '2026-01-31' as completed_date, 0::decimal(18, 4) as opening_amount,
        sum(amount) + 100 as debit_amount, 100::decimal(18, 4) as credit_amount, sum(amount) as settled_amount,
        0::decimal(18, 4) as closing_amount, currency_code, 'known' as wip_status
    from cost.order_variance group by all;
create table finance.budget_walk as
    select company_id, 'P1' as plant_id, 'CC' || center as cost_center_id, '4' || account as account_id,
        'Account ' || account as account_name, 'expense' as account_type, 'variable' as behaviour, currency_code,
        '2026-' || lpad(month::varchar, 2, '0') as period_id, 2026 as fiscal_year, version as budget_version_id,
        version <> 'PLAN' as is_forecast, month <= 6 as is_period_over,
        (1000 + center * 7 + account + month)::decimal(18, 4) as static_amount,
        case when month <= 6 then (1100 + center)::decimal(18, 4) end as flexed_amount,
        case when month <= 6 then (1200.55 + account)::decimal(18, 4) end as actual_amount,
        flexed_amount - static_amount as activity_variance_amount,
        case when month <= 6 then 3.21::decimal(18, 4) end as efficiency_variance_amount,
        case when month <= 6 then 0.79::decimal(18, 4) end as rate_variance_amount,
        actual_amount - flexed_amount - 4 as spending_variance_amount,
        case when month <= 6 then 0::decimal(18, 4) end as undivided_variance_amount,
        null::decimal(18, 4) as volume_variance_amount, 14000::decimal(18, 4) as full_year_static_amount,
        14100::decimal(18, 4) as full_year_outlook_amount,
        case when month <= 6 then 'known' else 'no actual yet' end as walk_status
    from core.dim_company cross join range(3) as centers (center) cross join range(2) as accounts (account)
    cross join range(1, 13) as months (month) cross join (select unnest(['FORECAST', 'PLAN']) as version);
create table finance.reconciling_item as
    select company_id, '14' as account_id, 'wip' as account_role, '2026-0' || month as period_id,
        kind as reconciling_kind, kind <> 'unexplained' as is_explained, amount::decimal(18, 4) as reconciling_amount,
        currency_code, kind || month as named_document, date '2026-01-15' as posting_date, null::varchar as order_id,
        'because' as explanation, 'ledger.csv' as source_file, 7 as source_line,
        null::varchar as event_source_file, null::bigint as event_source_line
    from core.dim_company cross join range(1, 4) as months (month)
    cross join (values ('cut_off', 12.34), ('cut_off', -2.5), ('revaluation', 99), ('unexplained', 0.01))
        as kinds (kind, amount);
create table finance.gl_reconciliation as
    select company_id, account_id, 'Work in process' as account_name, account_role, period_id, currency_code,
        500::decimal(18, 4) + sum(reconciling_amount) as ledger_amount, 500::decimal(18, 4) as subledger_amount,
        sum(reconciling_amount) filter (reconciling_kind = 'cut_off') as cut_off_amount,
        sum(reconciling_amount) filter (reconciling_kind = 'revaluation') as ledger_revaluation_amount,
        sum(reconciling_amount) filter (is_explained) as explained_amount,
        sum(reconciling_amount) filter (not is_explained) as unexplained_amount,
        count(*) as item_count, 0::decimal(18, 4) as opening_ledger_amount, 0::decimal(18, 4) as closing_ledger_amount,
        0::decimal(18, 4) as closing_subledger_amount, 'unexplained' as reconciliation_status
    from finance.reconciling_item group by all
    union all by name
    select company_id, '40' as account_id, 'Sales' as account_name, null as account_role, '2026-01' as period_id,
        currency_code, 0.1::decimal(18, 4) as ledger_amount, 0 as explained_amount, 0 as unexplained_amount,
        0 as cut_off_amount, 0 as ledger_revaluation_amount, 0 as item_count, 'no subledger' as reconciliation_status
    from core.dim_company;
create table finance.restatement as
    select company_id, 'P1' as plant_id, '2026-01' as period_id, '2026-01.C1.1' as closing_id,
        'cost.order_variance' as mart, 'MAT.USAGE' as figure, 'amount' as measure, cause,
        10.1::decimal(18, 4) as as_closed_amount, now::decimal(18, 4) as as_now_amount,
        (now - 10.1)::decimal(18, 4) as difference_amount, currency_code, 2 as document_count,
        timestamp '2026-02-03 10:20:30' as first_recorded_at, timestamp '2026-02-04 01:00:00' as last_recorded_at
    from core.dim_company cross join (values ('unchanged', 10.1), ('late booking', 33.33)) as causes (cause, now);
"""


def finance_warehouse(
    file: Path, *, companies: int = 1, orders: int = 24, items: int = 4, rows_a_leaf: int = 2, more: str = ""
) -> duckdb.DuckDBPyConnection:
    """Make the warehouse with SQL changes `more`, and return it open for reading, as publishing has it."""
    with duckdb.connect(file) as connection:
        connection.execute(SQL.format(companies=companies, orders=orders, items=items, rows_a_leaf=rows_a_leaf) + more)
    return duckdb.connect(file, read_only=True)
