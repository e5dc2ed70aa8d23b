-- Material planned per order, in kg: resin, then colour and additive masterbatch where the product needs them.
-- The planner sometimes departs from the recipe: IM1811030 has 100 kg of resin where the recipe asks for 143.
select
    order_list.poNo as order_id,
    component.line_no,
    case component.line_no
        when 1 then order_list.plasticResinCode
        when 2 then order_list.colorMasterbatchCode
        when 3 then order_list.additiveMasterbatchCode
    end as item_id,
    case component.line_no
        when 1 then order_list.plasticResinQuantity
        when 2 then order_list.colorMasterbatchQuantity
        when 3 then order_list.additiveMasterbatchQuantity
    end as planned_qty,
    'KG' as uom,
    1 as operation_no,
    order_list.source_file,
    order_list.source_line
from order_list
cross join (values (1), (2), (3)) as component (line_no)
where concat(item_id, planned_qty) <> ''
