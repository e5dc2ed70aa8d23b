-- Budget, as last delivered. One row per company, budget version, cost centre, account and period.
with

source as (
    {{ latest_version('budget') }}
),

final as (
    select * exclude ({{ store_columns(keep_place=true) }}) from source
)

select * from final
