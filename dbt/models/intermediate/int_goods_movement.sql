-- Goods movements in base units. One row per movement. base_qty is null where no conversion is known.
with

movements as (select * from {{ ref('stg_goods_movement') }}),

items as (select company_id, item_id, base_uom from {{ ref('stg_item') }}),

units as (select * from {{ ref('int_item_unit') }}),

-- An item that is not in the master is taken in the unit that it moved in.
final as (
    select movements.*, items.base_uom,
        {{ quantity(multiply_divide('movements.qty',
            'case when items.base_uom is null then 1 else units.numerator end',
            'case when items.base_uom is null then 1 else units.denominator end', 6)) }} as base_qty
    from movements
    left join items using (company_id, item_id)
    left join units
        on movements.company_id = units.company_id and movements.item_id = units.item_id
        and movements.uom = units.uom
)

select * from final
