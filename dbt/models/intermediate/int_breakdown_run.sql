-- Breakdowns of each day: unbroken runs of a machine's being down or in maintenance for a breakdown, in or out of plan.
-- One row per work unit × production date × run_start_ms; a run over several days has a row in each.
-- lost_ms is the part in planned busy time. reach_ms: until when the last state event of the run holds; a run that
-- begins no later goes on with it, though breaks or a night without a shift lie between.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['stretch'],
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

slices as (
    select * from {{ ref('int_state_slice') }}
    where state in ('down', 'maintenance')
    {% if not full_history() %} and production_date in {{ affected_production_dates() }} {% endif %}
),

reasons as (select company_id, reason_id, loss_category from {{ ref('stg_reason') }}),

with_reason as (
    select slices.*, reasons.loss_category as reason_category
    from slices
    left join reasons using (company_id, reason_id)
),

-- Outside the plan nothing is lost, and still the machine is broken: its category is asked as if it were.
explained as (
    select *,
        {{ loss_category("'down'", 'state', 'reason_category', 'event_end_ms - event_start_ms') }} as loss_category
    from with_reason
),

breakdowns as (
    select company_id, plant_id, work_unit_id, production_date, start_ms, end_ms,
        greatest(end_ms, event_end_ms) as reach_ms,
        case when time_element in ('delay', 'down') then duration_ms else 0 end as lost_ms
    from explained
    where loss_category = 'breakdown'
),

begun as (
    select *,
        coalesce(
            start_ms > max(reach_ms) over (
                partition by company_id, work_unit_id, production_date order by start_ms
                rows between unbounded preceding and 1 preceding
            ), true
        ) as begins
    from breakdowns
),

numbered as (
    select *,
        count(*) filter (begins) over (
            partition by company_id, work_unit_id, production_date order by start_ms
        ) as run_no
    from begun
),

final as (
    select company_id, plant_id, work_unit_id, production_date,
        min(start_ms) as run_start_ms, max(end_ms) as run_end_ms, max(reach_ms) as reach_ms,
        min(start_ms) filter (lost_ms > 0) as first_lost_ms, cast(sum(lost_ms) as bigint) as lost_ms
    from numbered
    group by company_id, plant_id, work_unit_id, production_date, run_no
)

select * from final
