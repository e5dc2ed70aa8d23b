-- What the plant moulds (itemInfo) and what it moulds it from (resineInfo: resins, colour and additive masterbatches).
-- Odd habits: the file's name misspells resin; codes mix numbers and text; one resin may stand under two codes.
-- Products are counted, materials are weighed. The source knows no money: nothing here can be valued.
select
    itemCode as item_id,
    itemName as name,
    'finished' as item_type,
    'PCS' as base_uom,
    null as item_group,
    'make' as procurement,
    'standard' as valuation,
    source_file,
    source_line
from item_info
union all
select
    resinCode as item_id,
    resinName as name,
    'raw' as item_type,
    'KG' as base_uom,
    resinType as item_group,
    'buy' as procurement,
    'standard' as valuation,
    source_file,
    source_line
from resin_info
