-- Activity rate, as last delivered. One row per cost centre, activity, kind of rate and first day of validity.
with

source as (
    {{ latest_version('activity_rate') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
