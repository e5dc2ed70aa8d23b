-- Energy reading, as last delivered. One row per meter and interval.
with

source as (
    {{ latest_version('energy_reading', partitioned=true) }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
