{# Which days an incremental model computes again. Production dates come from the variable affected_dates; the UTC days
   whose events can fall into those production dates reach one day to each side, since a shift may cross midnight
   and a plant's clock may be up to 14 hours away from UTC. #}
{% macro affected_production_dates() -%}
    {%- if var('affected_dates') is string -%}
        {{ exceptions.raise_compiler_error("affected_dates is " ~ var('affected_dates') ~ ": run with --full-refresh, or name the dates") }}
    {%- endif -%}
    {%- set days = var('affected_dates') -%}
    {%- if days | length == 0 -%} (null::date)
    {%- else -%} ({% for day in days %}date '{{ day }}'{{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}

{% macro affected_event_dates() -%}
    {%- if var('affected_dates') is string -%}
        {{ exceptions.raise_compiler_error("affected_dates is " ~ var('affected_dates') ~ ": run with --full-refresh, or name the dates") }}
    {%- endif -%}
    {%- set wanted = [] -%}
    {%- for day in var('affected_dates') -%}
        {%- for offset in (-1, 0, 1, 2) -%}
            {%- set near = (modules.datetime.date.fromisoformat(day) + modules.datetime.timedelta(days=offset)).isoformat() -%}
            {%- if near not in wanted -%} {%- do wanted.append(near) -%} {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if wanted | length == 0 -%} (null::date)
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

{# Whether this run computes all of history, whatever the kind of the model that asks. #}
{% macro full_history() -%}
    {{ return(flags.FULL_REFRESH or var('affected_dates') is string) }}
{%- endmacro %}
