-- Delivered rows that were not accepted, with every reason and what they are worth. One row per rejected row.
-- The row's content stays out: it may be personal, and the file and line lead to it.
with

refused as (select * from {{ ref('stg_quarantine') }}),

worth as (select * from {{ ref('int_quarantine_value') }})

select quarantine_id, refused.company_id, refused.plant_id, refused.source_system, refused.dataset, refused.batch_id,
    refused.source_file, refused.source_line, refused.source_key,
    array_to_string(refused.reason_codes, '; ') as reason_codes, array_to_string(refused.reasons, '; ') as reasons,
    refused.event_date, worth.value_at_risk_amount, worth.currency_code, refused.rejected_at
from refused
inner join worth using (quarantine_id)
