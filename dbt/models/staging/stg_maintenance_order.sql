-- Maintenance order, as last delivered. One row per maintenance order, as it stands at the time of the extract.
with

source as (
    {{ latest_version('maintenance_order') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
