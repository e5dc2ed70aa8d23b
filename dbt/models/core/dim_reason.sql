-- Why time or pieces were lost. One row per company × reason.
select {{ surrogate_key(['company_id', 'reason_id']) }} as reason_key,
    company_id, reason_id, plant_id, name as reason_name, loss_category
from {{ ref('stg_reason') }}
