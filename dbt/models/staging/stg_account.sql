-- Ledger account, as last delivered. One row per account of the general ledger.
with

source as (
    {{ latest_version('account') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
