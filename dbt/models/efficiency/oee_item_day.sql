-- The components of efficiency of a plant's production day by item; item_id null is time and pieces without an order.
-- Planned busy time belongs to the item whose order is on the machine. Summed over the same machine-shifts as the
-- plant's day, so that its items add up to it.
with

machine_shifts as (
    select items.*, basis.day_basis as basis, basis.is_in_day_basis as is_in_basis
    from {{ ref('int_machine_shift_item_component') }} as items
    inner join {{ ref('int_machine_shift_basis') }} as basis
        using (company_id, plant_id, work_unit_id, production_date, shift_id)
),

summed as (
    select company_id, plant_id, item_id, production_date, any_value(basis) as basis,
        cast(count(*) as bigint) as machine_shift_count,
        cast(count(*) filter (is_in_basis) as bigint) as basis_machine_shift_count,
        {% for measure in ['produced', 'good', 'scrap', 'rework'] %}
        sum({{ measure }}_qty) filter (is_in_basis) as {{ measure }}_qty,
        {% endfor %}
        {{ summed_components('is_in_basis') }}
    from machine_shifts
    group by all
),

known as (
    select * replace ({{ null_beyond_basis() }})
    from summed
),

components as (
    select known.company_id, known.plant_id, known.item_id, known.production_date,
        {{ surrogate_key(['known.company_id', 'known.plant_id']) }} as plant_key,
        {{ surrogate_key(['known.company_id', 'known.item_id']) }} as item_key,
        items.base_uom, known.basis, known.machine_shift_count, known.basis_machine_shift_count,
        {{ component_seconds() }}
        {% for measure in ['produced', 'good', 'scrap', 'rework'] %}
        case when known.item_id is not null then {{ quantity('known.' ~ measure ~ '_qty') }} end as {{ measure }}_qty
        {{- ',' if not loop.last }}
        {% endfor %}
    from known
    left join {{ ref('dim_item') }} as items using (company_id, item_id)
),

final as (
    select *,
        {{ ratio('good_qty', 'produced_qty') }} as piece_quality_ratio,
        {{ efficiency_ratios() }}
    from components
)

select * from final
