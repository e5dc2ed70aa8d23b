-- Production orders as planned and as they stand. One row per company × order.
select {{ surrogate_key(['company_id', 'order_id']) }} as order_key,
    company_id, order_id, plant_id, item_id, {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
    order_type, status as order_status, planned_qty, uom, bom_version_id, routing_version_id, released_at,
    planned_start_at, planned_end_at, actual_start_at, actual_end_at, due_date
from {{ ref('stg_production_order') }}
