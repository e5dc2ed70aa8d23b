{# Efficiency of a plant by day or month: one SELECT, two grains. Quantities of different
   items have no sum. #}
{% macro plant_efficiency(grain, period) %}
with

machine_shifts as (
    select components.*, basis.month_id, basis.{{ grain }}_basis as basis, basis.is_in_{{ grain }}_basis as is_in_basis
    from {{ ref('int_machine_shift_component') }} as components
    inner join {{ ref('int_machine_shift_basis') }} as basis
        using (company_id, plant_id, work_unit_id, production_date, shift_id)
),

summed as (
    select company_id, plant_id, {{ period }}, any_value(basis) as basis,
        bool_or(is_provisional) as is_provisional,
        cast(count(*) as bigint) as machine_shift_count,
        cast(count(*) filter (is_in_basis) as bigint) as basis_machine_shift_count,
        cast(sum(planned_busy_ms) as bigint) as all_planned_busy_ms,
        {{ summed_components('is_in_basis') }}
    from machine_shifts
    group by company_id, plant_id, {{ period }}
),

known as (
    select * replace ({{ null_beyond_basis() }})
    from summed
),

components as (
    select company_id, plant_id, {{ period }},
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        is_provisional, basis, machine_shift_count, basis_machine_shift_count,
        {{ component_seconds() }}
        {{ seconds('all_planned_busy_ms') }} as all_planned_busy_seconds
    from known
),

final as (
    select *,
        {{ ratio('planned_busy_seconds', 'all_planned_busy_seconds') }} as coverage_ratio,
        {{ efficiency_ratios() }}
    from components
)

select * from final
{% endmacro %}
