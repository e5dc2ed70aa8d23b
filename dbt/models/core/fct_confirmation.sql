-- Confirmed pieces on the shift in which they were made. One row per confirmation × shift it spans.
with

shares as (select * from {{ ref('int_confirmation_share') }}),

orders as (select company_id, order_id, item_id from {{ ref('stg_production_order') }}),

final as (
    select shares.company_id, shares.plant_id, shares.confirmation_id, shares.production_date, shares.shift_id,
        shares.work_unit_id, shares.order_id, orders.item_id, shares.operation_no, shares.reason_id,
        {{ surrogate_key(['shares.company_id', 'shares.order_id']) }} as order_key,
        {{ surrogate_key(['shares.company_id', 'orders.item_id']) }} as item_key,
        {{ surrogate_key(['shares.company_id', 'shares.work_unit_id']) }} as work_unit_key,
        {{ quantity('shares.good_qty') }} as good_qty,
        {{ quantity('shares.scrap_qty') }} as scrap_qty,
        {{ quantity('shares.rework_qty') }} as rework_qty,
        {{ quantity('shares.first_pass_good_qty') }} as first_pass_good_qty
    from shares
    left join orders using (company_id, order_id)
)

select * from final
