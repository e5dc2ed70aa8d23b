-- Goods movements in base units. One row per movement. base_qty is null where no conversion is known.
with

movements as (select * from {{ ref('stg_goods_movement') }}),

items as (select company_id, item_id, base_uom from {{ ref('stg_item') }}),

conversions as (select * from {{ ref('stg_uom_conversion') }}),

-- An item's own conversion rules over a general one.
converted as (
    select movements.*, items.base_uom,
        case
            when items.base_uom is null or movements.uom = items.base_uom then 1
            else coalesce(own.numerator, general.numerator)
        end as uom_numerator,
        case
            when items.base_uom is null or movements.uom = items.base_uom then 1
            else coalesce(own.denominator, general.denominator)
        end as uom_denominator
    from movements
    left join items using (company_id, item_id)
    left join conversions as own
        on movements.company_id = own.company_id and movements.item_id = own.item_id
        and movements.uom = own.from_uom and items.base_uom = own.to_uom
    left join conversions as general
        on movements.company_id = general.company_id and general.item_id is null
        and movements.uom = general.from_uom and items.base_uom = general.to_uom
),

final as (
    select * exclude (uom_numerator, uom_denominator),
        {{ quantity(multiply_divide('qty', 'uom_numerator', 'uom_denominator', 6)) }} as base_qty
    from converted
)

select * from final
