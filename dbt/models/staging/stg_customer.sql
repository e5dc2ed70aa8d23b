-- Customer, as last delivered. One row per customer.
with

source as (
    {{ latest_version('customer') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
