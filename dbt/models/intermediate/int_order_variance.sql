-- The variance leaves of finished orders in cents, rounded by largest remainder within order and cost component: they
-- add up to what the order was charged less what it was credited, and nothing is left over.
-- One row per order × leaf × cost component × item or operation.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['by_order'], full_refresh=refresh_all_orders(),
    pre_hook="{{ delete_affected_orders() }}"
) }}

with

leaves as (
    select * from {{ ref('int_order_leaf') }}
    {{- of_affected_orders() }}
),

ends as (
    select company_id, order_id, any_value(completed_period_id) as period_id, sum(unvalued_count) as unvalued_count
    from {{ ref('int_order_period') }}
    group by all
),

orders as (select company_id, order_id, plant_id, item_id, order_type from {{ ref('stg_production_order') }}),

whole_cents as (
    select *, {{ scaled('exact_amount') }} as millionths,
        ({{ scaled('exact_amount') }} - (({{ scaled('exact_amount') }} % 10000) + 10000) % 10000) // 10000
            as cents_below,
        (({{ scaled('exact_amount') }} % 10000) + 10000) % 10000 as remainder
    from leaves
),

ranked as (
    select *,
        row_number() over (
            partition by company_id, order_id, cost_component
            order by
                remainder desc, leaf_code asc, component_item_id asc nulls first, operation_no asc nulls first
        ) as remainder_rank,
        sum(millionths) over of_component // 10000 - sum(cents_below) over of_component as missing_cents
    from whole_cents
    window of_component as (partition by company_id, order_id, cost_component)
),

rounded as (
    select *,
        {{ money('cast(cents_below + (remainder_rank <= missing_cents)::integer as decimal(18, 0)) * 0.01') }} as amount
    from ranked
),

final as (
    select rounded.company_id, orders.plant_id, rounded.order_id, orders.item_id, orders.order_type, ends.period_id,
        rounded.leaf_code || '|' || rounded.cost_component || '|' || coalesce(rounded.component_item_id, '') || '|'
        || coalesce(rounded.operation_no::varchar, '') as order_variance_id,
        rounded.leaf_code, rounded.cost_component, rounded.component_item_id, rounded.operation_no,
        rounded.cost_center_id, rounded.exact_amount, rounded.amount,
        case rounded.leaf_code
            when 'LAB.RATE' then 'labour_absorbed'
            when 'MCH.RATE' then 'overhead_absorbed'
            else 'production_variance'
        end as account_role,
        rounded.actual_qty, rounded.standard_qty, rounded.actual_hours, rounded.standard_hours,
        rounded.standard_unit_price, coalesce(ends.unvalued_count, 0) as unvalued_count
    from rounded
    inner join orders using (company_id, order_id)
    left join ends using (company_id, order_id)
)

select * from final
