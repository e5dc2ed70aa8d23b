-- Production counter, as last delivered. One row per reading of one counter of a work unit.
with

source as (
    {{ latest_version('production_counter', partitioned=true) }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
