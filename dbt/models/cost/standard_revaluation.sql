-- What stock gained or lost when a new standard took effect: on hand × (new − old). It is no production variance.
-- One row per company × plant × item × day on which another version began.
select {{ surrogate_key(['company_id', 'plant_id', 'item_id', 'change_date']) }} as standard_revaluation_id,
    {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
    {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
    company_id, plant_id, item_id, change_date, period_id, old_version_id, new_version_id, on_hand_qty,
    {{ money(multiply_divide('old_price_per_million', '1', '1000', 4)) }} as old_price_per_thousand_amount,
    {{ money(multiply_divide('new_price_per_million', '1', '1000', 4)) }} as new_price_per_thousand_amount,
    revaluation_amount, currency_code, revaluation_status
from {{ ref('int_standard_revaluation') }}
