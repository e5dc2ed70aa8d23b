-- Each delivered standard with all its cost components, those it does not name as 0, stated for one price unit.
-- One row per company × plant × item × version × cost component. What is fixed: as delivered, else all of
-- fixed_overhead.
with

delivered as (
    select company_id, plant_id, item_id, version_id, cost_component, amount, price_unit_qty,
        coalesce(fixed_amount, case when cost_component = 'fixed_overhead' then amount else 0 end) as fixed_amount
    from {{ ref('stg_standard_cost') }}
),

versions as (
    select company_id, plant_id, item_id, version_id, min(coalesce(valid_from, date '0001-01-01')) as valid_from,
        max(coalesce(valid_to, date '9999-12-31')) as valid_to, max(price_unit_qty) as price_unit_qty,
        max(lot_size_qty) as lot_size_qty, min(currency_code) as currency_code
    from {{ ref('stg_standard_cost') }}
    group by all
),

components as (select unnest({{ cost_components() }}) as cost_component),

final as (
    select versions.*, components.cost_component,
        {% for measure in ['amount', 'fixed_amount'] %}
        cast(coalesce(
            {{ exact_quotient(
                [['delivered.' ~ measure, 4], ['versions.price_unit_qty', 6]], [['delivered.price_unit_qty', 6]], 4
            ) }},
            0
        ) as decimal(28, 4)) as delivered_{{ measure }},
        cast(coalesce(
            {{ exact_quotient([['delivered.' ~ measure, 4], ['1000000', 0]], [['delivered.price_unit_qty', 6]], 6) }}, 0
        ) as decimal(28, 6)) as delivered_{{ measure | replace('amount', 'per_million') }}{{ ',' if not loop.last }}
        {% endfor %}
    from versions
    cross join components
    left join delivered using (company_id, plant_id, item_id, version_id, cost_component)
)

select * from final
