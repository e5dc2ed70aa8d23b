-- A person's stretch of work on an order. The log has no identifier, so its content identifies a row; a row that stands
-- twice with the same content is refused as a duplicate, for nobody works the same minutes twice on the same thing.
-- People are booked on several orders at once: the hours are those booked, not those attended.
-- The day is the one written in the start; the log knows no shifts. Stations are work units of their own name.
select
    concat_ws(
        '/', "case:concept:name", Activity, "@@startevent_Resource", start_timestamp, "time:timestamp"
    ) as time_id,
    "@@startevent_Resource" as worker_id,
    left(start_timestamp, 10) as work_date,
    start_timestamp as start_at,
    "time:timestamp" as end_at,
    coalesce(
        (
            date_diff('second', try_cast(start_timestamp as timestamptz), try_cast("time:timestamp" as timestamptz))
            / 3600.0
        )::decimal(18, 6)::varchar,
        "@@duration"
    ) as hours,
    case
        when Activity ilike 'setup%' then 'setup'
        when Activity ilike '%rework%' then 'rework'
        else 'direct'
    end as activity,
    "case:concept:name" as order_id,
    case when Activity <> 'Setup' then regexp_replace(Activity, '^SETUP +', '') end as work_unit_id,
    source_file,
    source_line
from event
where Activity not in ('Start', 'End')
