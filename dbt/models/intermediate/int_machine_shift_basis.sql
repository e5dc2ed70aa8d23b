-- On which machine-shifts the coarser figures of efficiency rest. One row per machine-shift.
-- Availability, effectiveness and quality multiply to OEE only if all are taken over the same machine-shifts: those
-- that know states and standards; where a plant's day or month has none, those that know standards; else states.
with

components as (select * from {{ ref('int_machine_shift_component') }}),

levels as (
    select company_id, plant_id, work_unit_id, production_date, shift_id, knows_states, knows_standards,
        strftime(production_date, '%Y-%m') as month_id,
        case
            when knows_states and knows_standards then 3
            when knows_standards then 2
            when knows_states then 1
            else 0
        end as level
    from components
),

best as (
    select *,
        max(level) over (partition by company_id, plant_id, production_date) as day_level,
        max(level) over (partition by company_id, plant_id, month_id) as month_level
    from levels
),

final as (
    select company_id, plant_id, work_unit_id, production_date, shift_id, month_id,
        {% for grain in ['day', 'month'] %}
        case {{ grain }}_level
            when 3 then 'states and standards' when 2 then 'standards' when 1 then 'states' else 'none'
        end as {{ grain }}_basis,
        case {{ grain }}_level
            when 3 then knows_states and knows_standards when 2 then knows_standards when 1 then knows_states else true
        end as is_in_{{ grain }}_basis{{ ',' if not loop.last }}
        {% endfor %}
    from best
)

select * from final
