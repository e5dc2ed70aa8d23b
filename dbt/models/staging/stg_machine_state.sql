-- Machine state, as last delivered. One row per change of state of a work unit.
with

source as (
    {{ latest_version('machine_state', partitioned=true) }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
