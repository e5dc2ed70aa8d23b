-- Machines, lines and manual stations with their place in the plant. One row per company × work unit.
with

work_units as (select * from {{ ref('stg_work_unit') }}),

work_centers as (select * from {{ ref('stg_work_center') }}),

signals as (select * from {{ ref('int_work_unit_signal') }}),

final as (
    select {{ surrogate_key(['work_units.company_id', 'work_units.work_unit_id']) }} as work_unit_key,
        work_units.company_id, work_units.plant_id, work_units.work_unit_id, work_units.name as work_unit_name,
        work_units.work_center_id, work_centers.name as work_center_name, work_centers.cost_center_id,
        work_units.is_bottleneck, work_units.valid_from, work_units.valid_to,
        signals.has_states, signals.has_counters
    from work_units
    left join work_centers using (company_id, work_center_id)
    left join signals using (company_id, work_unit_id)
)

select * from final
