-- Setup of each day between two spells of production. One row per work unit × production date × produced_until_ms.
-- produced_until_ms and order_before, order_after: what ran before and after on the same date; null where the setup is
-- the first or the last thing of the day. Whatever the machine did beside (waiting, breaks) does not end a setup;
-- production does.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['stretch'],
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

slices as (
    select * from {{ ref('int_state_slice') }}
    where state in ('producing', 'setup')
    {% if not full_history() %} and production_date in {{ affected_production_dates() }} {% endif %}
),

neighbours as (
    select *,
        lag(state) over of_the_day as state_before, lead(state) over of_the_day as state_after
    from slices
    window of_the_day as (partition by company_id, work_unit_id, production_date order by start_ms)
),

-- Few slices touch a setup; only those are looked at closer.
marked as (
    select *,
        struct_pack(order_id := order_id, operation_no := operation_no) as on_order,
        case when state = 'producing' then end_ms end as produced_until_ms
    from neighbours
    where state = 'setup' or state_before = 'setup' or state_after = 'setup'
),

between_production as (
    select *,
        max(produced_until_ms) over before_it as produced_before_ms,
        last_value(case when state = 'producing' then on_order end ignore nulls) over before_it as order_before,
        first_value(case when state = 'producing' then on_order end ignore nulls) over after_it as order_after
    from marked
    window before_it as (
        partition by company_id, work_unit_id, production_date order by start_ms
        rows between unbounded preceding and 1 preceding
    ),
    after_it as (
        partition by company_id, work_unit_id, production_date order by start_ms
        rows between 1 following and unbounded following
    )
),

final as (
    select company_id, plant_id, work_center_id, work_unit_id, production_date,
        produced_before_ms as produced_until_ms, order_before, order_after,
        arg_min(shift_id, start_ms) as shift_id,
        min(start_ms) as start_ms, max(end_ms) as end_ms,
        cast(sum(duration_ms) as bigint) as setup_ms,
        cast(sum(case when time_element = 'setup' then duration_ms else 0 end) as bigint) as planned_busy_setup_ms,
        arg_max(on_order, start_ms) filter (order_id is not null) as setup_order
    from between_production
    where state = 'setup'
    group by all
)

select * from final
