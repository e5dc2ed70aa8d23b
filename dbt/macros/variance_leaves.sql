{# The variance tree, said once: by table of primitives, which amounts each leaf is made of.
   A group names the table, when its leaves apply, what their parts are read off (evidence), and the columns that say
   which component, item and operation a part is about. A leaf is its code, what it is kept by (item, operation, or
   order alone), when it applies, its quantities and hours, and its parts: kind, direction (1 added, -1 taken off) and
   amount. What one leaf takes off another adds, so that all of an order add up to actual - standard exactly. #}
{% macro variance_leaves() -%}
    {%- set material_quantities = {'actual_qty': 'used_qty', 'standard_qty': 'planned_qty',
        'standard_unit_price': 'standard_unit_price'} -%}
    {%- set material = [
        ["'ROUND'", 'order', 'is_price_rounding and price_amount <> 0', {},
            [['booked', 1, 'booked_amount'], ['at posting price', -1, 'posted_standard_amount']]],
        ["'MAT.PRICE'", 'item', 'not is_price_rounding and price_amount <> 0', material_quantities,
            [['booked', 1, 'booked_amount'], ['at posting price', -1, 'posted_standard_amount'],
             ['joint', -1, 'joint_amount']]],
        ["'MAT.JOINT'", 'item', 'joint_amount <> 0', material_quantities, [['joint', 1, 'joint_amount']]],
        ["'STD.REVAL'", 'item', 'posted_standard_amount <> used_amount', material_quantities,
            [['at posting price', 1, 'posted_standard_amount'], ['at standard price', -1, 'used_amount']]],
        ["'BYP'", 'item', "line_type <> 'component'", dict(material_quantities, actual_qty='-used_qty'),
            [['at standard price', 1, 'used_amount'], ['planned', 1, 'planned_amount']]],
        ['usage_leaf_code', 'item', "usage_leaf_code <> 'MAT.YIELD'", material_quantities,
            [['at standard price', 1, 'used_amount'], ['planned', -1, 'planned_amount'],
             ['scrap', -1, 'scrap_amount']]],
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
    ] -%}
    {%- set efficiency_code -%}
        case cost_component
            {%- for component, code in {'labour': 'LAB.EFF', 'machine': 'MCH.EFF', 'setup': 'MCH.EFF',
                'variable_overhead': 'VOH.EFF', 'fixed_overhead': 'FOH.EFF', 'subcontract': 'SUB.QTY'}.items() %}
            when '{{ component }}' then '{{ code }}'
            {%- endfor %} end
    {%- endset -%}
    {%- set hours, outside = "cost_component <> 'subcontract'", "cost_component = 'subcontract'" -%}
    {%- set hours_beyond_rework = {'actual_hours': 'actual_hours - coalesce(rework_hours, 0)'} -%}
    {%- set rates = [
        ["case cost_component when 'labour' then 'LAB.RATE' else 'MCH.RATE' end", 'operation',
            "cost_component in ('labour', 'machine', 'setup') and actual_amount <> booked_amount",
            {'actual_hours': 'actual_hours'}, [['actual', 1, 'actual_amount'], ['booked', -1, 'booked_amount']]],
    ] -%}
    {%- set activities = [
        ["'ROUND'", 'order', hours ~ ' and booked_amount <> exact_amount', {},
            [['booked', 1, 'booked_amount'], ['at posting rate', -1, 'exact_amount']]],
        ["'SUB.PRICE'", 'operation', outside ~ ' and booked_amount <> at_date_amount', {'actual_qty': 'actual_qty'},
            [['booked', 1, 'booked_amount'], ['at standard price', -1, 'at_date_amount']]],
        ["'STD.REVAL'", 'operation', hours ~ ' and exact_amount <> at_date_amount', {'actual_hours': 'actual_hours'},
            [['at posting rate', 1, 'exact_amount'], ['at standard rate', -1, 'at_date_amount']]],
        ["'REWORK'", 'operation', 'rework_amount <> 0', {'actual_hours': 'rework_hours'},
            [['rework', 1, 'rework_amount']]],
        [efficiency_code, 'operation', hours ~ ' and is_routed',
            dict(hours_beyond_rework, standard_hours='standard_hours', standard_unit_price='standard_unit_price'),
            [['at standard rate', 1, 'at_date_amount'], ['rework', -1, 'rework_amount'],
             ['planned', -1, 'planned_amount'], ['setup', -1, 'setup_amount'], ['scrap', -1, 'scrap_amount']]],
        [efficiency_code, 'operation', outside ~ ' and is_routed',
            {'actual_qty': 'actual_qty', 'standard_qty': 'planned_qty', 'standard_unit_price': 'standard_unit_price'},
            [['at standard price', 1, 'at_date_amount'], ['planned', -1, 'planned_amount'],
             ['scrap', -1, 'scrap_amount']]],
        ["'LOT'", 'operation', 'setup_amount <> 0', {},
            [['setup', 1, 'setup_amount'], ['lot setup', -1, 'lot_setup_amount']]],
        [efficiency_code, 'order', 'not is_routed', dict(hours_beyond_rework, actual_qty='actual_qty'),
            [['at standard rate', 1, 'at_date_amount'], ['rework', -1, 'rework_amount']]],
        ["'OUT.MIXED'", 'order', 'true', {},
            [['planned', 1, 'planned_amount'], ['lot setup', 1, 'lot_setup_amount']]],
    ] -%}
    {#- Where no bill of material or no routing says what should have been used, the standard's own is the target. -#}
    {%- set outputs = [
        ["'OUT.MIXED'", 'order', 'has_plan', {}, [['standard of output', -1, 'at_date_amount']]],
        ["case cost_component when 'material' then 'MAT.USAGE' else " ~ efficiency_code ~ ' end', 'order',
            'not has_plan', {}, [['standard of output', -1, 'at_date_amount']]],
        ["'STD.REVAL'", 'order', 'at_date_amount <> exact_amount', {},
            [['standard of output', 1, 'at_date_amount'], ['output at posting price', -1, 'exact_amount']]],
        ["'ROUND'", 'order', 'exact_amount <> cent_amount', {},
            [['output at posting price', 1, 'exact_amount'], ['output in cents', -1, 'cent_amount']]],
    ] -%}
    {#- An order without a usable standard, or that repairs: all that was charged is named, and nothing explained. -#}
    {%- set wholes = [
        ["case measured_by when 'rework' then 'REWORK' else 'STD.NONE' end", 'order', 'true', {},
            [['booked', 1, 'charged_amount']]],
    ] -%}
    {%- set credits = [
        ["'REWORK'", 'order', "cost_component <> 'output' and measured_by = 'rework'", {},
            [['output in cents', -1, 'cent_amount']]],
        ["'STD.NONE'", 'order', "cost_component = 'output' and measured_by = 'no standard'", {},
            [['credited', -1, 'credited_amount']]],
        ["case when is_credit_rounding then 'ROUND' else 'OUT.PRICE' end", 'order',
            "cost_component = 'output' and measured_by <> 'no standard'", {},
            [['output in cents', 1, 'cent_amount'], ['credited', -1, 'credited_amount']]],
    ] -%}
    {%- set tree = "measured_by = 'tree'" -%}
    {{ return([
        {'source': 'int_order_material_leaf', 'applies': tree, 'component': "'material'", 'item': 'item_id',
            'evidence': "case line_type when 'component' then 'material' else 'by_product' end", 'leaves': material},
        {'source': 'int_order_activity_leaf', 'applies': 'true', 'operation': 'operation_no', 'evidence': "'hours'",
            'leaves': rates},
        {'source': 'int_order_activity_leaf', 'applies': tree, 'operation': 'operation_no',
            'evidence': "case cost_component when 'subcontract' then 'outside work' else 'hours' end",
            'leaves': activities},
        {'source': 'int_order_scrap_part', 'applies': 'true', 'item': 'item_id', 'operation': 'operation_no',
            'kept_operation': 'scrap_operation_no', 'evidence': "'scrap'",
            'leaves': [["'SCRAP'", 'operation', 'true', {'scrapped_qty': 'abnormal_qty'},
                [['scrap', 1, 'amount']]]]},
        {'source': 'int_order_output_leaf', 'applies': tree ~ " and cost_component <> 'output'",
            'evidence': "'output'", 'leaves': outputs},
        {'source': 'int_order_output_leaf', 'applies': 'charged_amount <> 0', 'evidence': "'charges'",
            'leaves': wholes},
        {'source': 'int_order_output_leaf', 'applies': 'true', 'evidence': "'output'", 'leaves': credits},
    ]) }}
{%- endmacro %}

{# The amount of a leaf: its parts, added or taken off. #}
{% macro leaf_sum(parts) -%}
    (
    {%- for _, direction, amount in parts -%}
        {{ (' + ' if not loop.first) if direction > 0 else ' - ' }}{{ amount }}
    {%- endfor -%}
    )
{%- endmacro %}
