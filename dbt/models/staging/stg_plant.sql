-- Plant, as last delivered. One row per plant.
with

source as (
    {{ latest_version('plant') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
