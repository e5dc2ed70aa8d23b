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
    select segments.*, numbers.unit_no,
        cast(row_number() over (
            order by numbers.unit_no, segments.production_date, segments.shift_id, segments.start_ms
        ) as integer) as segment_no
    from {{ ref('int_plan_segment') }} as segments
    inner join {{ ref('int_work_unit_number') }} as numbers using (company_id, work_unit_id)
    {% if not full_history() %} where segments.production_date in {{ affected_production_dates() }} {% endif %}
),

reach as (
    select unit_no, min(start_ms) as first_ms, max(end_ms) as last_ms from segments
    group by all
),

intervals as (
    select intervals.* replace (greatest(start_ms, first_ms) as start_ms, least(end_ms, last_ms) as end_ms)
    from {{ ref('int_state_interval') }} as intervals
    inner join reach using (unit_no)
    where start_ms < last_ms and end_ms > first_ms
),

segment_hours as (
    select unit_no, segment_no, start_ms, end_ms, {{ each_hour('start_ms', 'end_ms') }} as epoch_hour from segments
),

interval_hours as (
    select *, {{ each_hour('start_ms', 'end_ms') }} as epoch_hour from intervals
),

-- A segment and an interval meet in every hour they share; the slice is taken in the hour in which it begins.
heard as (
    select segment_hours.segment_no, interval_hours.state, interval_hours.reason_id, interval_hours.order_id,
        interval_hours.operation_no, interval_hours.event_start_ms, interval_hours.event_end_ms,
        greatest(segment_hours.start_ms, interval_hours.start_ms) as start_ms,
        least(segment_hours.end_ms, interval_hours.end_ms) as end_ms
    from segment_hours
    inner join interval_hours using (unit_no, epoch_hour)
    where segment_hours.start_ms < interval_hours.end_ms and segment_hours.end_ms > interval_hours.start_ms
        and greatest(segment_hours.start_ms, interval_hours.start_ms) // 3600000 = epoch_hour
),

silences as (
    select heard.segment_no,
        lag(heard.end_ms, 1, segments.start_ms) over (
            partition by heard.segment_no order by heard.start_ms
        ) as start_ms,
        heard.start_ms as end_ms
    from heard
    inner join segments using (segment_no)
    union all
    select segments.segment_no, coalesce(max(heard.end_ms), segments.start_ms), segments.end_ms
    from segments
    left join heard using (segment_no)
    group by segments.segment_no, segments.start_ms, segments.end_ms
),

heard_or_silent as (
    select * from heard
    union all by name
    select * from silences
    where end_ms > start_ms
),

placed as (
    select segments.company_id, segments.plant_id, segments.work_unit_id, segments.work_center_id,
        segments.production_date, segments.shift_id, segments.start_ms as segment_start_ms, segments.plan_class,
        slices.state, slices.reason_id,
        {{ order_at_the_time('slices.order_id') }} as order_id,
        case
            when slices.order_id is not null then slices.operation_no
            when segments.is_order_confirmed then segments.confirmed_operation_no
            else segments.scheduled_operation_no
        end as operation_no,
        {{ order_source('slices.order_id') }} as order_source,
        slices.event_start_ms, slices.event_end_ms, slices.start_ms, slices.end_ms
    from heard_or_silent as slices
    inner join segments using (segment_no)
),

final as (
    select *, end_ms - start_ms as duration_ms,
        coalesce(order_source in ('event', 'confirmation'), false) as is_order_registered,
        {{ time_element('plan_class', 'state', 'is_order_registered') }} as time_element
    from placed
)

select * from final
