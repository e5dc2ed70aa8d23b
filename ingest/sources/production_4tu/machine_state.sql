-- A station works while at least one stretch of work at it is open: from each moment at which one begins or ends to the
-- next. While a set-up is open it sets up. The order is named where all open stretches are for the same one.
-- A row stands for several stretches; its place is that of the one begun last.
-- The log tells work only: between stretches the state is unknown, and no stop and no idle time can be seen.
with stretch as (
    select
        regexp_replace(Activity, '^SETUP +', '') as station,
        starts_with(Activity, 'SETUP') as is_setup,
        "case:concept:name" as order_id,
        start_timestamp,
        "time:timestamp" as end_timestamp,
        try_cast(start_timestamp as timestamptz) as begins_at,
        try_cast("time:timestamp" as timestamptz) as ends_at,
        source_file,
        source_line
    from event
    where Activity not in ('Start', 'End', 'Setup')
),

turn as (
    select
        station,
        source_file,
        begins_at as moment
    from stretch
    union
    select
        station,
        source_file,
        ends_at as moment
    from stretch
),

segment as (
    select
        station,
        source_file,
        moment as begins_at,
        lead(moment) over (partition by station, source_file order by moment) as ends_at
    from turn
)

select
    segment.station as work_unit_id,
    strftime(timezone('UTC', segment.begins_at), '%Y-%m-%dT%H:%M:%SZ') as occurred_at,
    strftime(timezone('UTC', segment.ends_at), '%Y-%m-%dT%H:%M:%SZ') as ended_at,
    case when bool_or(stretch.is_setup) then 'setup' else 'producing' end as state,
    case when count(distinct stretch.order_id) = 1 then min(stretch.order_id) end as order_id,
    segment.source_file,
    arg_max(stretch.source_line, (stretch.begins_at, stretch.source_line)) as source_line
from segment
inner join stretch
    on
        segment.station = stretch.station
        and segment.source_file = stretch.source_file
        and segment.begins_at >= stretch.begins_at
        and segment.ends_at <= stretch.ends_at
        and stretch.begins_at < stretch.ends_at
group by segment.station, segment.source_file, segment.begins_at, segment.ends_at
