-- Pay rate, as last delivered. One row per worker, or per grade, and first day of validity.
with

source as (
    {{ latest_version('pay_rate') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
