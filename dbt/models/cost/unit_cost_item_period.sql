-- What a piece did cost: actual cost of the orders that ended in a period over their good pieces, by item.
-- One row per plant × item × period. Orders still open are work in process and count when they end; rework and trial
-- orders are left out of the item's unit cost. Null where a cost is not known.
with

orders as (select * from {{ ref('order_cost') }}),

ends as (
    select distinct company_id, order_id, completed_period_id as period_id from {{ ref('int_order_period') }}
    where is_finished
),

summed as (
    select orders.company_id, orders.plant_id, orders.item_id, ends.period_id, orders.currency_code,
        count(*) as order_count, sum(orders.good_qty) as good_qty,
        case when count(orders.actual_amount) = count(*) then sum(orders.actual_amount) end as actual_amount,
        case when count(orders.standard_amount) = count(*) then sum(orders.standard_amount) end as standard_amount
    from orders
    inner join ends using (company_id, order_id)
    where orders.order_type = 'standard'
    group by all
),

final as (
    select company_id, plant_id, item_id, period_id,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
        cast(order_count as bigint) as order_count, {{ quantity('good_qty') }} as good_qty,
        {{ money('actual_amount') }} as actual_amount, {{ money('standard_amount') }} as standard_amount,
        {{ money('actual_amount - standard_amount') }} as variance_amount,
        {{ money(multiply_divide('actual_amount', '1', 'good_qty', 4)) }} as actual_unit_cost_amount,
        {{ money(multiply_divide('standard_amount', '1', 'good_qty', 4)) }} as standard_unit_cost_amount,
        currency_code,
        case
            when actual_amount is null then 'not available: the actual cost of an order is not known'
            when good_qty = 0 then 'not available: no good piece'
            else 'known'
        end as unit_cost_status
    from summed
)

select * from final
