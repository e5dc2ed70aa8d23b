-- Item, as last delivered. One row per material or product.
with

source as (
    {{ latest_version('item') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
