-- Recipes: kg of resin, colour and additive masterbatch for 10,000 pieces of a product.
-- A product with two lines in the file has two recipes, one per resin; so the resin's code is the version.
select
    item_composition.itemCode as item_id,
    item_composition.plasticResinCode as version_id,
    component.line_no,
    case component.line_no
        when 1 then item_composition.plasticResinCode
        when 2 then item_composition.colorMasterbatchCode
        when 3 then item_composition.additiveMasterbatchCode
    end as component_item_id,
    case component.line_no
        when 1 then item_composition.plasticResinQuantity
        when 2 then item_composition.colorMasterbatchQuantity
        when 3 then item_composition.additiveMasterbatchQuantity
    end as qty,
    'KG' as uom,
    10000 as base_qty,
    'component' as line_type,
    1 as operation_no,
    item_composition.source_file,
    item_composition.source_line
from item_composition
cross join (values (1), (2), (3)) as component (line_no)
where concat(component_item_id, qty) <> ''
