-- Material issued, returned, received and scrapped, in base units. One row per movement.
select company_id, plant_id, movement_id, movement_type, item_id, order_id, operation_no,
    {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
    {{ surrogate_key(['company_id', 'order_id']) }} as order_key,
    posting_date, qty, uom, base_qty, base_uom, amount, currency_code, lot_id, cost_center_id, reversal_of
from {{ ref('int_goods_movement') }}
