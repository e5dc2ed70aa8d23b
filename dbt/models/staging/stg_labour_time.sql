-- Labour time, as last delivered. One row per stretch of a worker's time and what it was spent on; a reversal is a
-- row of its own.
with

source as (
    {{ latest_version('labour_time') }}
),

final as (
    select * exclude ({{ store_columns(keep_place=true) }}) from source
)

select * from final
