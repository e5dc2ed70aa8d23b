-- What an item should cost by each version of its standard, as delivered and as its bill of material, routing and
-- planned rates say. One row per company × plant × item × version × cost component, for one price unit. Cost components
-- are kept through every level: this level is the item's own operations, lower levels what its components bring.
-- difference = delivered − recomputed; own difference leaves components at their delivered standards, so that it shows
-- only what this item's own bill, routing and rates make different.
with

delivered as (select * from {{ ref('int_standard_rollup_version') }}),

rolled as (
    select * from {{ ref('int_standard_rollup') }}
    where version_id is not null
),

compared as (
    select delivered.*, rolled.bom_version_id, rolled.routing_version_id, rolled.level_no, rolled.rollup_status,
        rolled.rollup_detail, rolled.recomputed_amount, rolled.recomputed_fixed_amount, rolled.this_level_amount,
        rolled.one_level_amount, rolled.one_level_single_amount, rolled.priced_components_amount,
        rolled.unpriced_component_count,
        sum(abs(delivered.delivered_amount - rolled.one_level_amount)) over plants as off_through_levels,
        sum(abs(delivered.delivered_amount - rolled.one_level_single_amount)) over plants as off_under_material,
        sum(rolled.recomputed_amount) over item_versions as recomputed_total,
        sum(rolled.this_level_amount) filter (delivered.cost_component <> 'material') over item_versions
            as own_operations_total
    from delivered
    left join rolled using (company_id, plant_id, item_id, version_id, cost_component)
    window plants as (partition by delivered.company_id, delivered.plant_id),
        item_versions as (
            partition by delivered.company_id, delivered.plant_id, delivered.item_id, delivered.version_id
        )
),

-- Some systems state what components cost under material, whatever it was. The comparison follows what a plant
-- delivers: the way of the two that is nearer to its standards.
split as (
    select *,
        case
            when recomputed_amount is null then null
            when off_under_material < off_through_levels then 'components under material'
            else 'kept through levels'
        end as delivered_split
    from compared
),

matched as (
    select *,
        case
            when delivered_split = 'kept through levels' then recomputed_amount
            when cost_component = 'material' then recomputed_total - own_operations_total
            else this_level_amount
        end as comparable_amount,
        case when delivered_split = 'kept through levels' then one_level_amount else one_level_single_amount end
            as comparable_one_level_amount
    from split
),

final as (
    select {{ surrogate_key(['company_id', 'plant_id', 'item_id', 'version_id', 'cost_component']) }}
            as standard_cost_item_id,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
        company_id, plant_id, item_id, version_id, cost_component, valid_from,
        nullif(valid_to, date '9999-12-31') as valid_to,
        {{ quantity('price_unit_qty') }} as price_unit_qty, {{ quantity('lot_size_qty') }} as lot_size_qty,
        bom_version_id as rollup_bom_version_id, routing_version_id as rollup_routing_version_id,
        cast(level_no as integer) as level_no,
        {% for measure in ['delivered_amount', 'delivered_fixed_amount', 'recomputed_amount', 'recomputed_fixed_amount',
            'this_level_amount'] %}
        {{ money(measure) }} as {{ measure }},
        {% endfor %}
        {{ money('recomputed_amount - recomputed_fixed_amount') }} as recomputed_variable_amount,
        {{ money('recomputed_amount - this_level_amount') }} as lower_level_amount,
        {{ money('priced_components_amount') }} as priced_components_amount,
        cast(unpriced_component_count as integer) as unpriced_component_count,
        delivered_split,
        {{ money('delivered_amount - comparable_amount') }} as rollup_difference_amount,
        {{ money('delivered_amount - comparable_one_level_amount') }} as own_difference_amount,
        currency_code, rollup_status, rollup_detail
    from matched
)

select * from final
