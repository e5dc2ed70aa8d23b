-- One moulding operation per product and mould: a shot of moldCavityStandard pieces takes moldSettingCycle seconds.
-- moldList holds all moulds of a product, parted by a slash; each is a routing version of its own, since two moulds
-- of one product may differ. A mould without a row in moldInfo has no base quantity and is turned away by name.
select
    mold_of_item.item_id,
    mold_of_item.mold_no as version_id,
    1 as operation_no,
    'MOULDING' as work_center_id,
    mold_info.moldSettingCycle as run_seconds_per_unit,
    mold_info.moldCavityStandard as base_qty,
    mold_of_item.source_file,
    mold_of_item.source_line
from (
    select
        itemCode as item_id,
        unnest(string_split(moldList, '/')) as mold_no,
        source_file,
        source_line
    from mold_specification
) as mold_of_item
left join mold_info on mold_of_item.mold_no = mold_info.moldNo
