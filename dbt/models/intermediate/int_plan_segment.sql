-- A machine-shift cut wherever its plan or its order changes: at planned stops, at confirmations and where the schedule
-- changes. One row per machine-shift × start_ms; the segments of a machine-shift cover it without gap or overlap.
-- plan_class: busy (planned busy time) · planned_down (breaks, meetings, planned maintenance) · not_planned (holiday,
-- no demand). Where two kinds of stop overlap, not_planned rules. confirmed_*: the order that a confirmation places on
-- the machine at that time; scheduled_*: the one that the ERP plans there; of several, the one begun last.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['stretch'],
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

machine_shifts as (
    select * from {{ ref('int_machine_shift') }}
    {% if not full_history() %} where production_date in {{ affected_production_dates() }} {% endif %}
),

reach as (
    select min(start_at) as first_at, max(end_at) as last_at from machine_shifts
),

stops as (
    select company_id, plant_id, work_unit_id, start_at, end_at, stop_type in ('holiday', 'no_demand') as is_not_planned
    from {{ ref('stg_planned_stop') }}
    where end_at > start_at
        and start_at < (select reach.last_at from reach) and end_at > (select reach.first_at from reach)
),

-- What places an order on a machine for a time; strength orders the claims that cover the same moment.
claims as (
    select company_id, work_unit_id, 'confirmation' as order_source, order_id, operation_no, start_at, end_at,
        (start_at, confirmation_id) as strength
    from {{ ref('stg_confirmation') }}
    where end_at > start_at and work_unit_id is not null and reversal_of is null
        and start_at < (select reach.last_at from reach) and end_at > (select reach.first_at from reach)
    union all
    select company_id, work_unit_id, 'schedule', order_id, operation_no, start_at, end_at, (start_at, order_id)
    from {{ ref('int_order_schedule') }}
    where start_at < (select reach.last_at from reach) and end_at > (select reach.first_at from reach)
),

-- Joined by day: a range join over the whole history would compare every stop with every shift.
shift_days as (
    select *, {{ each_utc_day('start_at', 'end_at') }} as utc_day
    from machine_shifts
),

stop_days as (
    select *, {{ each_utc_day('start_at', 'end_at') }} as utc_day
    from stops
),

claim_days as (
    select *, {{ each_utc_day('start_at', 'end_at') }} as utc_day
    from claims
),

stops_in_shift as (
    select distinct
        shift_days.company_id, shift_days.work_unit_id, shift_days.production_date, shift_days.shift_id,
        greatest({{ milliseconds('stop_days.start_at') }}, shift_days.start_ms) as start_ms,
        least({{ milliseconds('stop_days.end_at') }}, shift_days.end_ms) as end_ms,
        stop_days.is_not_planned
    from shift_days
    inner join stop_days
        on shift_days.company_id = stop_days.company_id
        and shift_days.plant_id = stop_days.plant_id
        and shift_days.utc_day = stop_days.utc_day
        and (stop_days.work_unit_id is null or stop_days.work_unit_id = shift_days.work_unit_id)
    where {{ milliseconds('stop_days.start_at') }} < shift_days.end_ms
        and {{ milliseconds('stop_days.end_at') }} > shift_days.start_ms
),

claims_in_shift as (
    select distinct
        shift_days.company_id, shift_days.work_unit_id, shift_days.production_date, shift_days.shift_id,
        greatest({{ milliseconds('claim_days.start_at') }}, shift_days.start_ms) as start_ms,
        least({{ milliseconds('claim_days.end_at') }}, shift_days.end_ms) as end_ms,
        claim_days.order_source, claim_days.order_id, claim_days.operation_no, claim_days.strength
    from shift_days
    inner join claim_days
        on shift_days.company_id = claim_days.company_id
        and shift_days.work_unit_id = claim_days.work_unit_id
        and shift_days.utc_day = claim_days.utc_day
    where {{ milliseconds('claim_days.start_at') }} < shift_days.end_ms
        and {{ milliseconds('claim_days.end_at') }} > shift_days.start_ms
),

boundaries as (
    select company_id, work_unit_id, production_date, shift_id, start_ms as at_ms from machine_shifts
    union
    select company_id, work_unit_id, production_date, shift_id, unnest([start_ms, end_ms]) from stops_in_shift
    union
    select company_id, work_unit_id, production_date, shift_id, unnest([start_ms, end_ms]) from claims_in_shift
),

segments as (
    select machine_shifts.*, boundaries.at_ms as segment_start_ms,
        lead(boundaries.at_ms, 1, machine_shifts.end_ms) over (
            partition by machine_shifts.company_id, machine_shifts.work_unit_id, machine_shifts.production_date,
                machine_shifts.shift_id
            order by boundaries.at_ms
        ) as segment_end_ms
    from machine_shifts
    inner join boundaries using (company_id, work_unit_id, production_date, shift_id)
),

stop_of_segment as (
    select segments.company_id, segments.work_unit_id, segments.production_date, segments.shift_id,
        segments.segment_start_ms, bool_or(stops_in_shift.is_not_planned) as is_not_planned
    from segments
    inner join stops_in_shift using (company_id, work_unit_id, production_date, shift_id)
    where stops_in_shift.start_ms <= segments.segment_start_ms and stops_in_shift.end_ms > segments.segment_start_ms
    group by all
),

order_of_segment as (
    select segments.company_id, segments.work_unit_id, segments.production_date, segments.shift_id,
        segments.segment_start_ms,
        arg_max(
            struct_pack(order_id := claims_in_shift.order_id, operation_no := claims_in_shift.operation_no),
            claims_in_shift.strength
        ) filter (claims_in_shift.order_source = 'confirmation') as confirmed,
        arg_max(
            struct_pack(order_id := claims_in_shift.order_id, operation_no := claims_in_shift.operation_no),
            claims_in_shift.strength
        ) filter (claims_in_shift.order_source = 'schedule') as scheduled
    from segments
    inner join claims_in_shift using (company_id, work_unit_id, production_date, shift_id)
    where claims_in_shift.start_ms <= segments.segment_start_ms
        and claims_in_shift.end_ms > segments.segment_start_ms
    group by all
),

final as (
    select segments.company_id, segments.plant_id, segments.work_unit_id, segments.work_center_id,
        segments.production_date, segments.shift_id,
        segments.segment_start_ms as start_ms, segments.segment_end_ms as end_ms, segments.known_until_ms,
        case
            when stop_of_segment.is_not_planned then 'not_planned'
            when stop_of_segment.is_not_planned is not null then 'planned_down'
            else 'busy'
        end as plan_class,
        order_of_segment.confirmed is not null as is_order_confirmed,
        order_of_segment.confirmed.order_id as confirmed_order_id,
        order_of_segment.confirmed.operation_no as confirmed_operation_no,
        order_of_segment.scheduled.order_id as scheduled_order_id,
        order_of_segment.scheduled.operation_no as scheduled_operation_no
    from segments
    left join stop_of_segment using (company_id, work_unit_id, production_date, shift_id, segment_start_ms)
    left join order_of_segment using (company_id, work_unit_id, production_date, shift_id, segment_start_ms)
    where segments.segment_end_ms > segments.segment_start_ms
)

select * from final
