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

{# Pieces that enter an operation for each good piece, in units of 10^-12, from the list of what passes it and each later
   one (in billionths, the last operation first): divided step by step, each step rounded half away. #}
{% macro entering_factor(yields) -%}
    list_reduce(
        list_prepend(cast(1000000000000 as hugeint), {{ yields }}),
        lambda entering, share: (2 * entering * 1000000000 + share) // (2 * share)
    )
{%- endmacro %}
