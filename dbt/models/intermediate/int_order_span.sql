-- When work on each order began and ended: as the ERP records it, else by its confirmations. One row per order.
with

orders as (select * from {{ ref('stg_production_order') }}),

confirmed as (
    select company_id, order_id, min(start_at) as first_start_at, max(end_at) as last_end_at
    from {{ ref('stg_confirmation') }}
    where order_id is not null and reversal_of is null
    group by all
),

final as (
    select orders.company_id, orders.order_id,
        coalesce(orders.actual_start_at, confirmed.first_start_at) as begun_at,
        -- The last confirmation ends an order only once nothing more will come.
        case
            when orders.actual_end_at is not null then orders.actual_end_at
            when orders.status in ('completed', 'closed') then confirmed.last_end_at
        end as finished_at,
        case
            when orders.actual_start_at is not null and orders.actual_end_at is not null then 'order'
            when orders.actual_start_at is null and orders.actual_end_at is null then 'confirmation'
            else 'order and confirmation'
        end as span_source
    from orders
    left join confirmed using (company_id, order_id)
)

select * from final
