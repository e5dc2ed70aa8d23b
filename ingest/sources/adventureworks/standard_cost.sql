-- Standard cost by product and period. The source keeps one total without a breakdown; it stands under `material`.
-- EndDate is the last valid day, the next period begins the day after. Products no longer sold have no open period,
-- and parts made for stock have no history at all: their orders have no standard on their date.
select
    ProductID as item_id,
    left(StartDate, 10) as version_id,
    'material' as cost_component,
    left(StartDate, 10) as valid_from,
    coalesce((try_cast(EndDate as date) + 1)::varchar, EndDate) as valid_to,
    StandardCost as amount,
    1 as price_unit_qty,
    'USD' as currency_code,
    source_file,
    source_line
from product_cost_history
