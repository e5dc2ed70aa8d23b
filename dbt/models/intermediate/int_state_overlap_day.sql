-- How often and for how long states of one machine overlapped, so that a declared priority had to decide.
-- One row per work unit × UTC day on which events begin while an earlier one still holds by the end it names.
-- Only days on which an event names an end, or into which one reaches, are looked at: elsewhere nothing can overlap.
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_affected('event_date', 'event') }}"
) }}

with

machine_states as (
    select company_id, work_unit_id, event_date, {{ milliseconds('occurred_at') }} as start_ms,
        {{ milliseconds('ended_at') }} as ended_ms
    from {{ ref('stg_machine_state') }}
    {% if not full_history() %} where event_date in {{ affected_event_dates() }} {% endif %}
),

earlier_days as (
    select company_id, work_unit_id, event_date, unnest(list_append(coalesce(reaching_events, []), last_event)) as event
    from {{ ref('int_state_day_edge') }}
),

reaching as (
    select company_id, work_unit_id,
        cast(unnest(range(event_date + interval 1 day, event.ended_at, interval 1 day)) as date) as event_date,
        {{ milliseconds('event.ended_at') }} as ended_ms
    from earlier_days
    where event.ended_at > event_date + interval 1 day
),

reached as (
    select company_id, work_unit_id, event_date, max(ended_ms) as reached_ms
    from reaching
    {% if not full_history() %} where event_date in {{ affected_event_dates() }} {% endif %}
    group by all
),

days as (
    select distinct company_id, work_unit_id, event_date
    from machine_states
    where ended_ms is not null
    union
    select company_id, work_unit_id, event_date from reached
),

bounded as (
    select machine_states.company_id, machine_states.work_unit_id, machine_states.event_date, machine_states.start_ms,
        coalesce(
            machine_states.ended_ms, lead(machine_states.start_ms) over of_day,
            epoch_ms(machine_states.event_date + interval 1 day)
        ) as end_ms,
        greatest(
            reached.reached_ms, max(machine_states.ended_ms) over (
                of_day rows between unbounded preceding and 1 preceding
            )
        ) as reached_ms
    from machine_states
    inner join days using (company_id, work_unit_id, event_date)
    left join reached using (company_id, work_unit_id, event_date)
    window of_day as (
        partition by machine_states.company_id, machine_states.work_unit_id, machine_states.event_date
        order by machine_states.start_ms
    )
),

final as (
    select company_id, work_unit_id, event_date,
        count(*) as overlap_count,
        cast(sum(least(end_ms, reached_ms) - start_ms) as bigint) as overlap_ms
    from bounded
    where reached_ms > start_ms and end_ms > start_ms
    group by all
)

select * from final
