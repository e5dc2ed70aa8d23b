-- When each order is scheduled on which work unit, as the ERP plans it today. One row per work unit × order.
-- An operation that names no work unit is placed where its work center has only one. operation_no is null where the
-- order is to pass the same work unit more than once.
-- A view, so that a nightly can compare it with the schedule the last build used before it starts.
{{ config(materialized='view') }}

with

orders as (
    select * from {{ ref('stg_production_order') }}
    where status not in ('planned', 'cancelled') and planned_end_at > planned_start_at
),

operations as (select * from {{ ref('stg_order_operation') }}),

only_units as (
    select company_id, work_center_id, min(work_unit_id) as work_unit_id
    from {{ ref('stg_work_unit') }}
    group by all
    having count(*) = 1
),

placed as (
    select operations.company_id, operations.order_id, operations.operation_no,
        coalesce(operations.work_unit_id, only_units.work_unit_id) as work_unit_id
    from operations
    left join only_units using (company_id, work_center_id)
),

final as (
    select orders.company_id, placed.work_unit_id, orders.order_id,
        case when count(*) = 1 then min(placed.operation_no) end as operation_no,
        orders.planned_start_at as start_at, orders.planned_end_at as end_at
    from orders
    inner join placed using (company_id, order_id)
    where placed.work_unit_id is not null
    group by all
)

select * from final
