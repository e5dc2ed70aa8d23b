-- Purchase invoice, as last delivered. One row per line of a supplier's invoice.
with

source as (
    {{ latest_version('purchase_invoice') }}
),

final as (
    select * exclude ({{ store_columns(keep_place=true) }}) from source
)

select * from final
