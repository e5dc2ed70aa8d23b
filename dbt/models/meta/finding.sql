-- What is odd about the data without being a refused row or a broken proof, and what to do about it.
-- One row per finding × subject × dataset. warning: time, pieces or money are missing from figures, or may be wrong.
-- note: figures are right by the declared rules; someone may still want to know that a rule decided.
with

work_units as (select company_id, plant_id, work_unit_id from {{ ref('dim_work_unit') }}),

machine_shifts as (select * from {{ ref('oee_machine_shift') }}),

sensor_days as (select * from {{ ref('int_sensor_day') }}),

order_times as (select * from {{ ref('int_machine_shift_order_time') }}),

counter_pieces as (select * from {{ ref('int_counter_piece') }}),

last_states as (
    select company_id, work_unit_id,
        max(told_until_at) as last_heard_at,
        min(event_date) as first_state_date
    from {{ ref('int_state_day_edge') }}
    group by all
),

without_calendar as (
    select sensor_days.company_id, sensor_days.work_unit_id, sensor_days.dataset,
        'machine_without_calendar' as finding, sum(sensor_days.event_count) as finding_count,
        min(sensor_days.event_date) as first_date, max(sensor_days.event_date) as last_date
    from sensor_days
    anti join machine_shifts
        on sensor_days.company_id = machine_shifts.company_id
        and sensor_days.work_unit_id = machine_shifts.work_unit_id
    group by all
),

outside_calendar as (
    select sensor_days.company_id, sensor_days.work_unit_id, sensor_days.dataset,
        'events_outside_calendar' as finding, sum(sensor_days.outside_calendar_count) as finding_count,
        min(sensor_days.event_date) as first_date, max(sensor_days.event_date) as last_date
    from sensor_days
    semi join machine_shifts
        on sensor_days.company_id = machine_shifts.company_id
        and sensor_days.work_unit_id = machine_shifts.work_unit_id
    where sensor_days.outside_calendar_count > 0
    group by all
),

silent as (
    select machine_shifts.company_id, machine_shifts.work_unit_id, 'machine_state' as dataset,
        'silent_machine' as finding, count(*) as finding_count,
        min(machine_shifts.production_date) as first_date, max(machine_shifts.production_date) as last_date,
        sum(machine_shifts.planned_busy_seconds) as finding_seconds
    from machine_shifts
    inner join last_states using (company_id, work_unit_id)
    where machine_shifts.planned_busy_seconds > 0
        and machine_shifts.production_date >= last_states.first_state_date
        and (
            machine_shifts.unknown_seconds = machine_shifts.planned_busy_seconds
            or machine_shifts.shift_start_at > last_states.last_heard_at
        )
    group by all
),

overlapping as (
    select company_id, work_unit_id, 'machine_state' as dataset, 'overlapping_states' as finding,
        sum(overlap_count) as finding_count, min(event_date) as first_date, max(event_date) as last_date,
        {{ seconds('sum(overlap_ms)') }} as finding_seconds
    from {{ ref('int_state_overlap_day') }}
    group by all
),

ran_back as (
    select company_id, work_unit_id,
        case when signal = 'state' then 'machine_state' else 'production_counter' end as dataset,
        'clock_ran_back' as finding, sum(line_count) as finding_count,
        min(event_date) as first_date, max(event_date) as last_date,
        {{ seconds('max(set_back_ms)') }} as finding_seconds
    from {{ ref('int_clock_day') }}
    group by all
),

counters as (
    select company_id, work_unit_id, 'production_counter' as dataset, 'counter_reset' as finding,
        sum(reset_count) as finding_count, min(production_date) as first_date, max(production_date) as last_date
    from counter_pieces
    where reset_count > 0
    group by all
    union all
    select company_id, work_unit_id, 'production_counter', 'counter_rolled_over', sum(roll_over_count),
        min(production_date), max(production_date)
    from counter_pieces
    where roll_over_count > 0
    group by all
    union all
    select company_id, work_unit_id, 'production_counter', 'counter_replaced', sum(baseline_count), min(event_date),
        max(event_date)
    from sensor_days
    where baseline_count > 0
    group by all
),

above_standard as (
    select company_id, work_unit_id, 'routing_operation' as dataset, 'effectiveness_above_1' as finding,
        count(*) as finding_count, min(production_date) as first_date, max(production_date) as last_date,
        sum(standard_produced_seconds - production_seconds) as finding_seconds
    from machine_shifts
    where effectiveness_ratio > 1
    group by all
),

by_schedule as (
    select company_id, work_unit_id, 'production_order' as dataset, 'order_by_schedule_only' as finding,
        count(distinct production_date || shift_id) as finding_count,
        min(production_date) as first_date, max(production_date) as last_date,
        {{ seconds('sum(production_ms)') }} as finding_seconds
    from order_times
    where order_source = 'schedule' and production_ms > 0
    group by all
),

findings as (
    select * from without_calendar
    {% for step in [
        'outside_calendar', 'silent', 'overlapping', 'ran_back', 'counters', 'above_standard', 'by_schedule'
    ] %}
    union all by name
    select * from {{ step }}
    {% endfor %}
),

final as (
    select findings.finding || '|' || findings.dataset || '|' || findings.company_id || '|' || findings.work_unit_id
            as finding_id,
        case
            when findings.finding in (
                'machine_without_calendar', 'events_outside_calendar', 'silent_machine', 'clock_ran_back'
            ) then 'warning'
            else 'note'
        end as severity,
        findings.company_id, work_units.plant_id, findings.work_unit_id as subject, findings.dataset, findings.finding,
        cast(findings.finding_count as bigint) as finding_count,
        cast(findings.finding_seconds as decimal(18, 3)) as finding_seconds,
        cast(null as decimal(18, 4)) as finding_amount, cast(null as varchar) as currency_code,
        findings.first_date, findings.last_date,
        case findings.finding
            when 'machine_without_calendar' then 'deliver its shift_calendar: until then it has no figure'
            when 'events_outside_calendar' then 'add the shift worked to shift_calendar: in no figure now'
            when 'silent_machine' then 'see whether machine, gateway or extract stands still'
            when 'clock_ran_back' then 'set the machine''s clock right and deliver the day again'
            when 'overlapping_states' then 'nothing if two sensors report: the strongest state ruled'
            when 'counter_reset' then 'nothing; if it rolls over, deliver rolls_over_at'
            when 'counter_rolled_over' then 'nothing'
            when 'counter_replaced' then 'nothing'
            when 'effectiveness_above_1' then 'revise what efficiency.standards_audit lists'
            when 'order_by_schedule_only' then 'have the machine or a confirmation name the order'
        end as what_to_do
    from findings
    left join work_units using (company_id, work_unit_id)
)

select * from final
{% for subject in ['finance', 'budget', 'closing', 'order'] %}
union all by name
select * from {{ ref('int_' ~ subject ~ '_finding') }}
{% endfor %}
union all by name
select * exclude (detail),
    finding || '|' || dataset || '|' || company_id || '|' || coalesce(plant_id, '') || '|' || subject || '|'
    || coalesce(cast(first_date as varchar), '') as finding_id
from {{ ref('int_standard_finding') }}
