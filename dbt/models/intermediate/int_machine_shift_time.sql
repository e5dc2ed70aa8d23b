-- The ISO 22400 time elements of each machine-shift in whole milliseconds. One row per machine-shift.
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

segments as (
    select company_id, work_unit_id, production_date, shift_id,
        cast(sum(end_ms - start_ms) as bigint) as calendar_ms,
        cast(sum(end_ms - start_ms) filter (plan_class <> 'not_planned') as bigint) as planned_operation_ms,
        cast(sum(end_ms - start_ms) filter (plan_class = 'busy') as bigint) as planned_busy_ms
    from {{ ref('int_plan_segment') }}
    {% if is_incremental() %} where production_date in {{ affected_production_dates() }} {% endif %}
    group by all
),

slices as (
    select * from {{ ref('int_state_slice') }}
    {% if is_incremental() %} where production_date in {{ affected_production_dates() }} {% endif %}
),

elements as (
    select company_id, work_unit_id, production_date, shift_id, duration_ms,
        case
            when plan_class <> 'busy' then
                case when state in ('producing', 'setup', 'delay') then 'busy_outside_plan' end
            when state = 'producing' then 'production'
            when state = 'setup' then 'setup'
            when state = 'delay' then 'delay'
            when state in ('idle', 'down', 'maintenance', 'off') then
                case when is_order_registered then 'delay' else 'down' end
            else 'unknown'
        end as time_element
    from slices
),

known as (
    select company_id, work_unit_id, production_date, shift_id,
        cast(sum(duration_ms) filter (time_element = 'production') as bigint) as production_ms,
        cast(sum(duration_ms) filter (time_element = 'setup') as bigint) as setup_ms,
        cast(sum(duration_ms) filter (time_element = 'delay') as bigint) as delay_ms,
        cast(sum(duration_ms) filter (time_element = 'down') as bigint) as down_ms,
        cast(sum(duration_ms) filter (time_element = 'busy_outside_plan') as bigint) as busy_outside_plan_ms
    from elements
    group by all
),

final as (
    select segments.company_id, segments.work_unit_id, segments.production_date, segments.shift_id,
        segments.calendar_ms,
        coalesce(segments.planned_operation_ms, 0) as planned_operation_ms,
        coalesce(segments.planned_busy_ms, 0) as planned_busy_ms,
        coalesce(known.production_ms, 0) as production_ms,
        coalesce(known.setup_ms, 0) as setup_ms,
        coalesce(known.delay_ms, 0) as delay_ms,
        coalesce(known.down_ms, 0) as down_ms,
        coalesce(segments.planned_busy_ms, 0) - coalesce(known.production_ms, 0) - coalesce(known.setup_ms, 0)
            - coalesce(known.delay_ms, 0) - coalesce(known.down_ms, 0) as unknown_ms,
        coalesce(known.busy_outside_plan_ms, 0) as busy_outside_plan_ms
    from segments
    left join known using (company_id, work_unit_id, production_date, shift_id)
)

select * from final
