-- Products: made (MakeFlag) or bought, salable (FinishedGoodsFlag) or not.
-- Odd habit: a product has no unit of its own, only units of its size and weight. Its unit is the one in which bills
-- of material use it (blank-padded: 'EA '), and a piece where none does. Subcategories come as numbers without names.
with unit_of_use as (
    select
        ComponentID as item_id,
        min(trim(UnitMeasureCode)) as uom
    from bill_of_materials
    group by ComponentID
)

select
    product.ProductID as item_id,
    product.Name as name,
    coalesce(unit_of_use.uom, 'EA') as base_uom,
    product.ProductSubcategoryID as item_group,
    'standard' as valuation,
    product.source_file,
    product.source_line,
    case
        when product.FinishedGoodsFlag = '1' then 'finished'
        when product.MakeFlag = '1' then 'semi_finished'
        else 'raw'
    end as item_type,
    case product.MakeFlag when '1' then 'make' when '0' then 'buy' else product.MakeFlag end as procurement
from product
left join unit_of_use on product.ProductID = unit_of_use.item_id
