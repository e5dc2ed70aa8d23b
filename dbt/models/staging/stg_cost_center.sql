-- Cost centre, as last delivered. One row per cost centre.
with

source as (
    {{ latest_version('cost_center') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
