-- Work centre, as last delivered. One row per work centre.
with

source as (
    {{ latest_version('work_center') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
