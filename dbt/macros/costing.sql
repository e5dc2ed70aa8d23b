{# The declared choices of costing by company, as tieout.yml states them; under '' those of every other company. #}
{% macro costing_choices() -%}
    {%- set defaults = {'price_variance_at': 'purchase', 'joint_variance': 'price', 'mix_method': 'individual_price',
        'absorption_base': 'actual_hours', 'wip_valuation': 'actual', 'exchange_rate_type': 'daily'} -%}
    {{ return(fromjson(env_var('TIEOUT_COSTING', '')) or {'': defaults}) }}
{%- endmacro %}
