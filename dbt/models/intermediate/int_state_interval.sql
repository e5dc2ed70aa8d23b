-- Machine states as half-open intervals: an event holds until it says it ended, or until the unit's next event.
-- One row per work unit × event. Beside the days to be computed, only the first and last event of every other day are
-- looked at: enough to know which state a day begins in and where its last one ends.
{{ config(materialized='ephemeral') }}

with

machine_states as (
    select company_id, work_unit_id, occurred_at, ended_at, state, reason_id, order_id, operation_no
    from {{ ref('stg_machine_state') }}
    {% if not full_history() %} where event_date in {{ affected_event_dates() }} {% endif %}
),

{% if not full_history() %}
other_days as (
    select * from {{ ref('int_state_day_edge') }}
    where event_date not in {{ affected_event_dates() }}
),

edges as (
    select company_id, work_unit_id, last_event.occurred_at, last_event.ended_at, last_event.state,
        last_event.reason_id, last_event.order_id, last_event.operation_no
    from other_days
    union all
    select company_id, work_unit_id, first_occurred_at, null, null, null, null, null
    from other_days
    where first_occurred_at < last_event.occurred_at
),
{% endif %}

events as (
    select * from machine_states
    {% if not full_history() %}
    union all by name
    select * from edges
    {% endif %}
),

bounded as (
    select *,
        {{ milliseconds('occurred_at') }} as start_ms,
        least(
            {{ milliseconds('ended_at') }},
            lead({{ milliseconds('occurred_at') }}) over (partition by company_id, work_unit_id order by occurred_at)
        ) as end_ms
    from events
),

final as (
    select company_id, work_unit_id, start_ms,
        -- The last state of all is still in force: it holds as far as anything is known of the plant.
        coalesce(end_ms, {{ milliseconds("timestamp '2200-01-01'") }}) as end_ms,
        state, reason_id, order_id, operation_no
    from bounded
    where state is not null and (end_ms is null or end_ms > start_ms)
)

select * from final
