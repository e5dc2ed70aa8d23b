-- Standards calculated again from bills of material, routings and planned rates, bottom up. One row per node × cost
-- component. An amount is rounded once, to four decimals for one price unit, when the item is finished: what is made of
-- it takes that figure, as a frozen standard does. A node that cannot be calculated goes into others as delivered.
{% set measures = ['amount', 'fixed_amount'] %}
with recursive

nodes as (select * from {{ ref('int_bom_node') }}),

edges as (select * from {{ ref('int_bom_edge') }}),

cycles as (select node_id, cycle_path from {{ ref('int_bom_cycle') }}),

versions as (select * from {{ ref('int_standard_rollup_version') }}),

components as (select unnest({{ cost_components() }}) as cost_component),

delivered as (
    select nodes.node_id, versions.cost_component, versions.delivered_amount, versions.delivered_fixed_amount,
        versions.delivered_per_million, versions.delivered_fixed_per_million
    from nodes
    inner join versions using (company_id, plant_id, item_id, version_id)
),

rates as (
    select nodes.company_id, nodes.node_date, rates.cost_center_id, rates.activity,
        arg_max(rates.hourly_amount, rates.valid_from) as hourly_amount,
        arg_max(
            coalesce(
                rates.fixed_hourly_amount,
                case when rates.activity = 'fixed_overhead' then rates.hourly_amount else 0 end
            ), rates.valid_from
        ) as fixed_hourly_amount
    from (select distinct company_id, node_date from nodes) as nodes
    inner join {{ ref('stg_activity_rate') }} as rates
        on nodes.company_id = rates.company_id and rates.rate_type = 'planned'
        and nodes.node_date >= rates.valid_from and nodes.node_date < coalesce(rates.valid_to, date '9999-12-31')
    group by all
),

operations as (select * from {{ ref('int_standard_rollup_operation') }}),

activities as (
    {% for activity, seconds in [
        ('labour', 'labour'), ('machine', 'machine'), ('setup', 'setup'), ('variable_overhead', 'machine'),
        ('fixed_overhead', 'machine')
    ] %}
    select node_id, company_id, node_date, operation_no, cost_center_id, '{{ activity }}' as cost_component,
        {{ seconds }}_seconds as seconds
    from operations
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

worked as (
    select activities.node_id, activities.cost_component, activities.cost_center_id, activities.seconds,
        {% for rate, measure in [('hourly_amount', 'amount'), ('fixed_hourly_amount', 'fixed_amount')] %}
        case
            when activities.seconds = 0 then 0
            else {{ exact_quotient([['activities.seconds', 6], ['rates.' ~ rate, 4]], [['3600', 0]], 6) }}
        end as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from activities
    left join rates
        on activities.company_id = rates.company_id and activities.node_date = rates.node_date
        and activities.cost_center_id = rates.cost_center_id and activities.cost_component = rates.activity
    union all
    select node_id, 'subcontract', cost_center_id, 0, subcontract_amount, 0 from operations
),

worked_sums as (
    select node_id, cost_component, {{ known_sum('amount') }} as amount, {{ known_sum('fixed_amount') }} as fixed_amount
    from worked
    group by all
),

credits as (
    select edges.node_id, components.cost_component,
        {{ known_sum(per_million('edges.qty_per_million', 'versions.delivered_per_million')) }} as amount,
        {{ known_sum(per_million('edges.qty_per_million', 'versions.delivered_fixed_per_million')) }} as fixed_amount
    from edges
    inner join nodes using (node_id)
    cross join components
    left join versions
        on nodes.company_id = versions.company_id and nodes.plant_id = versions.plant_id
        and edges.component_item_id = versions.item_id and edges.component_version_id = versions.version_id
        and components.cost_component = versions.cost_component
    where not edges.is_component
    group by all
),

-- What a node costs without its components; a million units.
own as (
    select nodes.node_id, components.cost_component, nodes.price_unit_qty,
        nodes.is_made and cycles.node_id is null as is_calculated,
        case
            when components.cost_component = 'material' and nodes.bom_version_id is null
                then delivered.delivered_per_million
            when worked_sums.node_id is null then 0
            else worked_sums.amount
        end as this_amount,
        case
            when components.cost_component = 'material' and nodes.bom_version_id is null
                then delivered.delivered_fixed_per_million
            when worked_sums.node_id is null then 0
            else worked_sums.fixed_amount
        end as this_fixed_amount,
        {% for measure in measures %}
        case when credits.node_id is null then 0 else credits.{{ measure }} end as credit_{{ measure }},
        {% endfor %}
        delivered.delivered_per_million, delivered.delivered_fixed_per_million
    from nodes
    cross join components
    left join cycles using (node_id)
    left join delivered using (node_id, cost_component)
    left join worked_sums using (node_id, cost_component)
    left join credits using (node_id, cost_component)
),

calculated as (
    select distinct node_id from own
    where is_calculated
),

-- All that is finished is carried along, so that each step sees every component; the first row only starts the count.
rolled as (
    select 0::bigint as node_id, 'material' as cost_component, 0 as level_no,
        {% for measure in measures %}
        null::decimal(28, 6) as lower_{{ measure }}, null::decimal(28, 4) as {{ measure }},
        {% endfor %}
        null::decimal(28, 6) as value_per_million, null::decimal(28, 6) as value_fixed_per_million
    union all
    select own.node_id, own.cost_component, 0, null, null, null, null, own.delivered_per_million,
        own.delivered_fixed_per_million
    from own
    where not own.is_calculated
    union all
    select *
    from (
        with done as (select distinct node_id, level_no from rolled),

        fresh as (
            select own.node_id, coalesce(max(done.level_no), 0) + 1 as level_no
            from calculated as own
            anti join done as finished on own.node_id = finished.node_id
            left join edges on own.node_id = edges.node_id and edges.is_component
            left join done on edges.component_node_id = done.node_id
            group by own.node_id
            having count(edges.node_id) = count(done.node_id)
        ),

        lower_levels as (
            select edges.node_id, rolled.cost_component,
                {{ known_sum(per_million('edges.qty_per_million', 'rolled.value_per_million')) }} as amount,
                {{ known_sum(per_million('edges.qty_per_million', 'rolled.value_fixed_per_million')) }} as fixed_amount
            from edges
            inner join rolled on edges.component_node_id = rolled.node_id
            where edges.is_component and edges.node_id in (select node_id from fresh)
            group by all
        ),

        summed as (
            select own.*, fresh.level_no,
                {% for measure in measures %}
                case when lower_levels.node_id is null then 0 else lower_levels.{{ measure }} end
                    - own.credit_{{ measure }} as lower_{{ measure }}{{ ',' if not loop.last }}
                {% endfor %}
            from own
            inner join fresh using (node_id)
            left join lower_levels using (node_id, cost_component)
        ),

        rounded as (
            select *,
                {% for measure in measures %}
                try(cast({{ exact_quotient(
                    [['this_' ~ measure ~ ' + lower_' ~ measure, 6], ['price_unit_qty', 6]], [['1000000', 0]], 4
                ) }} as decimal(18, 4))) as {{ measure }}{{ ',' if not loop.last }}
                {% endfor %}
            from summed
        ),

        finished as (
            select *, count(amount) over (partition by node_id) = count(*) over (partition by node_id) as is_known
            from rounded
        )

        select node_id, cost_component, level_no,
            {% for measure in measures %}
            try(cast(lower_{{ measure }} as decimal(28, 6))) as lower_{{ measure }},
            cast({{ measure }} as decimal(28, 4)) as {{ measure }},
            {% endfor %}
            cast(case
                when is_known then {{ exact_quotient([['amount', 4], ['1000000', 0]], [['price_unit_qty', 6]], 6) }}
                else delivered_per_million
            end as decimal(28, 6)) as value_per_million,
            cast(case
                when is_known
                    then {{ exact_quotient([['fixed_amount', 4], ['1000000', 0]], [['price_unit_qty', 6]], 6) }}
                else delivered_fixed_per_million
            end as decimal(28, 6)) as value_fixed_per_million
        from finished
        union all
        select * from rolled
        where exists (select 1 from fresh)
    )
),

finished_rows as (
    select distinct * from rolled
    where node_id > 0
),

-- The same with every component at its delivered standard where it has one: what this item alone makes different.
component_amounts as (
    select edges.node_id, finished_rows.cost_component,
        {{ per_million(
            'edges.qty_per_million', 'coalesce(delivered.delivered_per_million, finished_rows.value_per_million)'
        ) }} as amount
    from edges
    inner join finished_rows on edges.component_node_id = finished_rows.node_id
    left join delivered
        on finished_rows.node_id = delivered.node_id and finished_rows.cost_component = delivered.cost_component
    where edges.is_component
),

one_level as (
    select node_id, cost_component, {{ known_sum('amount') }} as amount, sum(amount) as priced_amount,
        count(*) - count(amount) as unpriced_count
    from component_amounts
    group by all
),

known as (
    select node_id, count(amount) = count(*) as is_known, count(value_per_million) = count(*) as has_value
    from finished_rows
    group by all
),

component_states as (
    select edges.node_id,
        min(edges.component_item_id) filter (edges.qty_per_million is null) as without_unit,
        min(edges.component_item_id) filter (edges.is_component and not known.has_value) as without_value,
        min(edges.component_item_id) filter (not edges.is_component and edges.component_version_id is null)
            as without_credit,
        min(edges.component_item_id) filter (components.is_made and not known.is_known) as as_delivered
    from edges
    left join known on edges.component_node_id = known.node_id
    left join nodes as components on edges.component_node_id = components.node_id
    group by all
),

operation_states as (
    select node_id, bool_or(seconds is null) as lacks_lot_size,
        min(coalesce(cost_center_id, 'no cost center')) filter (seconds <> 0 and amount is null) as without_rate
    from worked
    group by all
),

states as (
    select nodes.node_id, cycles.cycle_path, known.is_known,
        case
            when cycles.node_id is not null then 'on a cycle of bills of material'
            when not nodes.is_made and items.procurement = 'buy' then 'bought'
            when not nodes.is_made then 'no bill of material and no routing'
            when component_states.without_unit is not null then 'a component''s unit has no conversion'
            when component_states.without_value is not null then 'a component has no standard'
            when component_states.without_credit is not null then 'a by-product has no standard'
            when operation_states.without_rate is not null then 'an operation has no planned rate'
            when operation_states.lacks_lot_size then 'no lot size to spread set-up over'
            when nodes.bom_version_id is null and not known.is_known then 'no bill of material and no standard'
            when not known.is_known then 'too large to calculate'
            when component_states.as_delivered is not null then 'recomputed, a component as delivered'
            when nodes.bom_version_id is null then 'recomputed, material as delivered'
            when nodes.routing_version_id is null then 'recomputed, no routing'
            else 'recomputed'
        end as rollup_status,
        case
            when cycles.node_id is not null then cycles.cycle_path
            when nodes.is_made then coalesce(
                component_states.without_unit, component_states.without_value, component_states.without_credit,
                operation_states.without_rate, component_states.as_delivered
            )
        end as rollup_detail
    from nodes
    inner join {{ ref('stg_item') }} as items using (company_id, item_id)
    inner join known using (node_id)
    left join cycles using (node_id)
    left join component_states using (node_id)
    left join operation_states using (node_id)
),

final as (
    select nodes.node_id, nodes.company_id, nodes.plant_id, nodes.item_id, nodes.version_id, nodes.node_date,
        nodes.bom_version_id, nodes.routing_version_id, nodes.price_unit_qty, nodes.lot_size_qty,
        own.cost_component, finished_rows.level_no, states.rollup_status, states.rollup_detail,
        case when states.is_known then finished_rows.amount end as recomputed_amount,
        case when states.is_known then finished_rows.fixed_amount end as recomputed_fixed_amount,
        case when states.is_known
            then {{ exact_quotient([['own.this_amount', 6], ['nodes.price_unit_qty', 6]], [['1000000', 0]], 4) }}
        end as this_level_amount,
        case when states.is_known
            then
                {{ exact_quotient(
                    [['own.this_amount + coalesce(one_level.amount, 0) - own.credit_amount', 6],
                        ['nodes.price_unit_qty', 6]], [['1000000', 0]], 4
                ) }}
        end as one_level_amount,
        case when states.is_known
            then
                {{ exact_quotient(
                    [['own.this_amount + case when own.cost_component = \'material\' then sum(
                        coalesce(one_level.amount, 0) - own.credit_amount
                    ) over (partition by nodes.node_id) else 0 end', 6],
                        ['nodes.price_unit_qty', 6]], [['1000000', 0]], 4
                ) }}
        end as one_level_single_amount,
        {{ exact_quotient([['one_level.priced_amount', 6], ['nodes.price_unit_qty', 6]], [['1000000', 0]], 4) }}
            as priced_components_amount,
        one_level.unpriced_count as unpriced_component_count
    from own
    inner join nodes using (node_id)
    inner join finished_rows using (node_id, cost_component)
    inner join states using (node_id)
    left join one_level using (node_id, cost_component)
)

select * from final
