-- The moulding shop as one work centre, drawn from the list of machines.
-- The source groups machines by tonnage only, and a mould fits several tonnages ('50/100/130'): a routing can name
-- no group narrower than the shop.
select
    'MOULDING' as work_center_id,
    'Injection moulding' as name,
    min(source_file) as source_file,
    min(source_line) as source_line
from machine_info
group by all
