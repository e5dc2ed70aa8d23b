{# The cost components of a standard, in the order in which they are shown. #}
{% macro cost_components() -%}
    {{ return(['material', 'labour', 'machine', 'setup', 'variable_overhead', 'fixed_overhead', 'subcontract']) }}
{%- endmacro %}

{# A sum of which a part is unknown is unknown. #}
{% macro known_sum(value, filter='') -%}
    case
        when count(*) {{ filter }} = count({{ value }}) {{ filter }} then coalesce(sum({{ value }}) {{ filter }}, 0)
    end
{%- endmacro %}

{# a × b ÷ a million, all with six decimals: what a million units cost, of so many for a million. Null where that is more
   than 128 bits can hold: absurd quantities must not stop the night. #}
{% macro per_million(a, b) -%} try({{ exact_quotient([[a, 6], [b, 6]], [['1000000', 0]], 6) }}) {%- endmacro %}
