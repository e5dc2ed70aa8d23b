-- Order operation, as last delivered. One row per operation of a production order.
with

source as (
    {{ latest_version('order_operation') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
