-- Bills of material, one line per component and period, quantities per one assembly.
-- Odd habits: lines without an assembly (BOMLevel 0) only mark a product as the top of its tree and are no component
-- of anything. EndDate is the last valid day, the next line begins the day after. Units are blank-padded ('EA ').
select
    ProductAssemblyID as item_id,
    '1' as version_id,
    BillOfMaterialsID as line_no,
    ComponentID as component_item_id,
    PerAssemblyQty as qty,
    trim(UnitMeasureCode) as uom,
    1 as base_qty,
    'component' as line_type,
    left(StartDate, 10) as valid_from,
    coalesce((try_cast(EndDate as date) + 1)::varchar, EndDate) as valid_to,
    source_file,
    source_line
from bill_of_materials
where ProductAssemblyID <> ''
