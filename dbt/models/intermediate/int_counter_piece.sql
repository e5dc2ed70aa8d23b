-- Counted pieces by machine-shift, order and operation. One row per machine-shift × order × operation.
-- The order is the reading's own, else the one a confirmation places on the machine at that moment.
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

segments as (
    select * from {{ ref('int_plan_segment') }}
    {% if is_incremental() %} where production_date in {{ affected_production_dates() }} {% endif %}
),

segment_hours as (
    select *, {{ each_hour('start_ms', 'end_ms') }} as epoch_hour from segments
),

increments as (select *, occurred_ms // 3600000 as epoch_hour from {{ ref('int_counter_increment') }}),

placed as (
    select
        segment_hours.company_id, segment_hours.plant_id, segment_hours.work_unit_id, segment_hours.production_date,
        segment_hours.shift_id, increments.counter, increments.increment_qty,
        coalesce(increments.order_id, segment_hours.confirmed_order_id) as order_id,
        case
            when increments.order_id is null or increments.order_id = segment_hours.confirmed_order_id
                then segment_hours.confirmed_operation_no
        end as operation_no
    from increments
    inner join segment_hours using (company_id, work_unit_id, epoch_hour)
    where increments.occurred_ms >= segment_hours.start_ms and increments.occurred_ms < segment_hours.end_ms
),

final as (
    select company_id, plant_id, work_unit_id, production_date, shift_id, order_id, operation_no,
        {{ quantity("sum(increment_qty) filter (counter = 'good')") }} as good_qty,
        {{ quantity("sum(increment_qty) filter (counter = 'scrap')") }} as scrap_qty,
        {{ quantity("sum(increment_qty) filter (counter = 'rework')") }} as rework_qty,
        {{ quantity("sum(increment_qty) filter (counter = 'total')") }} as total_qty
    from placed
    group by all
)

select * from final
