-- Confirmation, as last delivered. One row per reported piece of work on an operation; a reversal is a row of its
-- own.
with

source as (
    {{ latest_version('confirmation') }}
),

final as (
    select * exclude ({{ store_columns(keep_place=true) }}) from source
)

select * from final
