-- The people of the log, known by number alone. In three pairs of rows the number at the end differs from the one at
-- the start, crosswise: the person who started is the one whose stretch it is, as in the log's other export.
select
    "@@startevent_Resource" as worker_id,
    min(source_file) as source_file,
    min(source_line) as source_line
from event
where Activity not in ('Start', 'End')
group by all
