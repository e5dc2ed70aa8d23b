-- Days on which a file's last lines of a machine are older than lines before them: the clock was set back, or readings
-- that had been kept back were sent on. One row per work unit × dataset × UTC day × file.
-- A single late or corrected line is everyday work; here the last five lines are all older. A file that begins with the
-- newest line is written backwards, which is no fault.
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_affected('event_date', 'event') }}"
) }}

with

lines as (
    select * from {{ ref('stg_sensor_line') }}
    {% if not full_history() %} where event_date in {{ affected_event_dates() }} {% endif %}
),

files as (
    select company_id, work_unit_id, dataset, event_date, batch_id, source_file,
        max(occurred_at) as latest_at,
        arg_min(occurred_at, source_line) as first_written_at,
        list_max(arg_max(occurred_at, source_line, 5)) as last_written_at
    from lines
    group by all
),

final as (
    select company_id, work_unit_id, dataset, event_date, source_file,
        cast(epoch_ms(latest_at) - epoch_ms(last_written_at) as bigint) as set_back_ms
    from files
    where last_written_at < latest_at and first_written_at < latest_at
)

select * from final
