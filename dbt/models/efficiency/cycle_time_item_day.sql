-- How long a piece took against its standard: pieces of each item and operation by ratio of cycle time to standard.
-- Buckets are declared below; every piece counted while a machine produced is in exactly one. A bucket is made of steps
-- 2.2 % wide, each placed whole by its mean, so a piece beside an edge may stand on its other side; counts and sums are
-- exact.
-- How counters are read limits what is seen: read every p seconds, a cycle is known to p seconds only, and where
-- several pieces fall between two readings each is taken to last their mean. resolution_status says so.
{% set edges = ['0.5', '0.75', '0.9', '0.95', '1', '1.05', '1.1', '1.25', '1.5', '2', '3', '5'] %}
{% set without_standard = edges | length + 2 %}
with

cycles as (select * from {{ ref('int_cycle_time') }}),

orders as (select company_id, order_id, item_id from {{ ref('dim_order') }}),

-- What the pieces of a machine, day and operation were measured against; two standards on one day leave it open.
operations as (
    select company_id, work_unit_id, production_date, order_id, operation_no,
        min(run_seconds_per_unit) as run_seconds_per_unit, min(base_qty) as base_qty
    from {{ ref('int_machine_shift_piece') }}
    where order_id is not null and operation_no is not null
    group by all
    having min(run_seconds_per_unit) = max(run_seconds_per_unit) and min(base_qty) = max(base_qty)
),

only_operations as (
    select company_id, work_unit_id, production_date, order_id, min(operation_no) as operation_no
    from operations
    group by all
    having count(*) = 1
),

-- What each machine, day and order is measured against, before its many steps are looked at.
standards as (
    select made.company_id, made.work_unit_id, made.production_date, made.order_id, made.operation_no,
        coalesce(orders.item_id, 'none') as item_id,
        coalesce(made.operation_no, only_operations.operation_no, -1) as known_operation_no,
        operations.run_seconds_per_unit, operations.base_qty,
        1000.0 * cast(operations.run_seconds_per_unit as double) / cast(operations.base_qty as double) as standard_ms
    from (select distinct company_id, work_unit_id, production_date, order_id, operation_no from cycles) as made
    left join orders using (company_id, order_id)
    left join only_operations using (company_id, work_unit_id, production_date, order_id)
    left join operations
        on made.company_id = operations.company_id
        and made.work_unit_id = operations.work_unit_id
        and made.production_date = operations.production_date
        and made.order_id = operations.order_id
        and coalesce(made.operation_no, only_operations.operation_no) = operations.operation_no
),

placed as (
    select cycles.company_id, cycles.plant_id, standards.item_id, standards.known_operation_no as operation_no,
        cycles.production_date, standards.run_seconds_per_unit, standards.base_qty,
        cycles.reading_count, cycles.piece_qty, cycles.elapsed_ms, cycles.piece_ms_square, cycles.step,
        cycles.elapsed_ms / nullif(cast(cycles.piece_qty as double) * standards.standard_ms, 0) as cycle_ratio
    from cycles
    inner join standards
        on cycles.company_id = standards.company_id
        and cycles.work_unit_id = standards.work_unit_id
        and cycles.production_date = standards.production_date
        and cycles.order_id is not distinct from standards.order_id
        and cycles.operation_no is not distinct from standards.operation_no
),

-- Exact quotients are taken once a bucket and standard, not once a step: that would cost ten times as much.
summed as (
    select company_id, plant_id, item_id, operation_no, production_date, run_seconds_per_unit, base_qty,
        case
            when step is null then 0
            when cycle_ratio is null then {{ without_standard }}
            {% for edge in edges %}
            when cycle_ratio < {{ edge }} then {{ loop.index }}
            {% endfor %}
            else {{ edges | length + 1 }}
        end as bucket_no,
        sum(reading_count) as reading_count, sum(piece_qty) as piece_qty, sum(elapsed_ms) as elapsed_ms,
        sum(piece_ms_square) as piece_ms_square
    from placed
    group by all
),

sums as (
    select company_id, plant_id, item_id, operation_no, production_date, bucket_no,
        cast(sum(reading_count) as bigint) as reading_count,
        {{ quantity('sum(piece_qty)') }} as piece_qty,
        {{ seconds('sum(elapsed_ms)') }} as cycle_seconds,
        cast({{ quotient('cast(sum(piece_ms_square) as hugeint)', '1000000', 6) }} as decimal(38, 6))
            as squared_cycle_seconds,
        cast(sum(
            case
                when bucket_no > 0 then {{ multiply_divide('piece_qty', 'run_seconds_per_unit', 'base_qty', 3) }}
            end
        ) as decimal(18, 3)) as standard_seconds
    from summed
    group by all
),

day_sums as (
    select *,
        sum(piece_qty) filter (bucket_no > 0) over of_the_day as timed_qty,
        sum(reading_count) filter (bucket_no > 0) over of_the_day as timed_readings
    from sums
    window of_the_day as (partition by company_id, plant_id, item_id, operation_no, production_date)
),

final as (
    select company_id, plant_id, item_id, operation_no, production_date, cast(bucket_no as bigint) as bucket_no,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
        case bucket_no
            when 0 then 'not timed'
            when 1 then 'under {{ edges[0] }}'
            {% for edge in edges[1:] %}
            when {{ loop.index + 1 }} then '{{ edges[loop.index - 1] }} to {{ edge }}'
            {% endfor %}
            when {{ edges | length + 1 }} then '{{ edges[-1] }} and over'
            else 'no standard'
        end as cycle_bucket,
        case bucket_no
            when 1 then 0
            {% for edge in edges %}
            when {{ loop.index + 1 }} then {{ edge }}
            {% endfor %}
        end::double as from_ratio,
        case bucket_no
            {% for edge in edges %}
            when {{ loop.index }} then {{ edge }}
            {% endfor %}
        end::double as to_ratio,
        reading_count, piece_qty, cycle_seconds, squared_cycle_seconds, standard_seconds,
        case
            when timed_readings is null then 'not available: no cycle lay whole within one spell of production'
            when timed_qty > 1.5 * timed_readings then 'not resolved: readings are further apart than cycles'
            when timed_qty > 1.05 * timed_readings then 'partly resolved: some readings cover several pieces'
            else 'single cycles'
        end as resolution_status
    from day_sums
)

select *, {{ ratio('cycle_seconds', 'standard_seconds') }} as cycle_to_standard_ratio from final
