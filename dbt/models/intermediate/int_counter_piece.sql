-- Counted pieces by machine-shift, order and operation. One row per machine-shift × order × operation × order_source.
-- The order is the reading's own, else the one a confirmation places on the machine at that moment, else the one
-- scheduled there.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['stretch'],
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

segments as (
    select * from {{ ref('int_plan_segment') }}
    {% if not full_history() %} where production_date in {{ affected_production_dates() }} {% endif %}
),

numbered as (
    select segments.*, numbers.unit_no
    from segments
    inner join {{ ref('int_work_unit_number') }} as numbers using (company_id, work_unit_id)
),

segment_hours as (
    select unit_no, start_ms, end_ms, {{ each_hour('start_ms', 'end_ms') }} as epoch_hour from numbered
),

increments as (select *, occurred_ms // 3600000 as epoch_hour from {{ ref('int_counter_increment') }}),

-- Summed by segment before anything is said of orders: few groups of numbers instead of many of texts.
counted as (
    select segment_hours.unit_no, segment_hours.start_ms, increments.order_id, increments.counter,
        sum(increments.increment_qty) as counted_qty,
        count(*) filter (increments.fall = 'reset') as reset_count,
        count(*) filter (increments.fall = 'roll_over') as roll_over_count
    from increments
    inner join segment_hours using (unit_no, epoch_hour)
    where increments.occurred_ms >= segment_hours.start_ms and increments.occurred_ms < segment_hours.end_ms
    group by all
),

placed as (
    select unit_no, start_ms, order_id,
        {% for counter in ['good', 'scrap', 'rework', 'total'] %}
        sum(counted_qty) filter (counter = '{{ counter }}') as {{ counter }}_qty,
        {% endfor %}
        sum(reset_count) as reset_count, sum(roll_over_count) as roll_over_count
    from counted
    group by all
),

final as (
    select segments.company_id, segments.plant_id, segments.work_unit_id, segments.production_date, segments.shift_id,
        {{ order_at_the_time('placed.order_id') }} as order_id,
        case
            when placed.order_id is null and not segments.is_order_confirmed then segments.scheduled_operation_no
            when placed.order_id is null or placed.order_id = segments.confirmed_order_id
                then segments.confirmed_operation_no
        end as operation_no,
        {{ order_source('placed.order_id') }} as order_source,
        {{ quantity('sum(placed.good_qty)') }} as good_qty,
        {{ quantity('sum(placed.scrap_qty)') }} as scrap_qty,
        {{ quantity('sum(placed.rework_qty)') }} as rework_qty,
        {{ quantity('sum(placed.total_qty)') }} as total_qty,
        cast(sum(placed.reset_count) as bigint) as reset_count,
        cast(sum(placed.roll_over_count) as bigint) as roll_over_count
    from placed
    inner join numbered as segments using (unit_no, start_ms)
    group by all
)

select * from final
