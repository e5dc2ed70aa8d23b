-- Inspection, as last delivered. One row per measured value, tested unit or counted sample of one characteristic.
with

source as (
    {{ latest_version('inspection') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
