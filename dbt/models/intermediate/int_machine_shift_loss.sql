-- Planned busy time of each machine-shift that was not production, by big loss. One row per machine-shift × category.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['stretch'],
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

slices as (
    select * from {{ ref('int_state_slice') }}
    {% if not full_history() %} where production_date in {{ affected_production_dates() }} {% endif %}
),

reasons as (select company_id, reason_id, loss_category from {{ ref('stg_reason') }}),

losses as (
    select slices.*,
        {{ loss_category(
            'slices.time_element', 'slices.state', 'reasons.loss_category',
            'slices.event_end_ms - slices.event_start_ms'
        ) }} as loss_category
    from slices
    left join reasons using (company_id, reason_id)  -- noqa: ST11
),

final as (
    select company_id, work_unit_id, production_date, shift_id, loss_category,
        cast(sum(duration_ms) as bigint) as loss_ms
    from losses
    where loss_category is not null
    group by all
)

select * from final
