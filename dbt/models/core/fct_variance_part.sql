-- What each variance leaf is a sum of: the amounts that are added and taken off, each of one kind of evidence.
-- One row per order × leaf × part × item or operation that the part is about. The parts of a leaf add up to its amount
-- before it was rounded to cents. part_direction: 1 if a part is added, −1 if it is taken off. part_evidence: what
-- it is read off, as movements of an item, hours of an operation, or output.
{% set efficiency_leaf = {'labour': 'LAB.EFF', 'machine': 'MCH.EFF', 'setup': 'MCH.EFF',
    'variable_overhead': 'VOH.EFF', 'fixed_overhead': 'FOH.EFF', 'subcontract': 'SUB.QTY'} %}
{% set efficiency_code -%}
    case cost_component
        {%- for component, leaf in efficiency_leaf.items() %} when '{{ component }}' then '{{ leaf }}'{% endfor %} end
{%- endset %}
{# By leaf: where it is kept, kind of part, direction, amount, and the condition under which the leaf has the part. #}
{% set material_parts = [
    ['price_leaf_code', "case when is_rounding then 'order' else 'item' end", 'booked', 1, 'booked_amount', 'true'],
    ['price_leaf_code', "case when is_rounding then 'order' else 'item' end", 'at posting price', -1,
        'posted_standard_amount', 'true'],
    ['price_leaf_code', "case when is_rounding then 'order' else 'item' end", 'joint', -1, 'joint_amount', 'true'],
    ["'MAT.JOINT'", 'item', 'joint', 1, 'joint_amount', 'true'],
    ["'STD.REVAL'", 'item', 'at posting price', 1, 'posted_standard_amount', 'true'],
    ["'STD.REVAL'", 'item', 'at standard price', -1, 'used_amount', 'true'],
    ["'BYP'", 'item', 'at standard price', 1, 'used_amount', 'not is_component'],
    ["'BYP'", 'item', 'planned', 1, 'planned_amount', 'not is_component'],
    ['usage_leaf_code', 'item', 'at standard price', 1, 'used_amount',
        "is_component and has_plan and usage_leaf_code <> 'MAT.YIELD'"],
    ['usage_leaf_code', 'item', 'mix', 1, 'mix_amount', "is_component and has_plan and usage_leaf_code = 'MAT.YIELD'"],
    ['usage_leaf_code', 'item', 'planned', -1, 'planned_amount', 'is_component and has_plan'],
    ['usage_leaf_code', 'item', 'scrap', -1, 'scrap_amount', 'is_component and has_plan'],
    ['usage_leaf_code', 'item', 'average price', 1, 'average_amount',
        "is_component and has_plan and usage_leaf_code = 'MAT.YIELD' and is_mix_at_average"],
    ["'MAT.MIX'", 'item', 'at standard price', 1, 'used_amount',
        'is_component and is_planned and mix_group is not null and not is_substituted'],
    ["'MAT.MIX'", 'item', 'mix', -1, 'mix_amount',
        'is_component and is_planned and mix_group is not null and not is_substituted'],
    ["'MAT.MIX'", 'item', 'average price', -1, 'average_amount', 'is_component and is_planned'
        ~ ' and mix_group is not null and not is_substituted and is_mix_at_average'],
    ["'MAT.USAGE'", 'order', 'at standard price', 1, 'used_amount', 'is_component and not has_plan'],
    ["'OUT.MIXED'", 'order', 'planned', 1, 'planned_amount', 'is_component'],
    ["'OUT.MIXED'", 'order', 'planned', -1, 'planned_amount', 'not is_component'],
] %}
{% set activity_parts = [
    ["case cost_component when 'labour' then 'LAB.RATE' else 'MCH.RATE' end", 'operation', 'actual', 1,
        'actual_amount', "cost_component in ('labour', 'machine', 'setup')"],
    ["case cost_component when 'labour' then 'LAB.RATE' else 'MCH.RATE' end", 'operation', 'booked', -1,
        'booked_amount', "cost_component in ('labour', 'machine', 'setup')"],
    ["'ROUND'", 'order', 'booked', 1, 'booked_amount', "measured_by = 'tree' and cost_component <> 'subcontract'"],
    ["'ROUND'", 'order', 'at posting rate', -1, 'exact_amount',
        "measured_by = 'tree' and cost_component <> 'subcontract'"],
    ["'SUB.PRICE'", 'operation', 'booked', 1, 'booked_amount',
        "measured_by = 'tree' and cost_component = 'subcontract'"],
    ["'SUB.PRICE'", 'operation', 'at standard price', -1, 'at_date_amount',
        "measured_by = 'tree' and cost_component = 'subcontract'"],
    ["'STD.REVAL'", 'operation', 'at posting rate', 1, 'exact_amount',
        "measured_by = 'tree' and cost_component <> 'subcontract'"],
    ["'STD.REVAL'", 'operation', 'at standard rate', -1, 'at_date_amount',
        "measured_by = 'tree' and cost_component <> 'subcontract'"],
    ["'REWORK'", 'operation', 'rework', 1, 'rework_amount', "measured_by = 'tree'"],
    ['efficiency_leaf_code', 'operation',
        "case cost_component when 'subcontract' then 'at standard price' else 'at standard rate' end", 1,
        'at_date_amount', "measured_by = 'tree' and is_routed"],
    ['efficiency_leaf_code', 'operation', 'rework', -1, 'rework_amount', "measured_by = 'tree' and is_routed"],
    ['efficiency_leaf_code', 'operation', 'planned', -1, 'planned_amount', "measured_by = 'tree' and is_routed"],
    ['efficiency_leaf_code', 'operation', 'setup', -1, 'setup_amount', "measured_by = 'tree' and is_routed"],
    ['efficiency_leaf_code', 'operation', 'scrap', -1, 'scrap_amount', "measured_by = 'tree' and is_routed"],
    ["'LOT'", 'operation', 'setup', 1, 'setup_amount', "measured_by = 'tree'"],
    ["'LOT'", 'operation', 'lot setup', -1, 'lot_setup_amount', "measured_by = 'tree'"],
    ['efficiency_leaf_code', 'order', 'at standard rate', 1, 'at_date_amount',
        "measured_by = 'tree' and not is_routed"],
    ['efficiency_leaf_code', 'order', 'rework', -1, 'rework_amount', "measured_by = 'tree' and not is_routed"],
    ["'OUT.MIXED'", 'order', 'planned', 1, 'planned_amount', "measured_by = 'tree'"],
    ["'OUT.MIXED'", 'order', 'lot setup', 1, 'lot_setup_amount', "measured_by = 'tree'"],
] %}
{% set output_parts = [
    ["'OUT.MIXED'", 'order', 'standard of output', -1, 'at_date_amount', 'has_plan'],
    ["case cost_component when 'material' then 'MAT.USAGE' else efficiency_leaf_code end", 'order',
        'standard of output', -1, 'at_date_amount', 'not has_plan'],
    ["'STD.REVAL'", 'order', 'standard of output', 1, 'at_date_amount', 'true'],
    ["'STD.REVAL'", 'order', 'output at posting price', -1, 'exact_amount', 'true'],
    ["'ROUND'", 'order', 'output at posting price', 1, 'exact_amount', 'true'],
    ["'ROUND'", 'order', 'output in cents', -1, 'booked_amount', 'true'],
] %}
with

leaves as (
    select company_id, order_id, plant_id, item_id, order_variance_id, leaf_code, cost_component, component_item_id,
        operation_no
    from {{ ref('int_order_variance') }}
),

standards as (select * from {{ ref('int_order_standard') }}),

choices as (select company_id, joint_variance, mix_method from {{ ref('int_costing_choice') }}),

orders as (select company_id, order_id, order_type from {{ ref('dim_order') }}),

measured as (
    select standards.company_id, standards.order_id,
        case
            when orders.order_type = 'rework' and standards.lines_without_standard = 0 then 'rework'
            when standards.price_status <> 'known' or standards.lines_without_standard > 0 then 'no standard'
            else 'tree'
        end as measured_by
    from standards
    inner join orders using (company_id, order_id)
),

materials as (
    select leaves.*, choices.mix_method = 'average_price' as is_mix_at_average,
        leaves.line_type = 'component' as is_component,
        leaves.has_substitute and not leaves.is_used as is_substituted,
        case when leaves.is_rounding then 'ROUND' else 'MAT.PRICE' end as price_leaf_code,
        case
            when not leaves.is_planned or (leaves.has_substitute and not leaves.is_used) then 'MAT.SUBST'
            when leaves.mix_group is not null then 'MAT.YIELD'
            else 'MAT.USAGE'
        end as usage_leaf_code,
        case
            when choices.joint_variance = 'separate' and leaves.line_type = 'component' and leaves.has_plan
                and leaves.used_qty <> 0 and not leaves.is_rounding
                then {{ exact_quotient([['leaves.price_amount', 6], ['leaves.used_qty - leaves.planned_qty', 6]],
                    [['leaves.used_qty', 6]], 6) }}
            else 0
        end as joint_amount
    from {{ ref('int_order_material_leaf') }} as leaves
    inner join choices using (company_id)
    inner join measured using (company_id, order_id)
    where measured.measured_by = 'tree'
),

routed as (select distinct company_id, order_id from {{ ref('int_order_routing') }}),

activities as (
    select leaves.*, measured.measured_by, {{ efficiency_code }} as efficiency_leaf_code,
        routed.order_id is not null as is_routed
    from {{ ref('int_order_activity_leaf') }} as leaves
    inner join measured using (company_id, order_id)
    left join routed using (company_id, order_id)
),

planned_materials as (
    select company_id, order_id, bool_or(is_planned) as has_plan from materials
    group by all
),

-- The standard of the output by component, and the bill of material or the routing that is compared with it.
component_outputs as (
    {% for component in order_components() %}
    select company_id, order_id, '{{ component }}' as cost_component,
        {{ component }}_amount as booked_amount, exact_{{ component }}_amount as exact_amount,
        at_date_{{ component }}_amount as at_date_amount
    from standards
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

outputs as (
    select component_outputs.*, measured.measured_by, {{ efficiency_code }} as efficiency_leaf_code,
        case
            when component_outputs.cost_component = 'material' then coalesce(planned_materials.has_plan, false)
            else routed.order_id is not null
        end as has_plan
    from component_outputs
    inner join measured using (company_id, order_id)
    left join routed using (company_id, order_id)
    left join planned_materials using (company_id, order_id)
),

credits as (
    select standards.*, measured.measured_by
    from standards
    inner join measured using (company_id, order_id)
),

whole_orders as (
    select postings.company_id, postings.order_id, postings.cost_component, measured.measured_by,
        sum(postings.booked_amount) as booked_amount
    from {{ ref('fct_order_posting') }} as postings
    inner join measured using (company_id, order_id)
    where measured.measured_by <> 'tree' and postings.cost_component <> 'output'
    group by all
),

parts as (
    {%- for source, evidence, listed in [['materials', "case when is_component then 'material' else 'by_product' end",
        material_parts], ['activities', "case cost_component when 'subcontract' then 'outside work' else 'hours' end",
        activity_parts], ['outputs', "'output'", output_parts]] %}
    select company_id, order_id, {{ "'material'" if source == 'materials' else 'cost_component' }} as cost_component,
        {{ 'item_id' if source == 'materials' else 'null' }} as part_item_id,
        {{ 'operation_no' if source == 'activities' else 'null' }} as part_operation_no,
        {{ evidence }} as evidence,
        unnest([
            {%- for leaf, kept_at, kind, direction, amount, applies in listed %}
            struct_pack(
                leaf_code := case
                    when {{ applies }}{{ " and measured_by = 'tree'" if source == 'outputs' }} then {{ leaf }}
                end,
                kept_at := {{ kept_at if kept_at.startswith('case') else "'" ~ kept_at ~ "'" }},
                part_kind := {{ kind if kind.startswith('case') else "'" ~ kind ~ "'" }},
                direction := {{ direction }}, amount := cast({{ direction }} * {{ amount }} as decimal(28, 6))
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ], recursive := true)
    from {{ source }}
    union all by name
    {%- endfor %}
    select company_id, order_id, cost_component, item_id as part_item_id, operation_no as part_operation_no,
        'scrap' as evidence, 'SCRAP' as leaf_code, 'scrapped at' as kept_at, 'scrap' as part_kind, 1 as direction,
        cast(amount as decimal(28, 6)) as amount, scrap_operation_no
    from {{ ref('int_order_scrap_part') }}
    inner join measured using (company_id, order_id)
    where measured.measured_by = 'tree'
    union all by name
    select company_id, order_id, cost_component, 'charges' as evidence,
        case measured_by when 'rework' then 'REWORK' else 'STD.NONE' end as leaf_code, 'order' as kept_at,
        'booked' as part_kind, 1 as direction, cast(booked_amount as decimal(28, 6)) as amount
    from whole_orders
    union all by name
    select company_id, order_id, cost_component, 'output' as evidence, 'REWORK' as leaf_code, 'order' as kept_at,
        'output in cents' as part_kind, -1 as direction, cast(-booked_amount as decimal(28, 6)) as amount
    from outputs
    where measured_by = 'rework'
    union all by name
    select company_id, order_id, 'output' as cost_component, 'output' as evidence,
        case
            when measured_by = 'no standard' then 'STD.NONE'
            when abs(standard_value - credit_amount) <= 0.005 * line_count * (component_count + 1) then 'ROUND'
            else 'OUT.PRICE'
        end as leaf_code, 'order' as kept_at,
        unnest([
            struct_pack(
                part_kind := 'output in cents', direction := 1,
                amount := cast(case when measured_by <> 'no standard' then standard_value end as decimal(28, 6))
            ),
            struct_pack(
                part_kind := 'credited', direction := -1, amount := cast(-credit_amount as decimal(28, 6))
            )
        ], recursive := true)
    from (
        select *,
            {% for component in order_components() %}
            {{ component }}_amount{{ ' +' if not loop.last }}
            {% endfor %}
            as standard_value
        from credits
    )
),

dates as (select company_id, order_id, standard_date from standards),

final as (
    select leaves.company_id, leaves.plant_id, leaves.order_id,
        {{ surrogate_key(['leaves.company_id', 'leaves.order_id']) }} as order_key,
        leaves.order_variance_id, leaves.leaf_code, leaves.cost_component,
        parts.part_kind, parts.evidence as part_evidence,
        cast(parts.direction as integer) as part_direction,
        parts.part_item_id, cast(parts.part_operation_no as bigint) as part_operation_no, dates.standard_date,
        cast(sum(parts.amount) as decimal(28, 6)) as part_amount
    from parts
    inner join leaves
        on parts.company_id = leaves.company_id and parts.order_id = leaves.order_id
        and parts.leaf_code = leaves.leaf_code and parts.cost_component = leaves.cost_component
        and case when parts.kept_at = 'item' then parts.part_item_id end is not distinct from leaves.component_item_id
        and case parts.kept_at
            when 'operation' then parts.part_operation_no
            when 'scrapped at' then parts.scrap_operation_no
        end is not distinct from leaves.operation_no
    inner join dates on parts.company_id = dates.company_id and parts.order_id = dates.order_id
    group by all
    having part_amount <> 0
)

select * from final
