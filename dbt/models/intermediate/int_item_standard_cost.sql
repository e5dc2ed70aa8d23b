-- Standard cost by component group, with its validity made explicit.
-- One row per company × item × plant × version × cost component × valid_from.
with

final as (
    select company_id, item_id, plant_id, version_id, cost_component,
        case cost_component
            when 'setup' then 'machine'
            when 'variable_overhead' then 'overhead'
            when 'fixed_overhead' then 'overhead'
            else cost_component
        end as component_group,
        amount, price_unit_qty, lot_size_qty, currency_code,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('stg_standard_cost') }}
)

select * from final
