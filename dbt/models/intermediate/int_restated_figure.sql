-- The figures of closed periods as they are now, of the marts that were frozen when the period closed.
-- One row per closing × mart × figure key × measure. A figure has the key and the value that the mart publishes; those
-- of finance's own marts are compared where they are, in finance.restatement.
with

closings as (select * from {{ ref('int_closed_period') }}),

orders as (select company_id, plant_id, order_id from {{ ref('dim_order') }}),

ledger_lines as (
    select company_id, plant_id, period_id, 'core.fct_ledger_posting' as mart,
        document_id || '|' || line_no as figure_key, account_id as figure, 'ledger_posting' as dataset,
        document_id || '|' || line_no as source_key, 'amount' as measure, amount
    from {{ ref('fct_ledger_posting') }}
),

order_postings as (
    select company_id, plant_id, period_id, 'core.fct_order_posting' as mart,
        order_id || '|' || posting_id as figure_key, cost_component as figure, source_dataset as dataset,
        source_document_id as source_key, 'booked_amount' as measure, booked_amount as amount
    from {{ ref('fct_order_posting') }}
),

order_periods as (
    select periods.company_id, orders.plant_id, periods.period_id, 'cost.wip_order_period' as mart,
        periods.order_id as figure_key, 'closing_amount' as figure, 'production_order' as dataset,
        periods.order_id as source_key, 'closing_amount' as measure, periods.closing_amount as amount
    from {{ ref('int_order_period') }} as periods
    inner join orders using (company_id, order_id)
),

order_leaves as (
    select company_id, plant_id, period_id, 'cost.order_variance' as mart,
        order_id || '|' || order_variance_id as figure_key, leaf_code as figure, 'production_order' as dataset,
        order_id as source_key, 'amount' as measure, amount
    from {{ ref('int_order_variance') }}
),

purchases as (
    select *, case when line_kind = 'receipt' then 'receipt' else 'invoice' end as line_side
    from {{ ref('int_purchase_line') }}
),

purchase_lines as (
    select company_id, plant_id, period_id, 'cost.purchase_price_variance' as mart,
        line_side || '|' || document_id || '|' || line_no as figure_key, 'price_variance_amount' as figure,
        'purchase_' || line_side as dataset, document_id || '|' || line_no as source_key,
        'price_variance_amount' as measure,
        case when order_id is null then price_variance_amount else 0 end as amount
    from purchases
),

figures as (
    {%- for step in ['ledger_lines', 'order_postings', 'order_periods', 'order_leaves', 'purchase_lines'] %}
    select * from {{ step }}
    {%- if not loop.last %}
    union all by name
    {%- endif %}
    {%- endfor %}
),

final as (
    select closings.closing_id, figures.company_id, figures.plant_id, figures.period_id, figures.mart,
        figures.figure_key, figures.figure, figures.dataset, figures.source_key, figures.measure,
        {{ money('figures.amount') }} as amount
    from figures
    inner join closings
        on figures.company_id = closings.company_id
        and figures.period_id = closings.period_id
        and list_contains(string_split(closings.marts, ','), figures.mart)
)

select * from final
