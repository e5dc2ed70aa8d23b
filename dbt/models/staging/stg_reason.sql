-- Reason, as last delivered. One row per reason code.
with

source as (
    {{ latest_version('reason') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
