-- Cycle times as counted: pieces of each machine, order and day by the time one of them took, on a fine scale.
-- One row per work unit × production date × order × operation × step; a step is a 32nd of a doubling, 2.2 % wide.
-- Step null holds pieces whose cycle began before a stop, a change of order or a border of the plan: not timed.
-- A cycle is the time from one rise of the unit's counters to the next, both within one unbroken state of producing,
-- divided by the pieces that the rise counted. It does not depend on routings, so a standard may be corrected later.
-- A machine that counts its total on a day is timed by that; else by good, scrap and rework together.
-- Measured: 10 million readings of one day take 11 CPU seconds, 5 of them to find what each reading adds. Slice and
-- moment are one number because sorting by texts takes three times as long.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['stretch'],
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

productive_slices as (
    select row_number() over () as slice_no, company_id, plant_id, work_unit_id, production_date, order_id,
        operation_no, start_ms, end_ms
    from {{ ref('int_state_slice') }}
    where state = 'producing'
    {% if not full_history() %} and production_date in {{ affected_production_dates() }} {% endif %}
),

counts_total as (
    select distinct company_id, work_unit_id, event_date from {{ ref('int_counter_day_edge') }}
    where counter = 'total'
),

slice_hours as (
    select slices.slice_no, numbers.unit_no, slices.start_ms, slices.end_ms, slices.epoch_hour,
        counts_total.event_date is not null as is_total
    from (select *, {{ each_hour('start_ms', 'end_ms') }} as epoch_hour from productive_slices) as slices
    inner join {{ ref('int_work_unit_number') }} as numbers using (company_id, work_unit_id)
    left join counts_total
        on slices.company_id = counts_total.company_id
        and slices.work_unit_id = counts_total.work_unit_id
        and date '1970-01-01' + cast(slices.epoch_hour // 24 as integer) = counts_total.event_date
),

rises as (
    select unit_no, counter, occurred_ms, occurred_ms // 3600000 as epoch_hour, order_id,
        cast(increment_qty * 1000000 as bigint) as micro_qty
    from {{ ref('int_counter_increment') }}
    where increment_qty > 0
),

-- One number tells the slice and the moment in it: slices begin less than 24 days before they end.
placed as (
    select slice_hours.slice_no * 2147483648 + rises.occurred_ms - slice_hours.start_ms as moment,
        sum(rises.micro_qty) as micro_qty, any_value(rises.order_id) as order_id
    from rises
    inner join slice_hours
        on rises.unit_no = slice_hours.unit_no
        and rises.epoch_hour = slice_hours.epoch_hour
        and (rises.counter = 'total') = slice_hours.is_total
    where rises.occurred_ms >= slice_hours.start_ms and rises.occurred_ms < slice_hours.end_ms
    group by moment
),

timed as (
    select moment // 2147483648 as slice_no, order_id, cast(micro_qty as bigint) as micro_qty,
        moment - lag(moment) over (order by moment) as elapsed_ms,
        lag(moment // 2147483648) over (order by moment) as slice_before
    from placed
),

cycles as (
    select slice_no, order_id, micro_qty,
        case when slice_before = slice_no then elapsed_ms end as elapsed_ms,
        -- Whole milliseconds a piece, rounded half up.
        case
            when slice_before = slice_no then (elapsed_ms * 2000000 + micro_qty) // (2 * micro_qty)
        end as piece_ms
    from timed
),

stepped as (
    select slice_no, order_id,
        case when piece_ms is not null then cast(floor(log2(greatest(piece_ms, 1)) * 32) as integer) end as step,
        count(*) as reading_count, sum(micro_qty) as micro_qty, sum(elapsed_ms) as elapsed_ms,
        sum(cast(piece_ms * piece_ms as hugeint) * micro_qty) as square
    from cycles
    group by all
),

final as (
    select slices.company_id, slices.plant_id, slices.work_unit_id, slices.production_date,
        coalesce(stepped.order_id, slices.order_id) as order_id,
        case when stepped.order_id is null or stepped.order_id = slices.order_id then slices.operation_no end
            as operation_no,
        stepped.step,
        cast(sum(stepped.reading_count) as bigint) as reading_count,
        {{ quantity('sum(stepped.micro_qty) * 0.000001') }} as piece_qty,
        cast(sum(stepped.elapsed_ms) as bigint) as elapsed_ms,
        cast(sum(stepped.square) as decimal(38, 0)) as piece_ms_square
    from stepped
    inner join productive_slices as slices using (slice_no)
    group by all
)

select * from final
