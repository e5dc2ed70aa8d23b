-- What each counter reading adds. One row per unit_no (see int_work_unit_number) × counter × reading that tells of
-- pieces.
-- A cumulative counter adds its rise since the standing before; its first reading is only a baseline, and so is one
-- that says it is. After a fall it has rolled over, where it says at what standing it does and the rise across 0 is
-- less than half of that; else it was reset and the new value counts whole; fall says which. Pieces belong to the
-- moment of the later reading.
{{ config(materialized='ephemeral') }}

with

units as (select * from {{ ref('int_work_unit_number') }}),

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

-- One whole number tells a series of standings or of increments from all others.
numbered as (
    select units.unit_no * 8
        + case all_readings.counter when 'good' then 0 when 'scrap' then 2 when 'rework' then 4 else 6 end
        + case all_readings.reading_kind when 'increment' then 1 else 0 end as series_no,
        {{ milliseconds('all_readings.occurred_at') }} as occurred_ms, all_readings.value, all_readings.rolls_over_at,
        all_readings.reading_kind in ('cumulative', 'increment') as tells, all_readings.order_id
    from all_readings
    inner join units using (company_id, work_unit_id)
),

compared as (
    select *, series_no % 2 = 1 as is_increment,
        lag(value) over (partition by series_no order by occurred_ms) as value_before
    from numbered
),

final as (
    select series_no // 8 as unit_no,
        case series_no % 8 // 2 when 0 then 'good' when 1 then 'scrap' when 2 then 'rework' else 'total' end as counter,
        occurred_ms, order_id,
        case
            when is_increment then value
            when value_before is null then 0
            when value >= value_before then value - value_before
            when value_before < rolls_over_at and (value - value_before + rolls_over_at) * 2 < rolls_over_at
                then value - value_before + rolls_over_at
            else value
        end as increment_qty,
        case
            when is_increment or value_before is null or value >= value_before then null
            when increment_qty = value then 'reset'
            else 'roll_over'
        end as fall
    from compared
    where tells
)

select * from final
