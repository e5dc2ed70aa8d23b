-- Standard cost, as last delivered. One row per item, plant, version of the standard and cost component.
with

source as (
    {{ latest_version('standard_cost') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
