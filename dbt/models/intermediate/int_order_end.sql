-- The day an order ended by its plant's clock, as the ERP says. One row per completed, closed or cancelled order.
-- completed_date is null where the ERP does not record the end: the last booking then stands in for it.
with

orders as (
    select company_id, order_id, plant_id, actual_end_at from {{ ref('stg_production_order') }}
    where status in ('completed', 'closed', 'cancelled')
),

plants as (select company_id, plant_id, time_zone from {{ ref('stg_plant') }}),

final as (
    select orders.company_id, orders.order_id,
        cast(timezone(coalesce(plants.time_zone, 'UTC'), timezone('UTC', orders.actual_end_at)) as date)
            as completed_date
    from orders
    left join plants using (company_id, plant_id)
)

select * from final
