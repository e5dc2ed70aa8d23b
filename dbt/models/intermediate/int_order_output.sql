-- The good output that credits each order, line by line. One row per order × receipt or confirmation.
-- Goods receipts of the order's item where there are any, else the confirmations of its last operation.
with

orders as (select * from {{ ref('stg_production_order') }}),

receipts as (
    select movements.company_id, movements.order_id, movements.movement_id as line_id, movements.posting_date,
        movements.base_qty as good_qty
    from {{ ref('int_goods_movement') }} as movements
    inner join orders using (company_id, order_id)
    where movements.movement_type = 'receipt' and movements.item_id = orders.item_id
),

confirmations as (select * from {{ ref('stg_confirmation') }}),

last_operations as (
    select company_id, order_id, max(operation_no) as operation_no
    from (
        select company_id, order_id, operation_no from {{ ref('stg_order_operation') }}
    )
    group by all
),

last_confirmed as (
    select company_id, order_id, max(operation_no) as operation_no from confirmations
    group by all
),

confirmed as (
    select confirmations.company_id, confirmations.order_id, confirmations.confirmation_id as line_id,
        coalesce(confirmations.production_date, confirmations.posting_date) as posting_date, confirmations.good_qty
    from confirmations
    left join last_operations using (company_id, order_id)
    left join last_confirmed using (company_id, order_id)
    anti join receipts using (company_id, order_id)
    where confirmations.operation_no is not distinct from coalesce(
        last_operations.operation_no, last_confirmed.operation_no
    )
    or last_confirmed.operation_no is null
),

final as (
    select *, 'receipt' as output_source from receipts
    union all
    select *, 'confirmation' as output_source from confirmed
)

select * from final
