-- Bill of material line, as last delivered. One row per line of a version of an item's bill of material at a plant.
with

source as (
    {{ latest_version('bom_line') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
