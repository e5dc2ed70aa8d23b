-- Where costs are collected. One row per company × cost center.
select {{ surrogate_key(['company_id', 'cost_center_id']) }} as cost_center_key,
    company_id, cost_center_id, plant_id, name as cost_center_name, kind as cost_center_kind
from {{ ref('stg_cost_center') }}
