-- What each counter reading adds. One row per work unit × counter × reading.
-- A cumulative counter adds its rise since the reading before; its first reading is only a baseline; a fall is a reset,
-- after which the new value counts whole. The increment belongs to the moment of the later reading.
{{ config(materialized='ephemeral') }}

with

readings as (
    select company_id, work_unit_id, counter, occurred_at, value, reading_kind, order_id
    from {{ ref('stg_production_counter') }}
    {% if not full_history() %} where event_date in {{ affected_event_dates() }} {% endif %}
),

{% if not full_history() %}
before as (
    select company_id, work_unit_id, counter, last_occurred_at as occurred_at, last_value as value,
        'baseline' as reading_kind
    from {{ ref('int_counter_day_edge') }}
    where event_date not in {{ affected_event_dates() }} and last_value is not null
),
{% endif %}

all_readings as (
    select * from readings
    {% if not full_history() %}
    union all by name
    select * from before
    {% endif %}
),

compared as (
    select *,
        lag(value) over (
            partition by company_id, work_unit_id, counter, reading_kind = 'increment' order by occurred_at
        ) as value_before
    from all_readings
),

final as (
    select company_id, work_unit_id, counter, {{ milliseconds('occurred_at') }} as occurred_ms, order_id,
        case
            when reading_kind = 'increment' then value
            when value_before is null then 0
            when value < value_before then value
            else value - value_before
        end as increment_qty
    from compared
    where reading_kind <> 'baseline'
)

select * from final
