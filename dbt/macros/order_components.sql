{# The cost components of an order, in the order of the standard cost. #}
{% macro order_components() -%}
    {{ return(['material', 'labour', 'machine', 'setup', 'variable_overhead', 'fixed_overhead', 'subcontract']) }}
{%- endmacro %}

{# The leaf that hours, or outside work, beyond what the good output should have taken count as, by cost component. #}
{% macro efficiency_leaves() -%}
    {{ return({'labour': 'LAB.EFF', 'machine': 'MCH.EFF', 'setup': 'MCH.EFF', 'variable_overhead': 'VOH.EFF',
        'fixed_overhead': 'FOH.EFF', 'subcontract': 'SUB.QTY'}) }}
{%- endmacro %}
