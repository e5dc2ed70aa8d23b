-- Exchange rate, as last delivered. One row per pair of currencies, kind of rate and first day of validity.
with

source as (
    {{ latest_version('exchange_rate') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
