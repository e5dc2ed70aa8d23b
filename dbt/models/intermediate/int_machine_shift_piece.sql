-- Pieces of each machine-shift by order and operation, with their standard time.
-- One row per machine-shift × order × operation × routing version × order_source. Each kind of piece (good, scrap,
-- rework) is counted by the machine where it has a counter for it, else taken from confirmations. standard_*_seconds is
-- null where no routing standard is known for pieces that were made. standard_version_id names the versions it would
-- come from, several where they became valid together.
with

signals as (select * from {{ ref('int_work_unit_signal') }}),

work_units as (select company_id, work_unit_id, work_center_id from {{ ref('stg_work_unit') }}),

counted as (
    select pieces.company_id, pieces.plant_id, pieces.work_unit_id, pieces.production_date, pieces.shift_id,
        pieces.order_id, pieces.operation_no, cast(null as varchar) as routing_version_id, pieces.order_source,
        case
            when signals.has_good_counter then coalesce(pieces.good_qty, 0)
            when signals.has_total_counter
                then coalesce(pieces.total_qty, 0) - coalesce(pieces.scrap_qty, 0) - coalesce(pieces.rework_qty, 0)
            else 0
        end as good_qty,
        case
            when signals.has_scrap_counter then coalesce(pieces.scrap_qty, 0)
            when signals.has_total_counter and signals.has_good_counter
                then coalesce(pieces.total_qty, 0) - coalesce(pieces.good_qty, 0) - coalesce(pieces.rework_qty, 0)
            else 0
        end as scrap_qty,
        coalesce(pieces.rework_qty, 0) as rework_qty
    from {{ ref('int_counter_piece') }} as pieces
    inner join signals using (company_id, work_unit_id)
),

-- The kinds of piece a machine does not count. A bare total holds scrap and rework as well, so what is confirmed of
-- them is not good.
confirmed as (
    select shares.company_id, shares.plant_id, shares.work_unit_id, shares.production_date, shares.shift_id,
        shares.order_id, shares.operation_no, shares.routing_version_id, 'confirmation' as order_source,
        sum(
            case
                when not signals.counts_good then shares.good_qty
                when signals.has_good_counter then 0
                when signals.has_scrap_counter and signals.has_rework_counter then 0
                when signals.has_scrap_counter then -shares.rework_qty
                when signals.has_rework_counter then -shares.scrap_qty
                else -shares.scrap_qty - shares.rework_qty
            end
        ) as good_qty,
        sum(case when signals.counts_scrap then 0 else shares.scrap_qty end) as scrap_qty,
        sum(case when signals.has_rework_counter then 0 else shares.rework_qty end) as rework_qty
    from {{ ref('int_confirmation_share') }} as shares
    inner join signals using (company_id, work_unit_id)
    where shares.shift_id is not null
    group by all
    having good_qty <> 0 or scrap_qty <> 0 or rework_qty <> 0
),

counted_or_confirmed as (
    select * from counted
    union all
    select * from confirmed
),

pieces as (
    select *, good_qty + scrap_qty + rework_qty as produced_qty from counted_or_confirmed
),

-- An operation nobody named is the order's only one planned on this machine, else on its work center.
candidates as (
    select operations.company_id, operations.order_id, operations.operation_no, work_units.work_unit_id,
        true as is_on_this_unit
    from {{ ref('stg_order_operation') }} as operations
    inner join work_units using (company_id, work_unit_id)
    union all
    select operations.company_id, operations.order_id, operations.operation_no, work_units.work_unit_id, false
    from {{ ref('stg_order_operation') }} as operations
    inner join work_units using (company_id, work_center_id)
),

planned_operations as (
    select company_id, order_id, work_unit_id,
        case
            when count(*) filter (is_on_this_unit) = 1 then min(operation_no) filter (is_on_this_unit)
            when count(*) filter (is_on_this_unit) = 0 and count(*) = 1 then min(operation_no)
        end as operation_no
    from candidates
    group by all
),

orders as (select * from {{ ref('dim_order') }}),

identified as (
    select pieces.company_id, pieces.plant_id, pieces.work_unit_id, pieces.production_date, pieces.shift_id,
        pieces.order_id, orders.item_id,
        coalesce(pieces.operation_no, planned_operations.operation_no) as operation_no,
        coalesce(pieces.routing_version_id, orders.routing_version_id) as routing_version_id,
        pieces.order_source,
        sum(pieces.produced_qty) as produced_qty,
        sum(pieces.good_qty) as good_qty,
        sum(pieces.scrap_qty) as scrap_qty,
        sum(pieces.rework_qty) as rework_qty
    from pieces
    left join planned_operations using (company_id, order_id, work_unit_id)
    left join orders using (company_id, order_id)
    group by all
),

-- The version that was used, else the one that became valid last. Versions that became valid together and differ leave
-- the standard open: nobody can say which one was meant.
valid_standards as (
    select identified.company_id, identified.item_id, identified.plant_id, identified.operation_no,
        identified.routing_version_id, identified.production_date,
        routings.version_id, routings.run_seconds_per_unit, routings.base_qty
    from (
        select distinct company_id, item_id, plant_id, operation_no, routing_version_id, production_date
        from identified
    ) as identified
    inner join {{ ref('int_routing_standard') }} as routings
        on identified.company_id = routings.company_id
        and identified.item_id = routings.item_id
        and identified.plant_id = routings.plant_id
        and identified.operation_no = routings.operation_no
        and case
            when identified.routing_version_id is not null then identified.routing_version_id = routings.version_id
            else identified.production_date >= routings.valid_from and identified.production_date < routings.valid_to
        end
    where routings.run_seconds_per_unit is not null
    qualify rank() over (
        partition by identified.company_id, identified.item_id, identified.plant_id, identified.operation_no,
            identified.routing_version_id, identified.production_date
        order by routings.valid_from desc
    ) = 1
),

standards as (
    select company_id, item_id, plant_id, operation_no, production_date,
        coalesce(routing_version_id, '') as version_key,
        string_agg(distinct version_id, ', ' order by version_id) as version_ids,
        min(run_seconds_per_unit) = max(run_seconds_per_unit) and min(base_qty) = max(base_qty) as agree,
        case when agree then min(run_seconds_per_unit) end as run_seconds_per_unit,
        case when agree then min(base_qty) end as base_qty
    from valid_standards
    group by all
),

final as (
    select identified.*, standards.run_seconds_per_unit, standards.base_qty,
        coalesce(identified.routing_version_id, standards.version_ids) as standard_version_id
    from identified
    left join standards
        on identified.company_id = standards.company_id
        and identified.item_id = standards.item_id
        and identified.plant_id = standards.plant_id
        and identified.operation_no = standards.operation_no
        and identified.production_date = standards.production_date
        and coalesce(identified.routing_version_id, '') = standards.version_key
)

select company_id, plant_id, work_unit_id, production_date, shift_id, order_id, item_id, operation_no,
    routing_version_id, standard_version_id, order_source, run_seconds_per_unit, base_qty,
    {{ quantity('produced_qty') }} as produced_qty,
    {{ quantity('good_qty') }} as good_qty,
    {{ quantity('scrap_qty') }} as scrap_qty,
    {{ quantity('rework_qty') }} as rework_qty,
    case
        when produced_qty = 0 then 0
        else {{ multiply_divide('produced_qty', 'run_seconds_per_unit', 'base_qty', 3) }}
    end as standard_produced_seconds,
    case
        when good_qty = 0 then 0
        else {{ multiply_divide('good_qty', 'run_seconds_per_unit', 'base_qty', 3) }}
    end as standard_good_seconds
from final
