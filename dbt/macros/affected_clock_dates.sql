{# The UTC days that touch the affected dates taken as days of a plant's clock, midnight to midnight. Not those of
   affected_event_dates: they may be narrowed to the hours of shifts, and sensors measure between shifts too. #}
{% macro affected_clock_dates() -%}
    {%- set wanted = [] -%}
    {%- for day in affected_dates() or [] -%}
        {%- for offset in (-1, 0, 1) -%}
            {%- set near = (modules.datetime.date.fromisoformat(day) + modules.datetime.timedelta(days=offset)).isoformat() -%}
            {%- if near not in wanted -%} {%- do wanted.append(near) -%} {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if wanted | length == 0 -%} (null::date)
    {%- else -%} ({% for day in wanted %}date '{{ day }}'{{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}
