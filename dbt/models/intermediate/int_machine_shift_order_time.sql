-- The ISO 22400 time elements of each machine-shift in whole milliseconds, by the order on the machine.
-- One row per machine-shift × order × operation × order_source; order_id null is the time without an order.
-- order_execution_ms: time with a registered order, whatever the plan and the state.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['stretch'],
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

slices as (
    select * from {{ ref('int_state_slice') }}
    {% if not full_history() %} where production_date in {{ affected_production_dates() }} {% endif %}
),

final as (
    select company_id, plant_id, work_unit_id, work_center_id, production_date, shift_id, order_id, operation_no,
        order_source,
        cast(sum(duration_ms) as bigint) as calendar_ms,
        cast(sum(case when plan_class <> 'not_planned' then duration_ms else 0 end) as bigint) as planned_operation_ms,
        cast(sum(case when plan_class = 'busy' then duration_ms else 0 end) as bigint) as planned_busy_ms,
        {% for element in ['production', 'setup', 'delay', 'down', 'unknown', 'busy_outside_plan'] %}
        cast(sum(case when time_element = '{{ element }}' then duration_ms else 0 end) as bigint) as {{ element }}_ms,
        {% endfor %}
        cast(sum(case when is_order_registered then duration_ms else 0 end) as bigint)
            as order_execution_ms
    from slices
    group by all
)

select * from final
