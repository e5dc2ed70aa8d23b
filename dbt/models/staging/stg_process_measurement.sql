-- Process measurement, as last delivered. One row per value of a tag of a work unit.
with

source as (
    {{ latest_version('process_measurement', partitioned=true) }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
