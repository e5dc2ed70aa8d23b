-- Every setup between two spells of production: from which order to which, how long it took and should have taken.
-- A setup belongs to the order that is produced after it, or while nothing is yet, to the order registered during it.
-- It goes on over the ends of shifts and days, and over waiting in between, until the machine produces.
with

setups as (select * from {{ ref('int_setup_run') }}),

edges as (select * from {{ ref('int_production_day_edge') }}),

orders as (select * from {{ ref('dim_order') }}),

routings as (select * from {{ ref('int_setup_standard') }}),

after_earlier_days as (
    select setups.* exclude (produced_until_ms, order_before),
        coalesce(setups.produced_until_ms, edges.last_end_ms) as produced_until_ms,
        case when setups.produced_until_ms is null then edges.last_order else setups.order_before end as order_before
    from setups
    asof left join edges
        on setups.company_id = edges.company_id
        and setups.work_unit_id = edges.work_unit_id
        and setups.start_ms >= edges.last_end_ms
),

-- Parts of several days with nothing produced between them are one setup.
joined as (
    select company_id, plant_id, work_center_id, work_unit_id, produced_until_ms,
        any_value(order_before) as order_before,
        min(production_date) as production_date, arg_min(shift_id, start_ms) as shift_id,
        min(start_ms) as start_ms, max(end_ms) as end_ms,
        sum(setup_ms) as setup_ms, sum(planned_busy_setup_ms) as planned_busy_setup_ms,
        arg_max(order_after, start_ms) as order_after,
        arg_max(setup_order, start_ms) as setup_order
    from after_earlier_days
    group by company_id, plant_id, work_center_id, work_unit_id, produced_until_ms
),

before_later_days as (
    select joined.* exclude (order_after), coalesce(joined.order_after, edges.first_order) as order_after,
        joined.order_after is null and edges.first_order is null as is_open
    from joined
    asof left join edges
        on joined.company_id = edges.company_id
        and joined.work_unit_id = edges.work_unit_id
        and joined.end_ms <= edges.first_start_ms
),

between_orders as (
    select setups.company_id, setups.plant_id, setups.work_center_id, setups.work_unit_id, setups.production_date,
        setups.shift_id, setups.start_ms, setups.end_ms, setups.setup_ms, setups.planned_busy_setup_ms,
        setups.is_open,
        setups.order_before.order_id as from_order_id, from_order.item_id as from_item_id,
        coalesce(setups.order_after.order_id, setups.setup_order.order_id) as to_order_id,
        case
            when setups.order_after.order_id is null
                or setups.order_after.order_id = setups.setup_order.order_id
                then coalesce(setups.order_after.operation_no, setups.setup_order.operation_no)
            else setups.order_after.operation_no
        end as to_operation_no,
        to_order.item_id as to_item_id, to_order.routing_version_id
    from before_later_days as setups
    left join orders as from_order
        on setups.company_id = from_order.company_id and setups.order_before.order_id = from_order.order_id
    left join orders as to_order
        on setups.company_id = to_order.company_id
        and coalesce(setups.order_after.order_id, setups.setup_order.order_id) = to_order.order_id
),

-- The order's routing version, else the one that became valid last. An operation nobody named is the routing's only one
-- at the machine's work center. Where several are left and differ, nobody can say which standard was meant.
valid_standards as (
    select setups.company_id, setups.work_unit_id, setups.start_ms, routings.setup_seconds
    from between_orders as setups
    inner join routings
        on setups.company_id = routings.company_id
        and setups.plant_id = routings.plant_id
        and setups.to_item_id = routings.item_id
        and case
            when setups.to_operation_no is null then setups.work_center_id = routings.work_center_id
            else setups.to_operation_no = routings.operation_no
        end
        and case
            when setups.routing_version_id is not null then setups.routing_version_id = routings.version_id
            else setups.production_date >= routings.valid_from and setups.production_date < routings.valid_to
        end
    qualify rank() over (
        partition by setups.company_id, setups.work_unit_id, setups.start_ms order by routings.valid_from desc
    ) = 1
),

standards as (
    select company_id, work_unit_id, start_ms, min(setup_seconds) as setup_seconds
    from valid_standards
    group by all
    having count(*) = count(setup_seconds) and min(setup_seconds) = max(setup_seconds)
),

compared as (
    select setups.*, standards.setup_seconds as routing_setup_seconds,
        case
            when from_order_id is null or to_order_id is null then 'unknown'
            when from_order_id = to_order_id then 'same order'
            when from_item_id = to_item_id then 'order'
            else 'item'
        end as changeover_kind
    from between_orders as setups
    left join standards using (company_id, work_unit_id, start_ms)
),

final as (
    select company_id, plant_id, work_center_id, work_unit_id,
        make_timestamp_ms(start_ms) as start_at, make_timestamp_ms(end_ms) as end_at,
        production_date, shift_id,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'work_unit_id']) }} as work_unit_key,
        changeover_kind, from_order_id, from_item_id, to_order_id, to_item_id, to_operation_no,
        {{ seconds('end_ms - start_ms') }} as elapsed_seconds,
        {{ seconds('setup_ms') }} as actual_setup_seconds,
        {{ seconds('planned_busy_setup_ms') }} as setup_seconds,
        -- The routing plans one setup an order: there is no standard for a second.
        case when changeover_kind <> 'same order' then cast(routing_setup_seconds as decimal(18, 3)) end
            as standard_setup_seconds,
        case
            when is_open then 'provisional: nothing was produced after it yet'
            when to_order_id is null then 'not available: the order set up for is not known'
            when to_item_id is null then 'not available: the order is not delivered'
            when changeover_kind = 'same order' then 'not available: the routing plans one setup an order'
            when routing_setup_seconds is null then 'not available: no single routing standard'
            else 'known'
        end as changeover_status
    from compared
)

select *,
    cast(actual_setup_seconds - standard_setup_seconds as decimal(18, 3)) as setup_difference_seconds,
    {{ ratio('standard_setup_seconds', 'actual_setup_seconds') }} as setup_standard_ratio
from final
