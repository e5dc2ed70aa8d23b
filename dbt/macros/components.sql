{# The additive components of efficiency, and the ratios over their sums: written once, so that the same name means the
   same at every grain. #}
{% macro time_components() -%}
    {{ return(['calendar', 'planned_operation', 'planned_busy', 'production', 'setup', 'delay', 'down', 'unknown',
        'busy_outside_plan', 'order_execution']) }}
{%- endmacro %}

{# Sums of the components of the rows that `condition` picks; null where no picked row knows the component. #}
{% macro summed_components(condition) -%}
    {% for measure in time_components() %}
        cast(sum({{ measure }}_ms) filter ({{ condition }}) as bigint) as {{ measure }}_ms,
    {% endfor %}
    {% for measure in ['standard_produced', 'standard_good'] %}
        cast(sum({{ measure }}_seconds) filter ({{ condition }}) as decimal(18, 3)) as {{ measure }}_seconds,
    {% endfor %}
{%- endmacro %}

{# Sums of which the basis of the row does not know every part are null, not the sum of the few rows that happen to. #}
{% macro null_beyond_basis() -%}
    {% for measure in time_components() if not measure.startswith('planned') and measure != 'calendar' %}
    case when basis in ('states and standards', 'states') then {{ measure }}_ms end as {{ measure }}_ms,
    {% endfor %}
    {% for measure in ['standard_produced', 'standard_good'] %}
    case when basis in ('states and standards', 'standards') then {{ measure }}_seconds end as {{ measure }}_seconds
    {{- ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{# Milliseconds as published seconds, with the differences that make the time model readable. #}
{% macro component_seconds() -%}
    {{ seconds('calendar_ms') }} as calendar_seconds,
    {{ seconds('calendar_ms - planned_operation_ms') }} as not_planned_seconds,
    {{ seconds('planned_operation_ms') }} as planned_operation_seconds,
    {{ seconds('planned_operation_ms - planned_busy_ms') }} as planned_down_seconds,
    {{ seconds('planned_busy_ms') }} as planned_busy_seconds,
    {{ seconds('production_ms + setup_ms + delay_ms') }} as busy_seconds,
    {{ seconds('production_ms') }} as production_seconds,
    {{ seconds('setup_ms') }} as setup_seconds,
    {{ seconds('delay_ms') }} as delay_seconds,
    {{ seconds('down_ms') }} as down_seconds,
    {{ seconds('unknown_ms') }} as unknown_seconds,
    {{ seconds('busy_outside_plan_ms') }} as busy_outside_plan_seconds,
    {{ seconds('order_execution_ms') }} as order_execution_seconds,
    standard_produced_seconds,
    standard_good_seconds,
{%- endmacro %}

{# The ratios over component_seconds(); divided last, never averaged, null where the denominator is 0 or unknown. #}
{% macro efficiency_ratios() -%}
    {{ ratio('production_seconds', 'planned_busy_seconds') }} as availability_ratio,
    {{ ratio('standard_produced_seconds', 'production_seconds') }} as effectiveness_ratio,
    {{ ratio('standard_produced_seconds', 'planned_busy_seconds') }} as performance_ratio,
    {{ ratio('standard_good_seconds', 'standard_produced_seconds') }} as quality_ratio,
    {{ ratio('standard_good_seconds', 'planned_busy_seconds') }} as oee_ratio,
    {{ ratio(
        'cast(production_seconds + setup_seconds as double) * cast(standard_good_seconds as double)',
        'cast(planned_busy_seconds as double) * cast(production_seconds as double)'
    ) }} as nee_ratio,
    {{ ratio('standard_good_seconds', 'calendar_seconds') }} as teep_ratio,
    {{ ratio('standard_good_seconds', 'planned_operation_seconds') }} as ooe_ratio,
    {{ ratio('busy_seconds', 'planned_busy_seconds') }} as allocation_efficiency_ratio,
    {{ ratio('production_seconds', 'busy_seconds') }} as utilization_ratio,
    {{ ratio('setup_seconds', 'production_seconds + setup_seconds') }} as setup_ratio,
    {{ ratio('production_seconds', 'production_seconds + delay_seconds') }} as technical_efficiency_ratio,
    {{ ratio('production_seconds', 'order_execution_seconds') }} as production_process_ratio
{%- endmacro %}
