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

identified as (
    select cycles.* exclude (operation_no), orders.item_id,
        coalesce(cycles.operation_no, only_operations.operation_no) as operation_no
    from cycles
    left join orders using (company_id, order_id)
    left join only_operations using (company_id, work_unit_id, production_date, order_id)
),

against_standard as (
    select identified.*,
        case
            when identified.step is not null
                then {{ multiply_divide('identified.piece_qty', 'operations.run_seconds_per_unit',
                    'operations.base_qty', 3) }}
        end as standard_seconds,
        cast(identified.elapsed_ms as double) * cast(operations.base_qty as double)
        / nullif(
            1000.0 * cast(identified.piece_qty as double) * cast(operations.run_seconds_per_unit as double), 0
        ) as cycle_ratio
    from identified
    left join operations using (company_id, work_unit_id, production_date, order_id, operation_no)
),

placed as (
    select *,
        case
            when step is null then 0
            when cycle_ratio is null then {{ without_standard }}
            {% for edge in edges %}
            when cycle_ratio < {{ edge }} then {{ loop.index }}
            {% endfor %}
            else {{ edges | length + 1 }}
        end as bucket_no
    from against_standard
),

sums as (
    select company_id, plant_id, coalesce(item_id, 'none') as item_id, coalesce(operation_no, -1) as operation_no,
        production_date, bucket_no,
        cast(sum(reading_count) as bigint) as reading_count,
        {{ quantity('sum(piece_qty)') }} as piece_qty,
        {{ seconds('sum(elapsed_ms)') }} as cycle_seconds,
        cast({{ quotient('sum(cast(piece_ms_square as hugeint))', '1000000', 6) }} as decimal(38, 6))
            as squared_cycle_seconds,
        cast(sum(standard_seconds) as decimal(18, 3)) as standard_seconds
    from placed
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
