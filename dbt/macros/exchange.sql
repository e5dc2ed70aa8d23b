{# An amount of at most four decimals × an exchange rate of at most nine, to the cent, half away from zero. #}
{% macro exchanged(amount, rate) -%}
    {{ quotient(scaled(amount, 4) ~ ' * cast(cast(' ~ rate ~ ' as decimal(38, 9)) * 1000000000 as hugeint) * 100',
        '10000000000000', 2) }}
{%- endmacro %}
