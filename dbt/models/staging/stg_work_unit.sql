-- Work unit, as last delivered. One row per machine, cell or manual station.
with

source as (
    {{ latest_version('work_unit') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
