-- Planned stop, as last delivered. One row per planned stop of a plant or of one work unit.
with

source as (
    {{ latest_version('planned_stop') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
