{# The declared order in which overlapping states of one machine rule, strongest first: an explicit stop says more than
   a general statement of what the machine was doing. #}
{% macro state_rank(state) -%}
    list_position(['unknown', 'off', 'idle', 'producing', 'delay', 'setup', 'down', 'maintenance'], {{ state }})
{%- endmacro %}

{# ISO 22400 time element of a moment, from its plan, the machine's state and whether an order is registered. #}
{% macro time_element(plan_class, state, is_order_registered) -%}
    case
        when {{ plan_class }} <> 'busy' then
            case when {{ state }} in ('producing', 'setup', 'delay') then 'busy_outside_plan' else 'outside_plan' end
        when {{ state }} = 'producing' then 'production'
        when {{ state }} in ('setup', 'delay') then {{ state }}
        when {{ state }} in ('idle', 'down', 'maintenance', 'off') then
            case when {{ is_order_registered }} then 'delay' else 'down' end
        else 'unknown'
    end
{%- endmacro %}

{# From how many seconds on a stop without a reason is no longer a minor one. #}
{% macro minor_stop_seconds() -%} {{ return(env_var('TIEOUT_MINOR_STOP_SECONDS', '300') | int) }} {%- endmacro %}

{# The big loss that lost time counts towards; null for time that is not lost. interval_ms is the length of the whole
   state, not of the part of it that lies in one shift. #}
{% macro loss_category(time_element, state, reason_category, interval_ms) -%}
    case
        when {{ time_element }} in ('setup', 'unknown') then {{ time_element }}
        when {{ time_element }} in ('delay', 'down') then coalesce(
            {{ reason_category }},
            case
                when {{ interval_ms }} < {{ minor_stop_seconds() }} * 1000 then 'minor_stop'
                when {{ state }} in ('down', 'maintenance') then 'breakdown'
                else 'unknown'
            end
        )
    end
{%- endmacro %}
