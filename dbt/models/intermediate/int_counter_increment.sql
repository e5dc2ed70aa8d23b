-- What each counter reading adds. One row per work unit × counter × reading that tells of pieces.
-- A cumulative counter adds its rise since the standing before; its first reading is only a baseline, and so is one
-- that says it is. After a fall it has rolled over, where it says at what standing it does and the rise across 0 is less
-- than half of that; else it was reset and the new value counts whole; fall says which. Pieces belong to the moment of
-- the later reading.
{{ config(materialized='ephemeral') }}

with

readings as (
    select company_id, work_unit_id, counter, occurred_at, value, reading_kind, rolls_over_at, order_id
    from {{ ref('stg_production_counter') }}
    {% if not full_history() %} where event_date in {{ affected_event_dates() }} {% endif %}
),

{% if not full_history() %}
before as (
    select company_id, work_unit_id, counter, last_occurred_at as occurred_at, last_value as value,
        'before' as reading_kind
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
            when value >= value_before then value - value_before
            when value_before < rolls_over_at and (value - value_before + rolls_over_at) * 2 < rolls_over_at
                then value - value_before + rolls_over_at
            else value
        end as increment_qty,
        case
            when reading_kind = 'increment' or value_before is null or value >= value_before then null
            when increment_qty = value then 'reset'
            else 'roll_over'
        end as fall
    from compared
    where reading_kind in ('cumulative', 'increment')
)

select * from final
