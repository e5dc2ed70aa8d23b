-- The last standing of each counter and UTC day: what the next day's first rise is measured from.
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_affected('event_date', 'event') }}"
) }}

with

readings as (
    select * from {{ ref('stg_production_counter') }}
    {% if not full_history() %} where event_date in {{ affected_event_dates() }} {% endif %}
),

final as (
    select company_id, work_unit_id, counter, event_date, max(occurred_at) as last_occurred_at,
        arg_max(value, occurred_at) filter (reading_kind <> 'increment') as last_value
    from readings
    group by all
)

select * from final
