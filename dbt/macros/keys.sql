{# One text column that joins a mart to a dimension in tools which know only single-column relationships. #}
{% macro surrogate_key(columns) -%}
    {%- for column in columns -%} {{ column }}{{ " || '|' || " if not loop.last }} {%- endfor -%}
{%- endmacro %}
