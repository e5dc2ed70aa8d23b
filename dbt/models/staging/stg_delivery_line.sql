-- Delivery line, as last delivered. One row per line of a delivery to a customer.
with

source as (
    {{ latest_version('delivery_line') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
