-- Stock by product and location. The source keeps the present balance only; ModifiedDate says since when it stands.
with unit_of_use as (
    select
        ComponentID as item_id,
        min(trim(UnitMeasureCode)) as uom
    from bill_of_materials
    group by ComponentID
)

select
    product_inventory.ProductID as item_id,
    product_inventory.LocationID as location_id,
    left(product_inventory.ModifiedDate, 10) as balance_date,
    product_inventory.Quantity as qty,
    coalesce(unit_of_use.uom, 'EA') as uom,
    product_inventory.source_file,
    product_inventory.source_line
from product_inventory
left join unit_of_use on product_inventory.ProductID = unit_of_use.item_id
