-- The good output that credits each order, line by line, with what it was booked at.
-- One row per order × receipt or confirmation. Receipts of the order's item; confirmations of its last operation stand
-- in where the plant delivers no receipts at all, or where a completed order has none, and are booked at standard.
with

orders as (
    select company_id, order_id, plant_id, item_id, status in ('completed', 'closed') as is_complete
    from {{ ref('stg_production_order') }}
),

receipts as (
    select movements.company_id, movements.order_id, orders.plant_id, orders.item_id,
        movements.movement_id as line_id, movements.posting_date, movements.base_qty as good_qty,
        movements.booked_amount,
        coalesce(movements.amount, movements.exact_standard) as exact_amount,
        movements.source_file, movements.source_line
    from {{ ref('int_goods_movement') }} as movements
    inner join orders using (company_id, order_id)
    where movements.movement_type = 'receipt' and movements.item_id = orders.item_id
),

plants_with_receipts as (select distinct company_id, plant_id from receipts),

confirmations as (select * from {{ ref('stg_confirmation') }}),

last_operations as (
    select company_id, order_id, max(operation_no) as operation_no from {{ ref('stg_order_operation') }}
    group by all
),

last_confirmed as (
    select company_id, order_id, max(operation_no) as operation_no from confirmations
    group by all
),

confirmed as (
    select confirmations.company_id, confirmations.order_id, orders.plant_id, orders.item_id,
        confirmations.confirmation_id as line_id, confirmations.posting_date, confirmations.good_qty,
        {{ multiply_divide('confirmations.good_qty', 'prices.price_per_million', '1000000', 2) }} as booked_amount,
        {{ multiply_divide('confirmations.good_qty', 'prices.price_per_million', '1000000', 6) }} as exact_amount,
        confirmations.source_file, confirmations.source_line
    from confirmations
    inner join orders using (company_id, order_id)
    left join plants_with_receipts as delivering
        on orders.company_id = delivering.company_id and orders.plant_id = delivering.plant_id
    left join last_operations using (company_id, order_id)
    left join last_confirmed using (company_id, order_id)
    left join {{ ref('int_item_price') }} as prices
        on orders.company_id = prices.company_id and orders.plant_id = prices.plant_id
        and orders.item_id = prices.item_id
        and confirmations.posting_date >= prices.valid_from and confirmations.posting_date < prices.valid_to
    anti join receipts
        on confirmations.company_id = receipts.company_id and confirmations.order_id = receipts.order_id
    where (delivering.plant_id is null or orders.is_complete)
        and (
            confirmations.operation_no is not distinct from coalesce(
                last_operations.operation_no, last_confirmed.operation_no
            )
            or last_confirmed.operation_no is null
        )
),

final as (
    select *, 'receipt' as output_source from receipts
    union all by name
    select *, 'confirmation' as output_source from confirmed
)

select * from final
