-- What goes into a million good units of a node, and what comes out beside them. One row per node × line of its bill.
-- qty_per_million, in the component's base unit, includes component scrap and what enters the line's operation for a
-- good unit; each step is rounded to six decimals. A by-product has no node: it is credited at its own standard.
with

nodes as (select * from {{ ref('int_bom_node') }}),

prices as (select * from {{ ref('int_item_price') }}),

operations as (select node_id, operation_no, entering_factor, is_first from {{ ref('int_standard_rollup_operation') }}),

lines as (
    select nodes.node_id, nodes.company_id, nodes.plant_id, nodes.node_date, lines.line_no, lines.line_type,
        lines.component_item_id, lines.qty, lines.base_qty, lines.uom,
        coalesce(lines.component_scrap_ratio, 0) as component_scrap_ratio,
        coalesce(named.entering_factor, first_ones.entering_factor, 1) as entering_factor
    from nodes
    inner join {{ ref('stg_bom_line') }} as lines
        on nodes.company_id = lines.company_id and nodes.plant_id = lines.plant_id and nodes.item_id = lines.item_id
        and nodes.bom_version_id = lines.version_id
        and nodes.node_date >= coalesce(lines.valid_from, date '0001-01-01')
        and nodes.node_date < coalesce(lines.valid_to, date '9999-12-31')
    left join operations as named on nodes.node_id = named.node_id and lines.operation_no = named.operation_no
    left join operations as first_ones on nodes.node_id = first_ones.node_id and first_ones.is_first
),

converted as (
    select lines.*,
        try({{ exact_quotient(
            [['lines.qty', 6], ['units.numerator', 6], ['1000000', 0]],
            [['lines.base_qty', 6], ['units.denominator', 6]], 6
        ) }}) as million_qty
    from lines
    left join {{ ref('int_item_unit') }} as units
        on lines.company_id = units.company_id and lines.component_item_id = units.item_id and lines.uom = units.uom
),

with_scrap as (
    select *, try({{ exact_quotient([['million_qty', 6], ['1 + component_scrap_ratio', 9]], [], 6) }}) as scrapped_qty
    from converted
),

final as (
    select with_scrap.node_id, with_scrap.line_no, with_scrap.line_type = 'component' as is_component,
        with_scrap.component_item_id, components.node_id as component_node_id,
        prices.version_id as component_version_id,
        try(cast({{ exact_quotient([['with_scrap.scrapped_qty', 6], ['with_scrap.entering_factor', 12]], [], 6) }}
            as decimal(28, 6))) as qty_per_million
    from with_scrap
    left join prices
        on with_scrap.company_id = prices.company_id and with_scrap.plant_id = prices.plant_id
        and with_scrap.component_item_id = prices.item_id and prices.price_status = 'known'
        and with_scrap.node_date >= prices.valid_from and with_scrap.node_date < prices.valid_to
    left join nodes as components
        on with_scrap.line_type = 'component' and with_scrap.company_id = components.company_id
        and with_scrap.plant_id = components.plant_id and with_scrap.component_item_id = components.item_id
        and prices.version_id is not distinct from components.version_id
        and (prices.version_id is not null or with_scrap.node_date = components.node_date)
)

select * from final
