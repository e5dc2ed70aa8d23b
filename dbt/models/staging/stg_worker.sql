-- Worker, as last delivered. One row per person who records time.
with

source as (
    {{ latest_version('worker') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
