-- The schedule that this build uses. One row per work unit × order.
select * from {{ ref('int_order_schedule_now') }}
