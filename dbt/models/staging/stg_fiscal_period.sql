-- Fiscal period, as last delivered. One row per company and fiscal period.
with

source as (
    {{ latest_version('fiscal_period') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
