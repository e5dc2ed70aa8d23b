-- Work orders. The export writes dates as dd-mm-yyyy and stops after 65,535 rows, an old spreadsheet's limit: orders
-- started after 2014-03-30 are missing. Dates have no time of day; midnight stands for the day.
-- An order with an end date is done. Products that are made are counted in pieces.
select
    WorkOrderID as order_id,
    ProductID as item_id,
    'standard' as order_type,
    OrderQty as planned_qty,
    'EA' as uom,
    coalesce(strftime(try_strptime(StartDate, '%d-%m-%Y'), '%Y-%m-%d'), StartDate) as actual_start_at,
    coalesce(strftime(try_strptime(EndDate, '%d-%m-%Y'), '%Y-%m-%d'), EndDate) as actual_end_at,
    coalesce(strftime(try_strptime(DueDate, '%d-%m-%Y'), '%Y-%m-%d'), DueDate) as due_date,
    case when EndDate <> '' then 'completed' else 'released' end as status,
    source_file,
    source_line
from work_order
