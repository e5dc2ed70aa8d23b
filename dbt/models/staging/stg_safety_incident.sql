-- Safety incident, as last delivered. One row per incident.
with

source as (
    {{ latest_version('safety_incident') }}
),

final as (
    select * exclude ({{ store_columns() }}) from source
)

select * from final
