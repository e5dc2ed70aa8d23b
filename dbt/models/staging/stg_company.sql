-- Company, as last delivered. One row per legal entity that closes its own books.
with

source as (
    {{ latest_version('company') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
