-- What was taken in: every batch of accepted rows. One row per batch.
select batch_id, source_system, dataset, recorded_at, file_count, delivered_rows, accepted_rows, unchanged_rows,
    rejected_rows, first_event_date, last_event_date
from {{ ref('stg_load') }}
