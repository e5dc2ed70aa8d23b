{# Which order is on a machine, and who says so: the event itself, else a confirmation, else the schedule of the plan
   segment in which it lies. Needs a plan segment in scope as `segments`. #}
{% macro order_at_the_time(event_order_id) -%}
    coalesce({{ event_order_id }}, segments.confirmed_order_id, segments.scheduled_order_id)
{%- endmacro %}

{% macro order_source(event_order_id) -%}
    case
        when {{ event_order_id }} is not null then 'event'
        when segments.is_order_confirmed then 'confirmation'
        when segments.scheduled_order_id is not null then 'schedule'
    end
{%- endmacro %}
