-- What speed and rejects cost in production time, by the order on the machine. One row per machine-shift × order, only
-- where the machine-shift knows its states and its standards.
-- reduced_speed_ms = production − standard of what was produced; below 0 where the standard is too slow.
-- startup_reject_ms + production_reject_ms = standard of what was produced − standard of what was good, shared out by
-- the confirmed scrap whose reason says that it was made while starting up.
with

known as (
    select * from {{ ref('int_machine_shift_component') }}
    where knows_states and knows_standards
),

times as (
    select company_id, work_unit_id, production_date, shift_id, order_id, sum(production_ms) as production_ms
    from {{ ref('int_machine_shift_order_time') }}
    group by all
),

pieces as (
    select company_id, work_unit_id, production_date, shift_id, order_id,
        {{ scaled('sum(standard_produced_seconds)', 3) }} as standard_produced_ms,
        {{ scaled('sum(standard_good_seconds)', 3) }} as standard_good_ms
    from {{ ref('int_machine_shift_piece') }}
    group by all
),

rejects as (
    select shares.company_id, shares.work_unit_id, shares.production_date, shares.shift_id, shares.order_id,
        {{ scaled("sum(case when reasons.loss_category = 'startup_reject' then shares.scrap_qty else 0 end)") }}
            as startup_units,
        {{ scaled('sum(shares.scrap_qty)') }} as scrap_units
    from {{ ref('int_confirmation_share') }} as shares
    left join {{ ref('stg_reason') }} as reasons using (company_id, reason_id)
    where shares.shift_id is not null
    group by all
),

-- A row with 0 in each is what keeps an order that only one side knows.
sides as (
    select company_id, work_unit_id, production_date, shift_id, order_id, production_ms, 0 as standard_produced_ms,
        0 as standard_good_ms, 0 as startup_units, 0 as scrap_units
    from times
    union all
    select company_id, work_unit_id, production_date, shift_id, order_id, 0, standard_produced_ms, standard_good_ms, 0,
        0
    from pieces
    union all
    select company_id, work_unit_id, production_date, shift_id, order_id, 0, 0, 0, startup_units, scrap_units
    from rejects
),

by_order as (
    select company_id, work_unit_id, production_date, shift_id, order_id,
        cast(sum(production_ms) as bigint) as production_ms,
        cast(sum(standard_produced_ms) as bigint) as standard_produced_ms,
        cast(sum(standard_good_ms) as bigint) as standard_good_ms,
        cast(sum(startup_units) as hugeint) as startup_units,
        cast(sum(scrap_units) as hugeint) as scrap_units
    from sides
    group by all
),

split as (
    select known.company_id, known.plant_id, known.work_center_id, known.work_unit_id, known.production_date,
        known.shift_id, by_order.order_id,
        by_order.production_ms - by_order.standard_produced_ms as reduced_speed_ms,
        by_order.standard_produced_ms - by_order.standard_good_ms as quality_ms,
        case
            when by_order.startup_units between 1 and by_order.scrap_units and quality_ms > 0
                then cast(quality_ms * by_order.startup_units // by_order.scrap_units as bigint)
            else 0
        end as startup_reject_ms
    from by_order
    inner join known using (company_id, work_unit_id, production_date, shift_id)
),

final as (
    select * exclude (quality_ms), quality_ms - startup_reject_ms as production_reject_ms
    from split
    where reduced_speed_ms <> 0 or quality_ms <> 0
)

select * from final
