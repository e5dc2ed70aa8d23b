-- Supplier, as last delivered. One row per supplier.
with

source as (
    {{ latest_version('supplier') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
