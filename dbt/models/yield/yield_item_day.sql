-- What each item's production began with, lost on the way and ended with, day by day.
-- started: input of the order's first operation; good: output of its last; scrap and rework: of all operations. On a
-- single day good may exceed started, since pieces begun yesterday may end today.
with

operations as (select * from {{ ref('yield_order_operation') }}),

ends as (select * from {{ ref('int_order_operation_range') }}),

sums as (
    select operations.company_id, operations.plant_id, operations.item_id, operations.production_date,
        sum(operations.input_qty) filter (operations.operation_no = ends.first_operation_no) as started_qty,
        sum(operations.good_qty) filter (operations.operation_no = ends.last_operation_no) as good_qty,
        sum(operations.scrap_qty) as scrap_qty,
        sum(operations.rework_qty) as rework_qty
    from operations
    inner join ends using (company_id, order_id)
    where operations.item_id is not null
    group by all
),

components as (
    select company_id, plant_id, item_id, production_date,
        {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ quantity('coalesce(started_qty, 0)') }} as started_qty,
        {{ quantity('coalesce(good_qty, 0)') }} as good_qty,
        {{ quantity('scrap_qty') }} as scrap_qty,
        {{ quantity('rework_qty') }} as rework_qty
    from sums
),

final as (
    select *,
        {{ ratio('good_qty', 'good_qty + scrap_qty + rework_qty') }} as item_yield_ratio,
        {{ ratio('scrap_qty', 'good_qty + scrap_qty + rework_qty') }} as item_scrap_ratio
    from components
)

select * from final
