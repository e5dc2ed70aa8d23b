{# Which days an incremental model computes again. Production dates come from the variable affected_dates; the UTC days
   whose events can fall into those production dates reach one day to each side, since a shift may cross midnight
   and a plant's clock may be up to 14 hours away from UTC. #}
{% macro affected_production_dates() -%}
    {%- if var('affected_dates') is string -%}
        (error('affected_dates is "all": run with --full-refresh, or name the dates'))
    {%- elif var('affected_dates') | length == 0 -%} (null::date)
    {%- else -%} ({% for day in var('affected_dates') %}date '{{ day }}'{{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}

{% macro affected_event_dates() -%}
    {%- set wanted = [] -%}
    {%- for day in var('affected_dates') if var('affected_dates') is not string -%}
        {%- for offset in (-1, 0, 1, 2) -%}
            {%- set near = (modules.datetime.date.fromisoformat(day) + modules.datetime.timedelta(days=offset)).isoformat() -%}
            {%- if near not in wanted -%} {%- do wanted.append(near) -%} {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if var('affected_dates') is string -%}
        (error('affected_dates is "all": run with --full-refresh, or name the dates'))
    {%- elif wanted | length == 0 -%} (null::date)
    {%- else -%} ({% for day in wanted %}date '{{ day }}'{{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}

{# Removes what an incremental model is about to compute again, in the same transaction. #}
{% macro delete_affected(column, dates='production') -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ column }} in
        {{ affected_production_dates() if dates == 'production' else affected_event_dates() }}
    {%- endif -%}
{%- endmacro %}

{# Whether this run computes all of history: views have no is_incremental() to ask. #}
{% macro full_history() -%}
    {{ return(var('affected_dates') is string) }}
{%- endmacro %}
