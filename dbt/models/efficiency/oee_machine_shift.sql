-- Where each machine's time went, shift by shift, and what it made of it.
-- Times come from machine states under the plan; pieces from counters, else confirmations; standards from routing.
with

components as (
    select
        company_id, plant_id, work_center_id, work_unit_id, production_date, shift_id,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'work_unit_id']) }} as work_unit_key,
        {{ surrogate_key(['company_id', 'plant_id', 'shift_id']) }} as shift_key,
        shift_start_at, shift_end_at, is_provisional,
        {{ component_seconds() }}
        produced_qty, good_qty, scrap_qty, rework_qty, produced_without_standard_qty, pieces_source, order_source,
        time_status, standard_status
    from {{ ref('int_machine_shift_component') }}
),

final as (
    select *,
        {{ ratio('good_qty', 'produced_qty') }} as piece_quality_ratio,
        {{ efficiency_ratios() }}
    from components
)

select * from final
