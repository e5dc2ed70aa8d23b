-- Production order, as last delivered. One row per production order, as it stands at the time of the extract.
with

source as (
    {{ latest_version('production_order') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
