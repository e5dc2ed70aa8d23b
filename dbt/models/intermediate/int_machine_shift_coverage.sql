-- How the state slices of each machine-shift cover it: what they add up to, and what of it is claimed twice.
-- One row per machine-shift. Kept only to prove that every moment has exactly one state.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['stretch'],
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

slices as (
    select company_id, plant_id, work_unit_id, production_date, shift_id, start_ms, end_ms,
        max(end_ms) over (
            partition by company_id, work_unit_id, production_date, shift_id order by start_ms
            rows between unbounded preceding and 1 preceding
        ) as covered_until_ms
    from {{ ref('int_state_slice') }}
    {% if not full_history() %} where production_date in {{ affected_production_dates() }} {% endif %}
),

final as (
    select company_id, plant_id, work_unit_id, production_date, shift_id,
        cast(sum(end_ms - start_ms) as bigint) as covered_ms,
        cast(coalesce(sum(greatest(covered_until_ms - start_ms, 0)), 0) as bigint) as covered_twice_ms
    from slices
    group by all
)

select * from final
