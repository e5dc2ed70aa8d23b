-- A machine-shift cut wherever its plan or its registered order changes: at planned stops and at confirmations.
-- One row per machine-shift × start_ms; the segments of a machine-shift cover it without gap or overlap.
-- plan_class: busy (planned busy time) · planned_down (breaks, meetings, planned maintenance) · not_planned (holiday,
-- no demand). Where two kinds of stop overlap, not_planned rules. confirmed_order_id: the order that a confirmation
-- places on the machine at that time, the one begun last where several do.
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

machine_shifts as (
    select * from {{ ref('int_machine_shift') }}
    {% if is_incremental() %} where production_date in {{ affected_production_dates() }} {% endif %}
),

planned_stops as (
    select * from {{ ref('stg_planned_stop') }}
    where end_at > start_at
),

confirmations as (
    select * from {{ ref('stg_confirmation') }}
    where end_at > start_at and work_unit_id is not null and reversal_of is null
),

-- Joined by day: a range join over the whole history would compare every stop with every shift.
shift_days as (
    select *, {{ each_utc_day('start_at', 'end_at') }} as utc_day
    from machine_shifts
),

stop_days as (
    select *, {{ each_utc_day('start_at', 'end_at') }} as utc_day
    from planned_stops
),

confirmation_days as (
    select *, {{ each_utc_day('start_at', 'end_at') }} as utc_day
    from confirmations
),

stops_in_shift as (
    select distinct
        shift_days.company_id, shift_days.work_unit_id, shift_days.production_date, shift_days.shift_id,
        greatest({{ milliseconds('stop_days.start_at') }}, shift_days.start_ms) as start_ms,
        least({{ milliseconds('stop_days.end_at') }}, shift_days.end_ms) as end_ms,
        stop_days.stop_type in ('holiday', 'no_demand') as is_not_planned
    from shift_days
    inner join stop_days
        on shift_days.company_id = stop_days.company_id
        and shift_days.plant_id = stop_days.plant_id
        and shift_days.utc_day = stop_days.utc_day
        and (stop_days.work_unit_id is null or stop_days.work_unit_id = shift_days.work_unit_id)
    where {{ milliseconds('stop_days.start_at') }} < shift_days.end_ms
        and {{ milliseconds('stop_days.end_at') }} > shift_days.start_ms
),

confirmations_in_shift as (
    select distinct
        shift_days.company_id, shift_days.work_unit_id, shift_days.production_date, shift_days.shift_id,
        greatest({{ milliseconds('confirmation_days.start_at') }}, shift_days.start_ms) as start_ms,
        least({{ milliseconds('confirmation_days.end_at') }}, shift_days.end_ms) as end_ms,
        confirmation_days.start_at as confirmed_from, confirmation_days.confirmation_id,
        confirmation_days.order_id, confirmation_days.operation_no
    from shift_days
    inner join confirmation_days
        on shift_days.company_id = confirmation_days.company_id
        and shift_days.work_unit_id = confirmation_days.work_unit_id
        and shift_days.utc_day = confirmation_days.utc_day
    where {{ milliseconds('confirmation_days.start_at') }} < shift_days.end_ms
        and {{ milliseconds('confirmation_days.end_at') }} > shift_days.start_ms
),

boundaries as (
    select company_id, work_unit_id, production_date, shift_id, start_ms as at_ms from machine_shifts
    union
    select company_id, work_unit_id, production_date, shift_id, unnest([start_ms, end_ms]) from stops_in_shift
    union
    select company_id, work_unit_id, production_date, shift_id, unnest([start_ms, end_ms]) from confirmations_in_shift
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
            struct_pack(
                order_id := confirmations_in_shift.order_id, operation_no := confirmations_in_shift.operation_no
            ),
            (confirmations_in_shift.confirmed_from, confirmations_in_shift.confirmation_id)
        ) as confirmed
    from segments
    inner join confirmations_in_shift using (company_id, work_unit_id, production_date, shift_id)
    where confirmations_in_shift.start_ms <= segments.segment_start_ms
        and confirmations_in_shift.end_ms > segments.segment_start_ms
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
        order_of_segment.confirmed.operation_no as confirmed_operation_no
    from segments
    left join stop_of_segment using (company_id, work_unit_id, production_date, shift_id, segment_start_ms)
    left join order_of_segment using (company_id, work_unit_id, production_date, shift_id, segment_start_ms)
    where segments.segment_end_ms > segments.segment_start_ms
)

select * from final
