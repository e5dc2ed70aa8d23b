-- Production orders: the files are called purchase orders, as the plant's customer buys what each one asks for.
-- The order's resin names its recipe; the mould its reports name is its routing, as moulds differ in cavities and
-- cycle. An order reported on several moulds gets no routing version: no single standard would be right for it.
-- The lists carry no status, so every order counts as released.
with mold_used as (
    select
        poNote as order_id,
        case when count(distinct moldNo) = 1 then min(moldNo) end as mold_no
    from shift_report
    where poNote <> ''
    group by poNote
)

select
    order_list.poNo as order_id,
    order_list.itemCode as item_id,
    'standard' as order_type,
    order_list.itemQuantity as planned_qty,
    'PCS' as uom,
    order_list.plasticResinCode as bom_version_id,
    mold_used.mold_no as routing_version_id,
    left(order_list.poETA, 10) as due_date,
    'released' as status,
    order_list.source_file,
    order_list.source_line
from order_list
left join mold_used on order_list.poNo = mold_used.order_id
