-- Machine states cut at the borders of plan segments: who did what, when, under which plan, on which order.
-- One row per machine-shift × plan segment × state interval; slices never overlap. Time no event covers is absent here
-- and counts as unknown. Joined by hour: measured, a hash join on hours stays linear where a range join does not.
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

segments as (
    select * from {{ ref('int_plan_segment') }}
    {% if is_incremental() %} where production_date in {{ affected_production_dates() }} {% endif %}
),

reach as (
    select company_id, work_unit_id, min(start_ms) as first_ms, least(max(end_ms), max(known_until_ms)) as last_ms
    from segments
    group by all
),

intervals as (
    select intervals.* replace (greatest(start_ms, first_ms) as start_ms, least(end_ms, last_ms) as end_ms)
    from {{ ref('int_state_interval') }} as intervals
    inner join reach using (company_id, work_unit_id)
    where start_ms < last_ms and end_ms > first_ms
),

segment_hours as (
    select *, {{ each_hour('start_ms', 'end_ms') }} as epoch_hour from segments
),

interval_hours as (
    select *, {{ each_hour('start_ms', 'end_ms') }} as epoch_hour from intervals
),

-- Each hour contributes its own part, so an interval over many hours is never counted twice.
parts as (
    select
        segment_hours.company_id, segment_hours.plant_id, segment_hours.work_unit_id, segment_hours.production_date,
        segment_hours.shift_id, segment_hours.plan_class, interval_hours.state, interval_hours.reason_id,
        coalesce(interval_hours.order_id, segment_hours.confirmed_order_id) as order_id,
        case
            when interval_hours.order_id is null then segment_hours.confirmed_operation_no
            else interval_hours.operation_no
        end as operation_no,
        interval_hours.order_id is not null or segment_hours.is_order_confirmed as is_order_registered,
        segment_hours.start_ms as segment_start_ms, interval_hours.start_ms as interval_start_ms,
        greatest(segment_hours.start_ms, interval_hours.start_ms, segment_hours.epoch_hour * 3600000) as start_ms,
        least(segment_hours.end_ms, interval_hours.end_ms, (segment_hours.epoch_hour + 1) * 3600000) as end_ms
    from segment_hours
    inner join interval_hours using (company_id, work_unit_id, epoch_hour)
    where segment_hours.start_ms < interval_hours.end_ms and segment_hours.end_ms > interval_hours.start_ms
),

final as (
    select company_id, plant_id, work_unit_id, production_date, shift_id, plan_class, state, reason_id, order_id,
        operation_no, is_order_registered,
        min(start_ms) as start_ms, max(end_ms) as end_ms, cast(sum(end_ms - start_ms) as bigint) as duration_ms
    from parts
    where end_ms > start_ms
    group by company_id, plant_id, work_unit_id, production_date, shift_id, plan_class, state, reason_id, order_id,
        operation_no, is_order_registered, segment_start_ms, interval_start_ms
)

select * from final
