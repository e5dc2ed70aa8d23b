-- Machine states as half-open intervals that never overlap. One row per unit_no (see int_work_unit_number) × start_ms.
-- An event holds until the end it names, else until the unit's next event. Where several hold at once, the strongest
-- state rules (see state_rank), and of equal ones the event begun last; their intervals are cut accordingly.
-- event_start_ms and event_end_ms bound the whole event; the last one holds as far as anything is known of the plant.
-- Beside the days to be computed, only the edges of every other
-- day are looked at: enough to know which states a day begins in and where its last one ends.
{{ config(materialized='ephemeral') }}

with

units as (
    select units.company_id, units.work_unit_id, numbers.unit_no, horizons.known_until_ms
    from {{ ref('stg_work_unit') }} as units
    inner join {{ ref('int_work_unit_number') }} as numbers using (company_id, work_unit_id)
    inner join {{ ref('int_plant_horizon') }} as horizons using (company_id, plant_id)
),

{% if not full_history() %}
other_days as (
    select * from {{ ref('int_state_day_edge') }}
    where event_date not in {{ affected_event_dates() }}
),

edge_events as (
    select company_id, work_unit_id, unnest(list_append(coalesce(reaching_events, []), last_event)) as event
    from other_days
),
{% endif %}

events as (
    select company_id, work_unit_id, occurred_at, ended_at, state, reason_id, order_id, operation_no
    from {{ ref('stg_machine_state') }}
    {% if not full_history() %}
    where event_date in {{ affected_event_dates() }}
    union all
    select company_id, work_unit_id, event.occurred_at, event.ended_at, event.state, event.reason_id, event.order_id,
        event.operation_no
    from edge_events
    union all
    -- Where an earlier state ends is all that is asked of these.
    select company_id, work_unit_id, first_occurred_at, null, null, null, null, null
    from other_days
    where first_occurred_at < last_event.occurred_at
    {% endif %}
),

begun as (
    select units.unit_no, units.known_until_ms, events.state, events.reason_id, events.order_id, events.operation_no,
        {{ milliseconds('events.occurred_at') }} as start_ms, {{ milliseconds('events.ended_at') }} as ended_ms,
        {{ milliseconds('events.occurred_at') }} as event_start_ms
    from events
    inner join units using (company_id, work_unit_id)
),

bounded as (
    select *,
        lead(start_ms) over (partition by unit_no order by start_ms) as next_ms,
        max(ended_ms) over (
            partition by unit_no order by start_ms
            rows between unbounded preceding and 1 preceding
        ) as reached_before_ms
    from begun
),

held as (
    select *,
        coalesce(ended_ms, next_ms, known_until_ms) as event_end_ms,
        least(event_end_ms, known_until_ms) as end_ms,
        coalesce(ended_ms > next_ms, false) or coalesce(reached_before_ms > start_ms, false) as is_contested
    from bounded
    where state is not null
),

contested as (
    select *, {{ each_hour('start_ms', 'end_ms') }} as epoch_hour
    from held
    where is_contested and end_ms > start_ms
),

-- Contested hours are cut at every start and end, and each piece goes to the state that rules there.
cuts as (
    select unit_no, epoch_hour, unnest([
        greatest(start_ms, epoch_hour * 3600000), least(end_ms, (epoch_hour + 1) * 3600000)
    ]) as at_ms
    from contested
),

distinct_cuts as (select distinct * from cuts),

pieces as (
    select unit_no, epoch_hour, at_ms as start_ms,
        lead(at_ms) over (partition by unit_no, epoch_hour order by at_ms) as end_ms
    from distinct_cuts
),

ruled as (
    select pieces.unit_no, pieces.start_ms, pieces.end_ms,
        arg_max(
            struct_pack(
                start_ms := contested.start_ms, end_ms := contested.event_end_ms, state := contested.state,
                reason_id := contested.reason_id, order_id := contested.order_id,
                operation_no := contested.operation_no
            ),
            ({{ state_rank('contested.state') }}, contested.start_ms)
        ) as event
    from pieces
    inner join contested
        on pieces.unit_no = contested.unit_no
        and pieces.epoch_hour = contested.epoch_hour
        and pieces.start_ms >= contested.start_ms
        and pieces.end_ms <= contested.end_ms
    where pieces.end_ms > pieces.start_ms
    group by all
),

-- Pieces of one event that touch are one interval again.
broken as (
    select *,
        coalesce(
            start_ms <> lag(end_ms) over pieces_of_unit
            or event.start_ms <> lag(event.start_ms) over pieces_of_unit, true
        ) as begins
    from ruled
    window pieces_of_unit as (partition by unit_no order by start_ms)
),

numbered as (
    select *, count(*) filter (begins) over (partition by unit_no order by start_ms) as run_no
    from broken
),

joined as (
    select unit_no, min(start_ms) as start_ms, max(end_ms) as end_ms, any_value(event) as event
    from numbered
    group by unit_no, run_no
),

final as (
    select unit_no, start_ms, end_ms, state, reason_id, order_id, operation_no, event_start_ms, event_end_ms
    from held
    where not is_contested and end_ms > start_ms
    union all
    select unit_no, start_ms, end_ms, event.state, event.reason_id, event.order_id, event.operation_no,
        event.start_ms as event_start_ms, event.end_ms as event_end_ms
    from joined
)

select * from final
