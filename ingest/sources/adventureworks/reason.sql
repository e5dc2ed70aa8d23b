-- Scrap reasons of work orders.
select
    ScrapReasonID as reason_id,
    Name as name,
    'production_reject' as loss_category,
    source_file,
    source_line
from scrap_reason
