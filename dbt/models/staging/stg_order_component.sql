-- Order component, as last delivered. One row per component planned for a production order.
with

source as (
    {{ latest_version('order_component') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
