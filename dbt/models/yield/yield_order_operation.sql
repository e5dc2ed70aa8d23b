-- What went into each operation of an order and what came out good, day by day.
-- Pieces as confirmed; a confirmation over several shifts counts on the days its pieces were made. operation_no -1
-- holds confirmations that name no operation.
with

confirmations as (select * from {{ ref('fct_confirmation') }}),

orders as (select * from {{ ref('dim_order') }}),

routings as (select * from {{ ref('int_routing_standard') }}),

sums as (
    select confirmations.company_id, confirmations.plant_id, confirmations.order_id,
        coalesce(confirmations.operation_no, -1) as operation_no, confirmations.production_date,
        orders.item_id, orders.routing_version_id,
        sum(good_qty + scrap_qty + rework_qty) as input_qty,
        sum(good_qty) as good_qty,
        sum(scrap_qty) as scrap_qty,
        sum(rework_qty) as rework_qty,
        case when count(first_pass_good_qty) = count(*) then sum(first_pass_good_qty) end as first_pass_good_qty
    from confirmations
    left join orders using (company_id, order_id)
    where confirmations.order_id is not null
    group by all
),

-- The order's routing version, else the one that became valid last; versions that differ leave the plan open.
valid_plans as (
    select sums.company_id, sums.order_id, sums.operation_no, sums.production_date, routings.planned_scrap_ratio
    from sums
    inner join routings
        on sums.company_id = routings.company_id and sums.item_id = routings.item_id
        and sums.plant_id = routings.plant_id and sums.operation_no = routings.operation_no
        and case
            when sums.routing_version_id is not null then routings.version_id = sums.routing_version_id
            else sums.production_date >= routings.valid_from and sums.production_date < routings.valid_to
        end
    qualify rank() over (
        partition by sums.company_id, sums.order_id, sums.operation_no, sums.production_date
        order by routings.valid_from desc
    ) = 1
),

planned as (
    select company_id, order_id, operation_no, production_date, min(planned_scrap_ratio) as planned_scrap_ratio
    from valid_plans
    group by all
    having count(*) = count(planned_scrap_ratio) and min(planned_scrap_ratio) = max(planned_scrap_ratio)
),

components as (
    select sums.company_id, sums.plant_id, sums.order_id, sums.operation_no, sums.production_date, sums.item_id,
        {{ surrogate_key(['sums.company_id', 'sums.order_id']) }} as order_key,
        {{ surrogate_key(['sums.company_id', 'sums.item_id']) }} as item_key,
        {{ surrogate_key(['sums.company_id', 'sums.plant_id']) }} as plant_key,
        {{ quantity('sums.input_qty') }} as input_qty,
        {{ quantity('sums.good_qty') }} as good_qty,
        {{ quantity('sums.scrap_qty') }} as scrap_qty,
        {{ quantity('sums.rework_qty') }} as rework_qty,
        {{ quantity('sums.first_pass_good_qty') }} as first_pass_good_qty,
        {{ quantity(multiply_divide('sums.input_qty', 'planned.planned_scrap_ratio', '1', 6)) }} as planned_scrap_qty
    from sums
    left join planned using (company_id, order_id, operation_no, production_date)
),

final as (
    select *,
        {{ ratio('good_qty', 'input_qty') }} as piece_quality_ratio,
        {{ ratio('scrap_qty', 'input_qty') }} as scrap_ratio,
        {{ ratio('rework_qty', 'input_qty') }} as rework_ratio,
        {{ ratio('first_pass_good_qty', 'input_qty') }} as first_pass_yield_ratio,
        {{ ratio('scrap_qty', 'planned_scrap_qty') }} as actual_to_planned_scrap_ratio
    from components
)

select * from final
