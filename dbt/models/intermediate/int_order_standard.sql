-- Standard cost of each order's good output, by component group: the flexed standard.
-- Each output line is valued at the version valid on its date and rounded to cents component by component.
-- One row per company × order. A line whose item has no standard on its date leaves the order without one.
with

outputs as (
    select outputs.*, orders.item_id, orders.plant_id
    from {{ ref('int_order_output') }} as outputs
    inner join {{ ref('stg_production_order') }} as orders using (company_id, order_id)
),

valued as (
    select outputs.company_id, outputs.order_id, outputs.line_id, outputs.good_qty, standards.component_group,
        standards.currency_code,
        {{ multiply_divide('outputs.good_qty', 'standards.amount', 'standards.price_unit_qty', 2) }} as amount
    from outputs
    left join {{ ref('int_item_standard_cost') }} as standards
        on outputs.company_id = standards.company_id
        and outputs.item_id = standards.item_id
        and outputs.plant_id = standards.plant_id
        and outputs.posting_date >= standards.valid_from
        and outputs.posting_date < standards.valid_to
),

final as (
    select company_id, order_id,
        any_value(currency_code) as currency_code,
        count(*) filter (component_group is null and good_qty <> 0) as lines_without_standard,
        {% for component in ['material', 'labour', 'machine', 'overhead', 'subcontract'] %}
        coalesce(sum(amount) filter (component_group = '{{ component }}'), 0) as {{ component }}_amount
        {{- ',' if not loop.last }}
        {% endfor %}
    from valued
    group by all
)

select * from final
