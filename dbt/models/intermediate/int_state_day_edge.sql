-- The first and the last machine state event of each work unit and UTC day. Small, and all that a later day needs to
-- know of an earlier one: the state that was in force when the day began.
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_affected('event_date', 'event') }}"
) }}

with

machine_states as (
    select * from {{ ref('stg_machine_state') }}
    {% if is_incremental() %} where event_date in {{ affected_event_dates() }} {% endif %}
),

final as (
    select company_id, work_unit_id, event_date,
        min(occurred_at) as first_occurred_at,
        arg_max(
            struct_pack(
                occurred_at := occurred_at, ended_at := ended_at, state := state, reason_id := reason_id,
                order_id := order_id, operation_no := operation_no
            ),
            occurred_at
        ) as last_event
    from machine_states
    group by all
)

select * from final
