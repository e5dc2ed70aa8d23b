-- The variance tree: which amounts each leaf of a finished order is made of, said once. Leaves are their sums.
-- One row per order × leaf × part × item or operation that the part is about. part_direction: 1 if a part is added, −1
-- if it is taken off. What one leaf takes off another adds, so that all of an order add up to actual − standard
-- exactly. The first part of a leaf carries its quantities and hours.
{{ config(materialized='view') }}
{% set efficiency_code -%}
    case cost_component
        {%- for component, leaf in efficiency_leaves().items() %} when '{{ component }}' then '{{ leaf }}'{% endfor %} end
{%- endset %}
{% set rate_code = "case cost_component when 'labour' then 'LAB.RATE' else 'MCH.RATE' end" %}
{% set is_hours = "cost_component <> 'subcontract' and measured_by = 'tree'" %}
{% set is_outside = "cost_component = 'subcontract' and measured_by = 'tree'" %}
{# By leaf: its code, where it is kept, when it applies, its quantities, and its parts: kind, direction, amount. #}
{% set material_quantities = {'actual_qty': 'used_qty', 'standard_qty': 'planned_qty',
    'standard_unit_price': 'standard_unit_price'} %}
{% set material_leaves = [
    ['price_leaf_code', 'item', 'price_amount <> 0', material_quantities,
        [['booked', 1, 'booked_amount'], ['at posting price', -1, 'posted_standard_amount'],
         ['joint', -1, 'joint_amount']]],
    ["'MAT.JOINT'", 'item', 'joint_amount <> 0', material_quantities, [['joint', 1, 'joint_amount']]],
    ["'STD.REVAL'", 'item', 'posted_standard_amount <> used_amount', material_quantities,
        [['at posting price', 1, 'posted_standard_amount'], ['at standard price', -1, 'used_amount']]],
    ["'BYP'", 'item', "line_type <> 'component'", dict(material_quantities, actual_qty='-used_qty'),
        [['at standard price', 1, 'used_amount'], ['planned', 1, 'planned_amount']]],
    ['usage_leaf_code', 'item', "usage_leaf_code <> 'MAT.YIELD'", material_quantities,
        [['at standard price', 1, 'used_amount'], ['planned', -1, 'planned_amount'], ['scrap', -1, 'scrap_amount']]],
    ["'MAT.YIELD'", 'item', "usage_leaf_code = 'MAT.YIELD'", material_quantities,
        [['mix', 1, 'mix_amount'], ['planned', -1, 'planned_amount'], ['scrap', -1, 'scrap_amount'],
         ['average price', 1, 'average_amount']]],
    ["'MAT.MIX'", 'item', "usage_leaf_code = 'MAT.YIELD'", dict(material_quantities, standard_qty='mix_qty'),
        [['at standard price', 1, 'used_amount'], ['mix', -1, 'mix_amount'],
         ['average price', -1, 'average_amount']]],
    ["'MAT.USAGE'", 'order', "line_type = 'component' and not has_plan", {},
        [['at standard price', 1, 'used_amount']]],
    ["'OUT.MIXED'", 'order', "line_type = 'component'", {}, [['planned', 1, 'planned_amount']]],
    ["'OUT.MIXED'", 'order', "line_type <> 'component'", {}, [['planned', -1, 'planned_amount']]],
] %}
{% set activity_leaves = [
    [rate_code, 'operation',
        "cost_component in ('labour', 'machine', 'setup') and actual_amount <> booked_amount",
        {'actual_hours': 'actual_hours'}, [['actual', 1, 'actual_amount'], ['booked', -1, 'booked_amount']]],
    ["'ROUND'", 'operation', is_hours ~ ' and booked_amount <> exact_amount', {},
        [['booked', 1, 'booked_amount'], ['at posting rate', -1, 'exact_amount']]],
    ["'SUB.PRICE'", 'operation', is_outside ~ ' and booked_amount <> at_date_amount', {'actual_qty': 'actual_qty'},
        [['booked', 1, 'booked_amount'], ['at standard price', -1, 'at_date_amount']]],
    ["'STD.REVAL'", 'operation', is_hours ~ ' and exact_amount <> at_date_amount', {'actual_hours': 'actual_hours'},
        [['at posting rate', 1, 'exact_amount'], ['at standard rate', -1, 'at_date_amount']]],
    ["'REWORK'", 'operation', "measured_by = 'tree'", {'actual_hours': 'rework_hours'},
        [['rework', 1, 'rework_amount']]],
    [efficiency_code, 'operation', is_hours ~ ' and is_routed',
        {'actual_hours': 'actual_hours - coalesce(rework_hours, 0)', 'standard_hours': 'standard_hours',
         'standard_unit_price': 'standard_unit_price'},
        [['at standard rate', 1, 'at_date_amount'], ['rework', -1, 'rework_amount'],
         ['planned', -1, 'planned_amount'], ['setup', -1, 'setup_amount'], ['scrap', -1, 'scrap_amount']]],
    [efficiency_code, 'operation', is_outside ~ ' and is_routed',
        {'actual_qty': 'actual_qty', 'standard_qty': 'planned_qty', 'standard_unit_price': 'standard_unit_price'},
        [['at standard price', 1, 'at_date_amount'], ['planned', -1, 'planned_amount'],
         ['scrap', -1, 'scrap_amount']]],
    ["'LOT'", 'operation', "measured_by = 'tree'", {},
        [['setup', 1, 'setup_amount'], ['lot setup', -1, 'lot_setup_amount']]],
    [efficiency_code, 'order', "measured_by = 'tree' and not is_routed",
        {'actual_hours': 'actual_hours - coalesce(rework_hours, 0)', 'actual_qty': 'actual_qty'},
        [['at standard rate', 1, 'at_date_amount'], ['rework', -1, 'rework_amount']]],
    ["'OUT.MIXED'", 'order', "measured_by = 'tree'", {},
        [['planned', 1, 'planned_amount'], ['lot setup', 1, 'lot_setup_amount']]],
] %}
{# Where no bill of material or no routing says what should have been used, the standard's own amount is the target. #}
{% set output_leaves = [
    ["'OUT.MIXED'", 'order', 'has_plan', {}, [['standard of output', -1, 'at_date_amount']]],
    ["case cost_component when 'material' then 'MAT.USAGE' else " ~ efficiency_code ~ ' end', 'order', 'not has_plan',
        {}, [['standard of output', -1, 'at_date_amount']]],
    ["'STD.REVAL'", 'order', 'at_date_amount <> exact_amount', {},
        [['standard of output', 1, 'at_date_amount'], ['output at posting price', -1, 'exact_amount']]],
    ["'ROUND'", 'order', 'exact_amount <> cent_amount', {},
        [['output at posting price', 1, 'exact_amount'], ['output in cents', -1, 'cent_amount']]],
] %}
{% set of_rows = ['component_item_id', 'operation_no', 'cost_center_id', 'actual_qty', 'standard_qty',
    'standard_unit_price'] %}
{% set sources = [
    [ref('int_order_material_leaf'), "case line_type when 'component' then 'material' else 'by_product' end",
        "'material'", 'item_id', 'null', material_leaves],
    [ref('int_order_activity_leaf'), "case cost_component when 'subcontract' then 'outside work' else 'hours' end",
        'cost_component', 'null', 'operation_no', activity_leaves],
    ['outputs', "'output'", 'cost_component', 'null', 'null', output_leaves],
] %}
{% set credit_parts = [
    ['output in cents', 1, 'standard_amount', "measured_by <> 'no standard'"],
    ['credited', -1, 'credit_amount', 'true'],
] %}
with

standards as (
    select standards.*,
        {% for component in order_components() %}
        {{ component }}_amount{{ ' +' if not loop.last }}
        {% endfor %}
        as standard_amount
    from {{ ref('int_order_standard') }} as standards
    inner join {{ ref('int_order_end') }} as ends using (company_id, order_id)
),

component_standards as (
    {% for component in order_components() %}
    select company_id, order_id, measured_by, '{{ component }}' as cost_component,
        {{ component }}_amount as cent_amount, exact_{{ component }}_amount as exact_amount,
        at_date_{{ component }}_amount as at_date_amount
    from standards
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

plans as (
    select distinct company_id, order_id, 'material' as plan_of from {{ ref('int_order_material_leaf') }}
    where has_plan
    union all
    select distinct company_id, order_id, 'hours' as plan_of from {{ ref('int_order_routing') }}
),

outputs as (
    select component_standards.*, plans.order_id is not null as has_plan
    from component_standards
    left join plans
        on component_standards.company_id = plans.company_id and component_standards.order_id = plans.order_id
        and case component_standards.cost_component when 'material' then 'material' else 'hours' end = plans.plan_of
),

-- An order without a usable standard, and an order that repairs: all that was charged is named, and nothing explained.
whole_orders as (
    select postings.company_id, postings.order_id, postings.cost_component, standards.measured_by,
        cast(sum(postings.booked_amount) as decimal(28, 6)) as booked_amount
    from {{ ref('fct_order_posting') }} as postings
    inner join standards using (company_id, order_id)
    where standards.measured_by <> 'tree' and postings.cost_component <> 'output'
    group by all
),

parts as (
    {% for source, evidence, component, item, operation, leaves in sources %}
    {% for leaf_code, kept_at, applies, quantities, listed in leaves %}
    {% for kind, direction, amount in listed %}
    select company_id, order_id, {{ leaf_code }} as leaf_code, {{ component }} as cost_component,
        {{ item }} as part_item_id, {{ operation }} as part_operation_no,
        {{ 'part_item_id' if kept_at == 'item' else 'null' }} as component_item_id,
        {{ 'part_operation_no' if kept_at == 'operation' else 'null' }} as operation_no,
        {{ 'cost_center_id' if kept_at == 'operation' else 'null' }} as cost_center_id,
        {{ evidence }} as part_evidence, '{{ kind }}' as part_kind, {{ direction }} as part_direction,
        cast({{ direction }} * {{ amount }} as decimal(28, 6)) as part_amount
        {%- if loop.first %}
        {%- for name, quantity in quantities.items() %},
        {{ quantity }} as {{ name }}
        {%- endfor %}
        {%- endif %}
    from {{ source }}
    where {{ applies }}
        {%- if 'measured_by' not in applies and leaf_code != rate_code %} and measured_by = 'tree'{% endif %}
        {%- if not (loop.first and quantities) %} and {{ amount }} <> 0{% endif %}
    union all by name
    {% endfor %}
    {% endfor %}
    {% endfor %}
    select parts.company_id, parts.order_id, 'SCRAP' as leaf_code, parts.cost_component,
        parts.item_id as part_item_id, parts.operation_no as part_operation_no,
        parts.scrap_operation_no as operation_no, 'scrap' as part_evidence, 'scrap' as part_kind, 1 as part_direction,
        parts.amount as part_amount, parts.abnormal_qty as scrapped_qty
    from {{ ref('int_order_scrap_part') }} as parts
    inner join standards using (company_id, order_id)
    where standards.measured_by = 'tree'
    union all by name
    select company_id, order_id, case measured_by when 'rework' then 'REWORK' else 'STD.NONE' end as leaf_code,
        cost_component, 'charges' as part_evidence, 'booked' as part_kind, 1 as part_direction,
        booked_amount as part_amount
    from whole_orders
    union all by name
    select company_id, order_id, 'REWORK' as leaf_code, cost_component, 'output' as part_evidence,
        'output in cents' as part_kind, -1 as part_direction, cast(-cent_amount as decimal(28, 6)) as part_amount
    from outputs
    where measured_by = 'rework'
    union all by name
    {% for kind, direction, amount, applies in credit_parts %}
    select company_id, order_id,
        case
            when measured_by = 'no standard' then 'STD.NONE'
            when abs(standard_amount - credit_amount) <= 0.005 * line_count * (component_count + 1) then 'ROUND'
            else 'OUT.PRICE'
        end as leaf_code,
        'output' as cost_component, 'output' as part_evidence, '{{ kind }}' as part_kind,
        {{ direction }} as part_direction, cast({{ direction }} * {{ amount }} as decimal(28, 6)) as part_amount
    from standards
    where {{ applies }}
    {{ 'union all by name' if not loop.last }}
    {% endfor %}
),

-- What rounding leaves belongs to the order, not to an item or an operation.
final as (
    select * exclude ({{ of_rows | join(', ') }})
        {%- for name in of_rows %},
        case when leaf_code <> 'ROUND' then {{ name }} end as {{ name }}
        {%- endfor %}
    from parts
)

select * from final
