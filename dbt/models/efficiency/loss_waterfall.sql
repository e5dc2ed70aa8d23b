-- From the calendar down to the time of good pieces, machine-shift by machine-shift, each step a loss.
-- Null where the machine-shift does not know its states (time losses) or its standards (speed and quality).
with

components as (select * from {{ ref('int_machine_shift_component') }}),

categories as (
    select company_id, work_unit_id, production_date, shift_id,
        {% for category in [
            'breakdown', 'setup', 'minor_stop', 'reduced_speed', 'startup_reject', 'production_reject', 'planned',
            'external', 'unknown'
        ] %}
        cast(coalesce(sum(loss_ms) filter (loss_category = '{{ category }}'), 0) as bigint) as {{ category }}_ms
        {{- ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_machine_shift_loss') }}
    group by all
),

computed as (
    select company_id, work_unit_id, production_date, shift_id, cast(sum(reduced_speed_ms) as bigint) as speed_ms,
        cast(sum(startup_reject_ms) as bigint) as startup_ms, cast(sum(production_reject_ms) as bigint) as reject_ms
    from {{ ref('int_machine_shift_order_loss') }}
    group by all
),

final as (
    select components.company_id, components.plant_id, components.work_center_id, components.work_unit_id,
        components.production_date, components.shift_id,
        {{ surrogate_key(['components.company_id', 'components.plant_id']) }} as plant_key,
        {{ surrogate_key(['components.company_id', 'components.work_unit_id']) }} as work_unit_key,
        {{ surrogate_key(['components.company_id', 'components.plant_id', 'components.shift_id']) }} as shift_key,
        {{ seconds('components.calendar_ms') }} as calendar_seconds,
        {{ seconds('components.calendar_ms - components.planned_operation_ms') }} as not_planned_seconds,
        {{ seconds('components.planned_operation_ms - components.planned_busy_ms') }} as planned_down_seconds,
        {{ seconds('components.planned_busy_ms') }} as planned_busy_seconds,
        {% for category in ['breakdown', 'setup', 'minor_stop', 'external', 'planned', 'unknown'] %}
        case when components.knows_states then {{ seconds('coalesce(categories.' ~ category ~ '_ms, 0)') }} end
            as {{ category }}_loss_seconds,
        {% endfor %}
        {% for category, time, made in [
            ('reduced_speed', 'reduced_speed', 'speed'), ('startup_reject', 'startup_reject', 'startup'),
            ('production_reject', 'production_reject', 'reject')
        ] %}
        case
            when components.knows_states and components.knows_standards then
                {{ seconds('coalesce(categories.' ~ time ~ '_ms, 0) + coalesce(computed.' ~ made ~ '_ms, 0)') }}
        end as {{ category }}_loss_seconds,
        {% endfor %}
        case when components.knows_states and components.knows_standards then components.standard_good_seconds end
            as fully_productive_seconds
    from components
    left join categories using (company_id, work_unit_id, production_date, shift_id)
    left join computed using (company_id, work_unit_id, production_date, shift_id)
)

select * from final
