-- Unit conversion, as last delivered. One row per item, or for every item, and pair of units.
with

source as (
    {{ latest_version('uom_conversion') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
