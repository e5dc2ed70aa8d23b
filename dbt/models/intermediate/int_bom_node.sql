-- What is rolled up: each delivered standard on its first day, and all that goes into it. One row per node.
-- A component is the version of its standard that is valid on the day its parent's begins, calculated when that version
-- began; one without a standard is calculated on its parent's day. Of bills and routings the first version by name that
-- is valid on the day is taken; what is bought has neither.
with recursive

versions as (
    select distinct company_id, plant_id, item_id, version_id, valid_from, price_unit_qty, lot_size_qty
    from {{ ref('int_standard_rollup_version') }}
),

prices as (select * from {{ ref('int_item_price') }}),

made_items as (
    select company_id, item_id from {{ ref('stg_item') }}
    where procurement is distinct from 'buy'
),

lines as (
    select company_id, plant_id, item_id, version_id, component_item_id, line_type,
        coalesce(valid_from, date '0001-01-01') as valid_from, coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('stg_bom_line') }}
    semi join made_items using (company_id, item_id)
),

routings as (
    select company_id, plant_id, item_id, version_id, coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('stg_routing_operation') }}
    semi join made_items using (company_id, item_id)
),

nodes as (
    select company_id, plant_id, item_id, version_id, valid_from as node_date from versions
    union
    select used.company_id, used.plant_id, used.component_item_id,
        case when prices.price_status = 'known' then prices.version_id end,
        case when prices.price_status = 'known' then versions.valid_from else used.node_date end
    from (
        select nodes.company_id, nodes.plant_id, nodes.node_date, lines.component_item_id, lines.line_type
        from nodes
        inner join lines
            on nodes.company_id = lines.company_id and nodes.plant_id = lines.plant_id and nodes.item_id = lines.item_id
            and nodes.node_date >= lines.valid_from and nodes.node_date < lines.valid_to
        qualify lines.version_id = min(lines.version_id)
            over (partition by nodes.company_id, nodes.plant_id, nodes.item_id, nodes.version_id, nodes.node_date)
    ) as used
    left join prices
        on used.company_id = prices.company_id and used.plant_id = prices.plant_id
        and used.component_item_id = prices.item_id
        and used.node_date >= prices.valid_from and used.node_date < prices.valid_to
    left join versions
        on prices.company_id = versions.company_id and prices.plant_id = versions.plant_id
        and prices.item_id = versions.item_id and prices.version_id = versions.version_id
    where used.line_type = 'component'
),

numbered as (
    select row_number() over (order by company_id, plant_id, item_id, node_date, version_id) as node_id, *
    from nodes
),

bills as (
    select numbered.node_id, min(lines.version_id) as bom_version_id
    from numbered
    inner join lines
        on numbered.company_id = lines.company_id and numbered.plant_id = lines.plant_id
        and numbered.item_id = lines.item_id
        and numbered.node_date >= lines.valid_from and numbered.node_date < lines.valid_to
    group by all
),

ways as (
    select numbered.node_id, min(routings.version_id) as routing_version_id
    from numbered
    inner join routings
        on numbered.company_id = routings.company_id and numbered.plant_id = routings.plant_id
        and numbered.item_id = routings.item_id
        and numbered.node_date >= routings.valid_from and numbered.node_date < routings.valid_to
    group by all
),

final as (
    select numbered.*, bills.bom_version_id, ways.routing_version_id,
        bills.node_id is not null or ways.node_id is not null as is_made,
        coalesce(versions.price_unit_qty, 1) as price_unit_qty, versions.lot_size_qty
    from numbered
    left join bills using (node_id)
    left join ways using (node_id)
    left join versions using (company_id, plant_id, item_id, version_id)
)

select * from final
