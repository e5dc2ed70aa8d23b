-- What a later or earlier day needs to know of a day's machine states. One row per work unit × UTC day.
-- last_event: the state in force when the day ended, if it names no end. first_occurred_at: where a state that is open
-- from days before ends. told_until_at: how far its events tell of the machine. reaching_events: earlier events of the
-- day whose named end lies in a later one.
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_affected('event_date', 'event') }}"
) }}

with

machine_states as (
    select company_id, work_unit_id, event_date, occurred_at,
        -- An end that lies ahead of its delivery is a plan, and tells nothing of the time until then. Without an end an
        -- event tells of its beginning alone: least() would take the moment of delivery.
        case when ended_at is null then occurred_at else greatest(occurred_at, least(ended_at, recorded_at)) end
            as told_until_at,
        struct_pack(
            occurred_at := occurred_at, ended_at := ended_at, state := state, reason_id := reason_id,
            order_id := order_id, operation_no := operation_no
        ) as event
    from {{ ref('stg_machine_state') }}
    {% if not full_history() %} where event_date in {{ affected_event_dates() }} {% endif %}
),

edges as (
    select company_id, work_unit_id, event_date,
        min(occurred_at) as first_occurred_at,
        max(told_until_at) as told_until_at,
        arg_max(event, occurred_at) as last_event,
        list(event) filter (event.ended_at > cast(event_date + 1 as timestamp)) as all_reaching
    from machine_states
    group by all
),

final as (
    select * exclude (all_reaching),
        list_filter(all_reaching, lambda one: one.occurred_at < last_event.occurred_at) as reaching_events
    from edges
)

select * from final
