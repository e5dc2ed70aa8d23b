-- Ledger posting, as last delivered. One row per line of a posted ledger document.
with

source as (
    {{ latest_version('ledger_posting') }}
),

final as (
    select * exclude ({{ store_columns(keep_place=true) }}) from source
)

select * from final
