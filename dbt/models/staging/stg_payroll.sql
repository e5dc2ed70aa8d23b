-- Payroll, as last delivered. One row per worker, period and pay code.
with

source as (
    {{ latest_version('payroll') }}
),

final as (
    select * exclude ({{ store_columns(keep_place=true) }}) from source
)

select * from final
