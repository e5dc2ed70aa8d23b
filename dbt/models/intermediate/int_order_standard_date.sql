-- The day whose standards an order is measured by: its last good output, else its last booking.
-- One row per order with any booking. What changed between a booking and that day is a revaluation, not a variance.
with

outputs as (
    select company_id, order_id, max(posting_date) filter (good_qty <> 0) as output_date
    from {{ ref('int_order_output') }}
    group by all
),

bookings as (
    select company_id, order_id, max(posting_date) as booking_date
    from (
        select company_id, order_id, posting_date from {{ ref('stg_goods_movement') }}
        union all
        select company_id, order_id, posting_date from {{ ref('stg_confirmation') }}
        union all
        select company_id, order_id, work_date from {{ ref('stg_labour_time') }}
        where activity in ('direct', 'setup', 'rework')
        union all
        select company_id, order_id, posting_date from {{ ref('stg_purchase_receipt') }}
    )
    where order_id is not null
    group by all
),

final as (
    select orders.company_id, orders.order_id, orders.plant_id, orders.item_id,
        coalesce(outputs.output_date, bookings.booking_date) as standard_date,
        outputs.output_date is not null as has_output
    from {{ ref('stg_production_order') }} as orders
    inner join bookings using (company_id, order_id)
    left join outputs using (company_id, order_id)
)

select * from final
