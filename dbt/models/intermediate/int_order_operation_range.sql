-- The first and the last operation of each order, as planned or as confirmed. One row per order.
-- operation_no -1 stands for confirmations that name no operation.
with

confirmed as (
    select company_id, order_id, coalesce(operation_no, -1) as operation_no from {{ ref('stg_confirmation') }}
),

-- Where no confirmation of an order names an operation, the planned ones say nothing about its pieces.
named as (
    select distinct company_id, order_id from confirmed
    where operation_no >= 0
),

operations as (
    select planned.company_id, planned.order_id, planned.operation_no
    from {{ ref('stg_order_operation') }} as planned
    inner join named using (company_id, order_id)
    union
    select company_id, order_id, operation_no from confirmed
),

final as (
    select company_id, order_id, min(operation_no) as first_operation_no, max(operation_no) as last_operation_no
    from operations
    group by all
)

select * from final
