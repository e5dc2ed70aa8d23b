-- Lot, as last delivered. One row per lot or batch of an item.
with

source as (
    {{ latest_version('lot') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
