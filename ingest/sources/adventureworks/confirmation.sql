-- One confirmation per finished work order: what was stocked is good, what was scrapped carries the order's one reason.
-- The source computes StockedQty as OrderQty less ScrappedQty, so no order is ever short or over.
-- Dates are dd-mm-yyyy. An order without an end date is not confirmed yet.
select
    WorkOrderID as confirmation_id,
    WorkOrderID as order_id,
    coalesce(strftime(try_strptime(EndDate, '%d-%m-%Y'), '%Y-%m-%d'), EndDate) as posting_date,
    StockedQty as good_qty,
    ScrappedQty as scrap_qty,
    ScrapReasonID as reason_id,
    source_file,
    source_line
from work_order
where EndDate <> ''
