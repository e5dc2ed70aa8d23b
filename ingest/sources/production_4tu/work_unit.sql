-- The stations of the log, each the one work unit of its work centre; the log does not tell machines apart.
-- Odd habits: every order has an artificial Start and End row; a set-up stands under its own name, with the station's
-- behind it after several blanks ('SETUP     Turning & Milling'), or alone, and then names no station.
select
    regexp_replace(Activity, '^SETUP +', '') as work_unit_id,
    regexp_replace(Activity, '^SETUP +', '') as work_center_id,
    regexp_replace(Activity, '^SETUP +', '') as name,
    min(source_file) as source_file,
    min(source_line) as source_line
from event
where Activity not in ('Start', 'End', 'Setup')
group by all
