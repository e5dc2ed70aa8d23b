-- Machine states cut at the borders of plan segments: who did what, when, under which plan, on which order.
-- One row per machine-shift × plan segment × state interval. The slices of a machine-shift cover it without gap or
-- overlap: time that no event covers has no state, and is unknown inside planned busy time.
-- Joined by hour: measured, a hash join on hours stays linear where a range join does not.
-- order_source says who places the order there: the event itself, a confirmation, or the schedule. An order counts as
-- registered only by the first two: a schedule is a plan.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['stretch'],
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

segments as (
    select * from {{ ref('int_plan_segment') }}
    {% if not full_history() %} where production_date in {{ affected_production_dates() }} {% endif %}
),

reach as (
    select company_id, work_unit_id, min(start_ms) as first_ms, max(end_ms) as last_ms from segments
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
        segment_hours.company_id, segment_hours.plant_id, segment_hours.work_unit_id, segment_hours.work_center_id,
        segment_hours.production_date, segment_hours.shift_id, segment_hours.start_ms as segment_start_ms,
        segment_hours.plan_class, interval_hours.state, interval_hours.reason_id,
        coalesce(
            interval_hours.order_id, segment_hours.confirmed_order_id, segment_hours.scheduled_order_id
        ) as order_id,
        case
            when interval_hours.order_id is not null then interval_hours.operation_no
            when segment_hours.is_order_confirmed then segment_hours.confirmed_operation_no
            else segment_hours.scheduled_operation_no
        end as operation_no,
        case
            when interval_hours.order_id is not null then 'event'
            when segment_hours.is_order_confirmed then 'confirmation'
            when segment_hours.scheduled_order_id is not null then 'schedule'
        end as order_source,
        interval_hours.event_start_ms, interval_hours.event_end_ms, interval_hours.start_ms as interval_start_ms,
        greatest(segment_hours.start_ms, interval_hours.start_ms, segment_hours.epoch_hour * 3600000) as start_ms,
        least(segment_hours.end_ms, interval_hours.end_ms, (segment_hours.epoch_hour + 1) * 3600000) as end_ms
    from segment_hours
    inner join interval_hours using (company_id, work_unit_id, epoch_hour)
    where segment_hours.start_ms < interval_hours.end_ms and segment_hours.end_ms > interval_hours.start_ms
),

heard as (
    select * exclude (start_ms, end_ms), min(start_ms) as start_ms, max(end_ms) as end_ms
    from parts
    where end_ms > start_ms
    group by all
),

last_heard as (
    select company_id, work_unit_id, production_date, shift_id, segment_start_ms, max(end_ms) as heard_until_ms
    from heard
    group by all
),

silences as (
    select company_id, work_unit_id, production_date, shift_id, segment_start_ms,
        lag(end_ms, 1, segment_start_ms) over (
            partition by company_id, work_unit_id, production_date, shift_id, segment_start_ms order by start_ms
        ) as start_ms,
        start_ms as end_ms
    from heard
    union all
    select segments.company_id, segments.work_unit_id, segments.production_date, segments.shift_id, segments.start_ms,
        coalesce(last_heard.heard_until_ms, segments.start_ms), segments.end_ms
    from segments
    left join last_heard
        on segments.company_id = last_heard.company_id
        and segments.work_unit_id = last_heard.work_unit_id
        and segments.production_date = last_heard.production_date
        and segments.shift_id = last_heard.shift_id
        and segments.start_ms = last_heard.segment_start_ms
),

silent as (
    select segments.company_id, segments.plant_id, segments.work_unit_id, segments.work_center_id,
        segments.production_date, segments.shift_id, segments.start_ms as segment_start_ms, segments.plan_class,
        coalesce(segments.confirmed_order_id, segments.scheduled_order_id) as order_id,
        case
            when segments.is_order_confirmed then segments.confirmed_operation_no
            else segments.scheduled_operation_no
        end as operation_no,
        case
            when segments.is_order_confirmed then 'confirmation'
            when segments.scheduled_order_id is not null then 'schedule'
        end as order_source,
        silences.start_ms, silences.end_ms
    from silences
    inner join segments
        on silences.company_id = segments.company_id
        and silences.work_unit_id = segments.work_unit_id
        and silences.production_date = segments.production_date
        and silences.shift_id = segments.shift_id
        and silences.segment_start_ms = segments.start_ms
    where silences.end_ms > silences.start_ms
),

heard_or_silent as (
    select * exclude (interval_start_ms) from heard
    union all by name
    select * from silent
),

final as (
    select *, end_ms - start_ms as duration_ms,
        coalesce(order_source in ('event', 'confirmation'), false) as is_order_registered,
        {{ time_element('plan_class', 'state', "coalesce(order_source in ('event', 'confirmation'), false)") }}
            as time_element
    from heard_or_silent
)

select * from final
