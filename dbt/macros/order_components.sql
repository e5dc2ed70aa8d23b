{# The cost components of an order, in the order of the standard cost. #}
{% macro order_components() -%}
    {{ return(['material', 'labour', 'machine', 'setup', 'variable_overhead', 'fixed_overhead', 'subcontract']) }}
{%- endmacro %}
