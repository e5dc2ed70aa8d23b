-- Purchase receipt, as last delivered. One row per line of a goods receipt from a supplier.
with

source as (
    {{ latest_version('purchase_receipt') }}
),

final as (
    select * exclude ({{ store_columns(keep_place=true) }}) from source
)

select * from final
