-- The locations where work is done. The table holds stores as well (Tool Crib, Paint Storage): these have no hours of
-- capacity (Availability .00), are no work centres, and remain visible as locations of stock.
select
    LocationID as work_center_id,
    Name as name,
    source_file,
    source_line
from location
where Availability <> '.00'
