-- Attendance, as last delivered. One row per pair of clock-in and clock-out of a worker.
with

source as (
    {{ latest_version('attendance') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
