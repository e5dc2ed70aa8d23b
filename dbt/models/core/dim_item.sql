-- What is made, bought and used. One row per company × item.
select {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
    company_id, item_id, name as item_name, item_type, item_group, base_uom, procurement, valuation
from {{ ref('stg_item') }}
