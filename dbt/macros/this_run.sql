{# What one run is told, by environment: a value in --vars that changes every night makes dbt parse every file again,
   2 of a night's 7 CPU seconds. Empty means not given. #}
{% macro as_of() -%} {{ return(env_var('TIEOUT_AS_OF', '')) }} {%- endmacro %}

{# The production dates to compute again as a list, or none for all of history: without the variable, all. #}
{% macro affected_dates() -%}
    {%- set dates = env_var('TIEOUT_AFFECTED_DATES', 'all') -%}
    {{ return(none if dates == 'all' else dates.split(',') | select | list) }}
{%- endmacro %}
