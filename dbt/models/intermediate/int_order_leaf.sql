-- Every variance of every finished order, unrounded to a millionth: actual less the standard of the good output, told
-- apart by cause. One row per order × leaf × cost component × item or operation.
-- Sums and differences of the same primitives throughout, so that what one leaf takes another gives: they add up to
-- actual − standard exactly.
{% set components = ['material', 'labour', 'machine', 'setup', 'variable_overhead', 'fixed_overhead', 'subcontract'] %}
{% set efficiency_leaf = {'labour': 'LAB.EFF', 'machine': 'MCH.EFF', 'setup': 'MCH.EFF',
    'variable_overhead': 'VOH.EFF', 'fixed_overhead': 'FOH.EFF', 'subcontract': 'SUB.QTY'} %}
-- noqa: disable=LT05
with

orders as (select company_id, order_id, order_type from {{ ref('stg_production_order') }}),

standards as (
    select standards.*, orders.order_type,
        case
            when orders.order_type = 'rework' and standards.lines_without_standard = 0 then 'rework'
            when standards.price_status <> 'known' or standards.lines_without_standard > 0 then 'no standard'
            else 'tree'
        end as measured_by
    from {{ ref('int_order_standard') }} as standards
    inner join {{ ref('int_order_end') }} as ends using (company_id, order_id)
    inner join orders using (company_id, order_id)
),

choices as (select company_id, joint_variance, mix_method from {{ ref('int_costing_choice') }}),

materials as (
    select leaves.*, choices.mix_method,
        -- Without a planned quantity nothing says how much of the price difference is joint.
        choices.joint_variance = 'separate' and leaves.line_type = 'component' and leaves.has_plan
        and leaves.used_qty <> 0 and not leaves.is_rounding as is_joint_separate
    from {{ ref('int_order_material_leaf') }} as leaves
    inner join standards using (company_id, order_id)
    inner join choices using (company_id)
    where standards.measured_by = 'tree'
),

activities as (
    select leaves.* from {{ ref('int_order_activity_leaf') }} as leaves
    inner join standards using (company_id, order_id)
    where standards.measured_by = 'tree'
),

routed as (select distinct company_id, order_id from {{ ref('int_order_routing') }}),

material_plans as (
    select company_id, order_id, bool_or(is_planned) as has_plan from materials
    group by all
),

-- Where no bill of material or no routing says what should have been used, the standard's own amount is the target.
targets as (
    select standards.company_id, standards.order_id, component.cost_component,
        case component.cost_component
            {% for component in components %} when '{{ component }}' then standards.at_date_{{ component }}_amount
            {% endfor %}
        end as at_date_amount,
        case component.cost_component
            {% for component in components %} when '{{ component }}' then standards.exact_{{ component }}_amount
            {% endfor %}
        end as exact_amount,
        case component.cost_component
            {% for component in components %} when '{{ component }}' then standards.{{ component }}_amount
            {% endfor %}
        end as standard_amount,
        case
            when component.cost_component = 'material' then coalesce(planned.has_plan, false)
            else routed.order_id is not null
        end as has_plan
    from standards
    cross join (values {% for component in components %}('{{ component }}'){{ ', ' if not loop.last }}{% endfor %})
        as component (cost_component)
    left join material_plans as planned using (company_id, order_id)
    left join routed using (company_id, order_id)
    where standards.measured_by = 'tree'
),

planned_amounts as (
    select company_id, order_id, 'material' as cost_component,
        sum(case when line_type = 'component' then planned_amount else -planned_amount end) as planned_amount
    from materials
    group by all
    union all by name
    select company_id, order_id, cost_component, sum(planned_amount + lot_setup_amount) as planned_amount
    from activities
    group by all
),

material_leaves as (
    select company_id, order_id, item_id as component_item_id,
        case when is_rounding then 'ROUND' else 'MAT.PRICE' end as leaf_code,
        cast(price_amount - case
            when is_joint_separate
                then {{ exact_quotient([['price_amount', 6], ['used_qty - planned_qty', 6]], [['used_qty', 6]], 6) }}
            else 0
        end as decimal(28, 6)) as exact_amount, used_qty as actual_qty, planned_qty as standard_qty,
        standard_unit_price
    from materials
    union all by name
    select company_id, order_id, item_id as component_item_id, 'MAT.JOINT' as leaf_code,
        cast({{ exact_quotient([['price_amount', 6], ['used_qty - planned_qty', 6]], [['used_qty', 6]], 6) }} as decimal(28, 6))
            as exact_amount,
        used_qty as actual_qty, planned_qty as standard_qty,
        standard_unit_price
    from materials
    where is_joint_separate
    union all by name
    select company_id, order_id, item_id as component_item_id, 'STD.REVAL' as leaf_code,
        cast(posted_standard_amount - used_amount as decimal(28, 6)) as exact_amount, used_qty as actual_qty, planned_qty as standard_qty,
        standard_unit_price
    from materials
    union all by name
    select company_id, order_id, item_id as component_item_id, 'BYP' as leaf_code,
        cast(used_amount + planned_amount as decimal(28, 6)) as exact_amount, -used_qty as actual_qty, planned_qty as standard_qty,
        standard_unit_price
    from materials
    where line_type <> 'component'
    union all by name
    select company_id, order_id, item_id as component_item_id,
        case
            when not is_planned or (has_substitute and not is_used) then 'MAT.SUBST'
            when mix_group is not null then 'MAT.YIELD'
            else 'MAT.USAGE'
        end as leaf_code,
        cast(case
            when is_planned and mix_group is not null and not (has_substitute and not is_used)
                then mix_amount - planned_amount - scrap_amount
                + case when mix_method = 'average_price' then average_amount else 0 end
            else used_amount - planned_amount - scrap_amount
        end as decimal(28, 6)) as exact_amount, used_qty as actual_qty, planned_qty as standard_qty,
        standard_unit_price
    from materials
    where line_type = 'component' and has_plan
    union all by name
    select company_id, order_id, item_id as component_item_id, 'MAT.MIX' as leaf_code,
        cast(used_amount - mix_amount - case when mix_method = 'average_price' then average_amount else 0 end as decimal(28, 6))
            as exact_amount,
        used_qty as actual_qty, mix_qty as standard_qty, standard_unit_price
    from materials
    where line_type = 'component' and is_planned and mix_group is not null and not (has_substitute and not is_used)
    union all by name
    select targets.company_id, targets.order_id, null as component_item_id, 'MAT.USAGE' as leaf_code,
        cast(coalesce(sum(materials.used_amount) filter (materials.line_type = 'component'), 0)
        - any_value(targets.at_date_amount) as decimal(28, 6)) as exact_amount
    from targets
    left join materials using (company_id, order_id)
    where targets.cost_component = 'material' and not targets.has_plan
    group by targets.company_id, targets.order_id
),

activity_leaves as (
    select company_id, order_id, cost_component, operation_no, cost_center_id,
        case cost_component when 'labour' then 'LAB.RATE' else 'MCH.RATE' end as leaf_code,
        cast(actual_amount - booked_amount as decimal(28, 6)) as exact_amount, actual_hours
    from activities
    where cost_component in ('labour', 'machine', 'setup')
    union all by name
    select company_id, order_id, cost_component, operation_no, cost_center_id,
        case cost_component when 'subcontract' then 'SUB.PRICE' else 'ROUND' end as leaf_code,
        cast(booked_amount - exact_amount as decimal(28, 6)) as exact_amount, actual_hours, actual_qty
    from activities
    union all by name
    select company_id, order_id, cost_component, operation_no, cost_center_id, 'STD.REVAL' as leaf_code,
        cast(exact_amount - at_date_amount as decimal(28, 6)) as exact_amount, actual_hours
    from activities
    where cost_component <> 'subcontract'
    union all by name
    select company_id, order_id, cost_component, operation_no, cost_center_id, 'REWORK' as leaf_code,
        rework_amount as exact_amount, rework_hours as actual_hours
    from activities
    union all by name
    select activities.company_id, activities.order_id, activities.cost_component, activities.operation_no,
        activities.cost_center_id,
        case activities.cost_component
            {% for component, leaf in efficiency_leaf.items() %} when '{{ component }}' then '{{ leaf }}'
            {% endfor %}
        end as leaf_code,
        cast(activities.at_date_amount - activities.rework_amount - activities.planned_amount - activities.setup_amount
        - activities.scrap_amount as decimal(28, 6)) as exact_amount,
        activities.actual_hours - coalesce(activities.rework_hours, 0) as actual_hours, activities.standard_hours,
        activities.actual_qty, activities.planned_qty as standard_qty,
        activities.standard_unit_price
    from activities
    inner join routed using (company_id, order_id)
    union all by name
    select company_id, order_id, cost_component, operation_no, cost_center_id, 'LOT' as leaf_code,
        cast(setup_amount - lot_setup_amount as decimal(28, 6)) as exact_amount
    from activities
    union all by name
    select targets.company_id, targets.order_id, targets.cost_component, null as operation_no, null as cost_center_id,
        case targets.cost_component
            {% for component, leaf in efficiency_leaf.items() %} when '{{ component }}' then '{{ leaf }}'
            {% endfor %}
        end as leaf_code,
        cast(coalesce(sum(activities.at_date_amount - activities.rework_amount), 0) - any_value(targets.at_date_amount) as decimal(28, 6))
            as exact_amount,
        sum(activities.actual_hours) as actual_hours
    from targets
    left join activities using (company_id, order_id, cost_component)
    where targets.cost_component <> 'material' and not targets.has_plan
    group by targets.company_id, targets.order_id, targets.cost_component
),

scrap_leaves as (
    select parts.company_id, parts.order_id, parts.cost_component, parts.scrap_operation_no as operation_no,
        'SCRAP' as leaf_code, cast(sum(parts.amount) as decimal(28, 6)) as exact_amount, any_value(parts.abnormal_qty) as actual_qty
    from {{ ref('int_order_scrap_part') }} as parts
    inner join standards using (company_id, order_id)
    where standards.measured_by = 'tree'
    group by all
),

output_leaves as (
    select targets.company_id, targets.order_id, targets.cost_component, 'OUT.MIXED' as leaf_code,
        cast(coalesce(planned_amounts.planned_amount, 0) - targets.at_date_amount as decimal(28, 6)) as exact_amount
    from targets
    left join planned_amounts using (company_id, order_id, cost_component)
    where targets.has_plan
    union all by name
    select company_id, order_id, cost_component, 'STD.REVAL' as leaf_code,
        cast(at_date_amount - exact_amount as decimal(28, 6)) as exact_amount
    from targets
    union all by name
    select company_id, order_id, cost_component, 'ROUND' as leaf_code, cast(exact_amount - standard_amount as decimal(28, 6)) as exact_amount
    from targets
    union all by name
    select company_id, order_id, 'output' as cost_component,
        case
            when measured_by = 'no standard' then 'STD.NONE'
            when abs(standard_value - credit_amount) <= 0.005 * line_count * (component_count + 1) then 'ROUND'
            else 'OUT.PRICE'
        end as leaf_code,
        cast(case when measured_by = 'no standard' then -credit_amount else standard_value - credit_amount end as decimal(28, 6))
            as exact_amount,
        good_qty as actual_qty
    from (
        select *,
            {% for component in components %}{{ component }}_amount{{ ' + ' if not loop.last }}{% endfor %}
                as standard_value
        from standards
    )
),

-- An order without a usable standard, and an order that repairs: all that was charged is named, and nothing explained.
whole_orders as (
    select postings.company_id, postings.order_id, postings.cost_component, postings.operation_no,
        sum(postings.booked_amount) as booked_amount,
        sum(postings.actual_amount - postings.booked_amount) as rate_amount
    from {{ ref('fct_order_posting') }} as postings
    inner join standards using (company_id, order_id)
    where standards.measured_by <> 'tree' and postings.cost_component <> 'output'
    group by all
),

whole_leaves as (
    select standards.company_id, standards.order_id, component.cost_component,
        case standards.measured_by when 'rework' then 'REWORK' else 'STD.NONE' end as leaf_code,
        cast(
            coalesce(sum(whole_orders.booked_amount), 0) - case
                when standards.measured_by = 'rework' then
                    any_value(case component.cost_component
                        {% for component in components %} when '{{ component }}' then standards.{{ component }}_amount
                        {% endfor %}
                    end)
                else 0
            end as decimal(28, 6)
        ) as exact_amount
    from standards
    cross join (values {% for component in components %}('{{ component }}'){{ ', ' if not loop.last }}{% endfor %})
        as component (cost_component)
    left join whole_orders using (company_id, order_id, cost_component)
    where standards.measured_by <> 'tree'
    group by standards.company_id, standards.order_id, component.cost_component, standards.measured_by
    union all by name
    select company_id, order_id, cost_component, operation_no,
        case cost_component when 'labour' then 'LAB.RATE' else 'MCH.RATE' end as leaf_code,
        cast(rate_amount as decimal(28, 6)) as exact_amount
    from whole_orders
),

leaves as (
    select *, 'material' as cost_component from material_leaves
    union all by name
    select * from activity_leaves
    union all by name
    select * from scrap_leaves
    union all by name
    select * from output_leaves
    union all by name
    select * from whole_leaves
),

-- What rounding leaves belongs to the order, not to an item or an operation.
placed as (
    select * exclude (component_item_id, operation_no, cost_center_id),
        case when leaf_code <> 'ROUND' then component_item_id end as component_item_id,
        case when leaf_code <> 'ROUND' then operation_no end as operation_no,
        case when leaf_code <> 'ROUND' then cost_center_id end as cost_center_id
    from leaves
),

final as (
    select company_id, order_id, leaf_code, cost_component,
        component_item_id, operation_no, any_value(cost_center_id) as cost_center_id,
        cast(sum(exact_amount) as decimal(28, 6)) as exact_amount,
        cast(sum(actual_qty) as decimal(18, 6)) as actual_qty,
        cast(sum(standard_qty) as decimal(18, 6)) as standard_qty,
        cast(sum(actual_hours) as decimal(18, 6)) as actual_hours,
        cast(sum(standard_hours) as decimal(18, 6)) as standard_hours,
        any_value(standard_unit_price) as standard_unit_price
    from placed
    group by all
)

select * from final
where exact_amount <> 0
