-- Every variance of every finished order, unrounded to a millionth: actual less the standard of the good output, told
-- apart by cause. One row per order × leaf × cost component × item or operation: the sum of the leaf's parts.
with

final as (
    select company_id, order_id, leaf_code, cost_component, component_item_id, operation_no,
        min(cost_center_id) as cost_center_id,
        cast(sum(part_amount) as decimal(28, 6)) as exact_amount,
        cast(coalesce(sum(actual_qty), min(scrapped_qty)) as decimal(18, 6)) as actual_qty,
        cast(sum(standard_qty) as decimal(18, 6)) as standard_qty,
        cast(sum(actual_hours) as decimal(18, 6)) as actual_hours,
        cast(sum(standard_hours) as decimal(18, 6)) as standard_hours,
        min(standard_unit_price) as standard_unit_price
    from {{ ref('int_variance_part') }}
    group by all
    having sum(part_amount) <> 0
)

select * from final
