-- Inventory balance, as last delivered. One row per plant, item, storage location and day.
with

source as (
    {{ latest_version('inventory_balance') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
