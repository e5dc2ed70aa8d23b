-- Delivered rows that were not accepted, with every reason and what they are worth. One row per rejected row.
-- The row's content stays out: it may be personal, and the file and line lead to it.
select quarantine_id, company_id, plant_id, source_system, dataset, batch_id, source_file, source_line, source_key,
    array_to_string(reason_codes, '; ') as reason_codes, array_to_string(reasons, '; ') as reasons,
    event_date, value_at_risk_amount, currency_code, rejected_at
from {{ ref('stg_quarantine') }}
