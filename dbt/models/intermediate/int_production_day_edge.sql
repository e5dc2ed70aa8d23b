-- The first and the last time each machine produced on a production date, and on which order: what a changeover that
-- lasts over the end of a day lies between. One row per work unit × production date with production.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['stretch'],
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

slices as (
    select * from {{ ref('int_state_slice') }}
    where state = 'producing'
    {% if not full_history() %} and production_date in {{ affected_production_dates() }} {% endif %}
),

final as (
    select company_id, work_unit_id, production_date,
        min(start_ms) as first_start_ms,
        arg_min(struct_pack(order_id := order_id, operation_no := operation_no), start_ms) as first_order,
        max(end_ms) as last_end_ms,
        arg_max(struct_pack(order_id := order_id, operation_no := operation_no), start_ms) as last_order
    from slices
    group by all
)

select * from final
