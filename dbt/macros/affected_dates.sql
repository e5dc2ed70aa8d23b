{# Which days an incremental model computes again. Production dates come from TIEOUT_AFFECTED_DATES; the UTC days
   whose events can fall into those production dates are named by TIEOUT_AFFECTED_EVENT_DATES where the calendar is
   known; else they reach one day to each side, since a shift may cross midnight and a plant's clock may be up to 14
   hours away from UTC. #}
{% macro affected_production_dates() -%}
    {%- if affected_dates() is none -%}
        (error('TIEOUT_AFFECTED_DATES names no dates: run with --full-refresh, or name them'))
    {%- elif affected_dates() | length == 0 -%} (null::date)
    {%- else -%} ({% for day in affected_dates() %}date '{{ day }}'{{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}

{% macro affected_event_dates() -%}
    {%- set wanted = told('TIEOUT_AFFECTED_EVENT_DATES').split(',') | select | list -%}
    {%- for day in (affected_dates() or []) if not told('TIEOUT_AFFECTED_EVENT_DATES') -%}
        {%- for offset in (-1, 0, 1, 2) -%}
            {%- set near = (modules.datetime.date.fromisoformat(day) + modules.datetime.timedelta(days=offset)).isoformat() -%}
            {%- if near not in wanted -%} {%- do wanted.append(near) -%} {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if affected_dates() is none -%}
        (error('TIEOUT_AFFECTED_DATES names no dates: run with --full-refresh, or name them'))
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

{# Whether this run computes all of history: views have no is_incremental() to ask. While dbt parses, no: what a night
   reads beside is a dependency. #}
{% macro full_history() -%}
    {{ return(execute and affected_dates() is none) }}
{%- endmacro %}
