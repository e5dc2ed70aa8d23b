-- How far the knowledge of each plant reaches: the latest moment that any state, counter reading or confirmation tells
-- of. Calendars go further; nothing is said about the time beyond. One row per company × plant.
with

work_units as (select company_id, plant_id, work_unit_id from {{ ref('stg_work_unit') }}),

shift_calendar as (
    select company_id, plant_id, production_date, shift_id, max(end_at) as end_at
    from {{ ref('stg_shift_calendar') }}
    group by all
),

confirmations as (select * from {{ ref('stg_confirmation') }}),

moments as (
    select work_units.company_id, work_units.plant_id, max(edges.told_until_at) as known_until_at
    from {{ ref('int_state_day_edge') }} as edges
    inner join work_units using (company_id, work_unit_id)
    group by all
    union all
    select work_units.company_id, work_units.plant_id, max(edges.last_occurred_at)
    from {{ ref('int_counter_day_edge') }} as edges
    inner join work_units using (company_id, work_unit_id)
    group by all
    union all
    select company_id, plant_id, max(end_at) from confirmations
    group by all
    union all
    select confirmations.company_id, confirmations.plant_id, max(shift_calendar.end_at)
    from confirmations
    inner join shift_calendar using (company_id, plant_id, production_date, shift_id)
    group by all
),

final as (
    select company_id, plant_id, max({{ milliseconds('known_until_at') }}) as known_until_ms
    from moments
    where known_until_at is not null
    group by all
)

select * from final
