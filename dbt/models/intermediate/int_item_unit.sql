-- How a quantity becomes one in the item's base unit, as an exact fraction. One row per company × item × unit.
-- An item's own conversion rules over a general one, and a delivered direction over its opposite.
with

items as (select company_id, item_id, base_uom from {{ ref('stg_item') }}),

delivered as (
    select company_id, item_id, from_uom, to_uom, numerator, denominator from {{ ref('stg_uom_conversion') }}
),

both_ways as (
    select *, false as is_opposite from delivered
    union all
    select company_id, item_id, to_uom, from_uom, denominator, numerator, true from delivered
),

candidates as (
    select company_id, item_id, base_uom as uom, 1 as numerator, 1 as denominator, 0 as choice_no from items
    union all
    select items.company_id, items.item_id, both_ways.from_uom, both_ways.numerator, both_ways.denominator,
        case when both_ways.item_id is null then 3 else 1 end + both_ways.is_opposite::integer
    from items
    inner join both_ways
        on items.company_id = both_ways.company_id and items.base_uom = both_ways.to_uom
        and coalesce(both_ways.item_id, items.item_id) = items.item_id
),

final as (
    select company_id, item_id, uom, {{ quantity('numerator') }} as numerator,
        {{ quantity('denominator') }} as denominator
    from candidates
    qualify row_number() over (partition by company_id, item_id, uom order by choice_no) = 1
)

select * from final
