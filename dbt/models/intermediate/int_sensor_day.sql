-- How many events each machine sent on each UTC day, and how much of it falls outside its calendar and is in no figure:
-- reports of being busy, and pieces, in hours that no shift touches. One row per work unit × dataset × UTC day.
-- Hours after the last shift that the plant's calendar knows are left out: their shifts may still be delivered.
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_affected('event_date', 'event') }}"
) }}

with

work_units as (select company_id, plant_id, work_unit_id from {{ ref('stg_work_unit') }}),

machine_shifts as (select * from {{ ref('int_machine_shift') }}),

calendar_ends as (
    select company_id, plant_id, max(end_ms) // 3600000 as last_hour
    from machine_shifts
    group by all
),

shift_hours as (
    select distinct company_id, work_unit_id, {{ each_hour('start_ms', 'end_ms') }} as epoch_hour
    from machine_shifts
    {% if not full_history() %}
    where cast(start_at as date) in {{ affected_event_dates() }} or cast(end_at as date) in {{ affected_event_dates() }}
    {% endif %}
),

state_hours as (
    select company_id, work_unit_id, event_date, {{ milliseconds('occurred_at') }} // 3600000 as epoch_hour,
        count(*) as event_count,
        count(*) filter (state in ('producing', 'setup', 'delay')) as busy_count
    from {{ ref('stg_machine_state') }}
    {% if not full_history() %} where event_date in {{ affected_event_dates() }} {% endif %}
    group by all
),

-- Of a standing that rises, the rise within the hour; a poller that repeats the same standing all night counts nothing.
counter_hours as (
    select company_id, work_unit_id, counter, event_date, {{ milliseconds('occurred_at') }} // 3600000 as epoch_hour,
        count(*) as event_count,
        count(*) filter (reading_kind = 'baseline') as baseline_count,
        coalesce(sum(value) filter (reading_kind = 'increment'), 0)
        + coalesce(max(value) filter (reading_kind = 'cumulative') - min(value) filter (reading_kind = 'cumulative'), 0)
            as counted_qty
    from {{ ref('stg_production_counter') }}
    {% if not full_history() %} where event_date in {{ affected_event_dates() }} {% endif %}
    group by all
),

hours as (
    select company_id, work_unit_id, 'machine_state' as dataset, event_date, epoch_hour, event_count,
        busy_count as telling_count, 0 as baseline_count
    from state_hours
    union all
    select company_id, work_unit_id, 'production_counter', event_date, epoch_hour, event_count,
        case when counted_qty > 0 then event_count else 0 end, baseline_count
    from counter_hours
),

final as (
    select hours.company_id, work_units.plant_id, hours.work_unit_id, hours.dataset, hours.event_date,
        cast(sum(hours.event_count) as bigint) as event_count,
        cast(sum(hours.baseline_count) as bigint) as baseline_count,
        cast(coalesce(sum(hours.telling_count) filter (
            shift_hours.epoch_hour is null and hours.epoch_hour < calendar_ends.last_hour
        ), 0) as bigint) as outside_calendar_count
    from hours
    inner join work_units using (company_id, work_unit_id)
    left join calendar_ends using (company_id, plant_id)
    left join shift_hours using (company_id, work_unit_id, epoch_hour)
    group by all
)

select * from final
