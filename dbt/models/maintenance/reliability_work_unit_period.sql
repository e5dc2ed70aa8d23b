-- How often each machine broke down in a period and how long it took to restore it.
-- A failure is an unbroken run of breakdown time, counted in the period in which it first cost planned busy time. All
-- times are planned busy time: time to restoration is the part in breakdown, time to failure the part that is known and
-- is not, and together they are the time between failures. Fleets: sum hours and failures, then divide.
with

machine_shifts as (select * from {{ ref('int_machine_shift') }}),

times as (select * from {{ ref('int_machine_shift_time') }}),

signals as (select company_id, work_unit_id, has_states from {{ ref('int_work_unit_signal') }}),

periods as (select * from {{ ref('int_production_period') }}),

runs as (select * from {{ ref('int_breakdown_run') }}),

-- Runs of several days are one failure: the day tables are joined where a run had begun by the end of the one before.
begun as (
    select *,
        coalesce(
            run_start_ms > max(reach_ms) over (
                partition by company_id, work_unit_id order by run_start_ms
                rows between unbounded preceding and 1 preceding
            ), true
        ) as begins
    from runs
),

numbered as (
    select *, count(*) filter (begins) over (partition by company_id, work_unit_id order by run_start_ms) as failure_no
    from begun
),

failures as (
    select company_id, work_unit_id, failure_no,
        min(production_date) filter (lost_ms > 0) as production_date, max(reach_ms) as reach_ms
    from numbered
    group by all
    having sum(lost_ms) > 0
),

known_until as (
    select company_id, work_unit_id, max(known_until_ms) as known_until_ms from machine_shifts
    group by all
),

failures_of_day as (
    select failures.company_id, failures.work_unit_id, failures.production_date,
        count(*) as failure_count,
        count(*) filter (failures.reach_ms >= known_until.known_until_ms) as open_failure_count
    from failures
    inner join known_until using (company_id, work_unit_id)
    group by all
),

lost_of_day as (
    select company_id, work_unit_id, production_date, sum(lost_ms) as lost_ms from runs
    group by all
),

time_of_day as (
    select machine_shifts.company_id, machine_shifts.plant_id, machine_shifts.work_unit_id,
        machine_shifts.work_center_id, machine_shifts.production_date,
        sum(times.planned_busy_ms) as planned_busy_ms,
        sum(times.production_ms) as production_ms,
        sum(times.unknown_ms) as unknown_ms
    from machine_shifts
    inner join times using (company_id, work_unit_id, production_date, shift_id)
    group by all
),

sums as (
    select time_of_day.company_id, time_of_day.plant_id, time_of_day.work_unit_id, time_of_day.work_center_id,
        periods.period_id, signals.has_states,
        sum(time_of_day.planned_busy_ms) as planned_busy_ms,
        case when signals.has_states then sum(time_of_day.production_ms) end as production_ms,
        case when signals.has_states then sum(time_of_day.unknown_ms) end as unknown_ms,
        case when signals.has_states then coalesce(sum(lost_of_day.lost_ms), 0) end as restoration_ms,
        case when signals.has_states then coalesce(sum(failures_of_day.failure_count), 0) end as failure_count,
        case when signals.has_states then coalesce(sum(failures_of_day.open_failure_count), 0) end
            as open_failure_count
    from time_of_day
    inner join periods using (company_id, production_date)
    inner join signals using (company_id, work_unit_id)
    left join lost_of_day using (company_id, work_unit_id, production_date)
    left join failures_of_day using (company_id, work_unit_id, production_date)
    group by time_of_day.company_id, time_of_day.plant_id, time_of_day.work_unit_id, time_of_day.work_center_id,
        periods.period_id, signals.has_states
),

components as (
    select company_id, plant_id, work_center_id, work_unit_id, period_id,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'work_unit_id']) }} as work_unit_key,
        {{ seconds('planned_busy_ms') }} as planned_busy_seconds,
        {{ seconds('production_ms') }} as operating_seconds,
        {{ seconds('unknown_ms') }} as unknown_seconds,
        {{ seconds('planned_busy_ms - unknown_ms - restoration_ms') }} as time_to_failure_seconds,
        {{ seconds('restoration_ms') }} as time_to_restoration_seconds,
        {{ seconds('planned_busy_ms - unknown_ms') }} as time_between_failures_seconds,
        cast(failure_count as bigint) as failure_count,
        cast(open_failure_count as bigint) as open_failure_count,
        failure_count = 0 as is_censored,
        case
            when not has_states then 'not available: no machine states from this source'
            when planned_busy_ms = unknown_ms then 'not available: no state is known in planned busy time'
            when failure_count = 0 then 'lower bound: no failure in the period'
            when open_failure_count > 0 then 'the last failure is not yet restored'
            when unknown_ms > 0 then 'partly unknown: the machine was silent part of the time'
            else 'known'
        end as reliability_status
    from sums
),

final as (
    select *,
        {{ ratio('time_between_failures_seconds', '3600 * (failure_count + 1)') }} as iso_mtbf_hours,
        {{ ratio('time_to_failure_seconds', '3600 * (failure_count + 1)') }} as iso_mttf_hours,
        case when failure_count > 0 then {{ ratio('time_to_restoration_seconds', '3600 * (failure_count + 1)') }} end
            as iso_mttr_hours,
        {{ ratio('time_between_failures_seconds', '3600 * failure_count') }} as mtbf_hours,
        {{ ratio('time_to_failure_seconds', '3600 * failure_count') }} as mttf_hours,
        {{ ratio('time_to_restoration_seconds', '3600 * failure_count') }} as mttr_hours
    from components
)

select * from final
