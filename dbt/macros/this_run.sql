{# What one run is told, by environment: a value in --vars that changes every night makes dbt parse every file again,
   2 of a night's 7 CPU seconds. Empty means not given. #}
{% macro as_of() -%} {{ return(told('TIEOUT_AS_OF')) }} {%- endmacro %}

{# What an environment variable says when SQL is made. While dbt parses it is not asked for: a file that asked is parsed
   again whenever the value differs, and these differ every night. #}
{% macro told(name, default='') -%} {{ return(env_var(name, default) if execute else default) }} {%- endmacro %}

{# The build that this run is, and the last one that completed. #}
{% macro build_id() -%} {{ return(told('TIEOUT_BUILD_ID', 'development')) }} {%- endmacro %}

{% macro last_build() -%} {{ return(told('TIEOUT_LAST_BUILD')) }} {%- endmacro %}

{# The production dates to compute again as a list, or none for all of history: without the variable, all. #}
{% macro affected_dates() -%}
    {%- set dates = told('TIEOUT_AFFECTED_DATES', 'all') -%}
    {{ return(none if dates == 'all' else dates.split(',') | select | list) }}
{%- endmacro %}
