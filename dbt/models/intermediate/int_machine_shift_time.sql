-- The ISO 22400 time elements of each machine-shift in whole milliseconds. One row per machine-shift.
-- order_source: what placed orders on the machine during the shift; 'mixed' where several did.
with

final as (
    select company_id, work_unit_id, production_date, shift_id,
        {% for measure in [
            'calendar', 'planned_operation', 'planned_busy', 'production', 'setup', 'delay', 'down', 'unknown',
            'busy_outside_plan', 'order_execution'
        ] %}
        cast(sum({{ measure }}_ms) as bigint) as {{ measure }}_ms,
        {% endfor %}
        case when min(order_source) = max(order_source) then min(order_source) when max(order_source) is not null then
            'mixed'
        end as order_source
    from {{ ref('int_machine_shift_order_time') }}
    group by all
)

select * from final
