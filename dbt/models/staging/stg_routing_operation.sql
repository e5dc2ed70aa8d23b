-- Routing operation, as last delivered. One row per operation of a version of an item's routing at a plant.
with

source as (
    {{ latest_version('routing_operation') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
