-- Shift calendar, as last delivered. One row per plant, or per work unit where it departs from its plant, production
-- date and shift.
with

source as (
    {{ latest_version('shift_calendar') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
