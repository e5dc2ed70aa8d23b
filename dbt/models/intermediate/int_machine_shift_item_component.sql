-- The components of each machine-shift by the item on the machine. One row per machine-shift × item; item_id null is
-- the time and the pieces that no order claims. The rows of a machine-shift add up to it.
with

orders as (select company_id, order_id, item_id from {{ ref('dim_order') }}),

times as (
    select times.company_id, times.work_unit_id, times.production_date, times.shift_id, orders.item_id,
        {% for measure in [
            'calendar', 'planned_operation', 'planned_busy', 'production', 'setup', 'delay', 'down', 'unknown',
            'busy_outside_plan', 'order_execution'
        ] %}
        cast(sum(times.{{ measure }}_ms) as bigint) as {{ measure }}_ms{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_machine_shift_order_time') }} as times
    left join orders using (company_id, order_id)
    group by all
),

pieces as (
    select company_id, work_unit_id, production_date, shift_id, item_id,
        sum(produced_qty) as produced_qty, sum(good_qty) as good_qty, sum(scrap_qty) as scrap_qty,
        sum(rework_qty) as rework_qty,
        sum(standard_produced_seconds) as standard_produced_seconds, sum(standard_good_seconds) as standard_good_seconds
    from {{ ref('int_machine_shift_piece') }}
    group by all
),

claimed as (
    select company_id, work_unit_id, production_date, shift_id, item_id from times
    union
    select company_id, work_unit_id, production_date, shift_id, item_id from pieces
),

final as (
    select claimed.company_id, components.plant_id, claimed.work_unit_id, claimed.production_date, claimed.shift_id,
        claimed.item_id,
        {% for measure in ['calendar', 'planned_operation', 'planned_busy'] %}
        coalesce(times.{{ measure }}_ms, 0) as {{ measure }}_ms,
        {% endfor %}
        {% for measure in [
            'production', 'setup', 'delay', 'down', 'unknown', 'busy_outside_plan', 'order_execution'
        ] %}
        case when components.knows_states then coalesce(times.{{ measure }}_ms, 0) end as {{ measure }}_ms,
        {% endfor %}
        {% for measure in ['standard_produced', 'standard_good'] %}
        case when components.knows_standards then coalesce(pieces.{{ measure }}_seconds, 0) end
            as {{ measure }}_seconds,
        {% endfor %}
        {% for measure in ['produced', 'good', 'scrap', 'rework'] %}
        case when components.{{ measure }}_qty is not null then coalesce(pieces.{{ measure }}_qty, 0) end
            as {{ measure }}_qty{{ ',' if not loop.last }}
        {% endfor %}
    from claimed
    inner join {{ ref('int_machine_shift_component') }} as components
        using (company_id, work_unit_id, production_date, shift_id)
    left join times
        on claimed.company_id = times.company_id
        and claimed.work_unit_id = times.work_unit_id
        and claimed.production_date = times.production_date
        and claimed.shift_id = times.shift_id
        and claimed.item_id is not distinct from times.item_id
    left join pieces
        on claimed.company_id = pieces.company_id
        and claimed.work_unit_id = pieces.work_unit_id
        and claimed.production_date = pieces.production_date
        and claimed.shift_id = pieces.shift_id
        and claimed.item_id is not distinct from pieces.item_id
)

select * from final
