{# Exact arithmetic. DuckDB divides decimals as floating point, so every quotient that is money, quantity or time is
   taken over integers, and rounded half away from zero. Values may have up to six decimals. Widened first: DuckDB
   multiplies decimals of 18 digits in 64 bits, which nine million pieces in millionths of millionths overflow. #}
{% macro scaled(value, digits=6) -%}
    cast(cast({{ value }} as decimal(38, 6)) * cast({{ 10 ** digits }} as decimal({{ digits + 1 }}, 0)) as hugeint)
{%- endmacro %}

{# a × b ÷ c rounded half away from zero to `digits` decimals; null where any is null or c is 0. #}
{% macro multiply_divide(a, b, c, digits=2) -%}
    {{ quotient(scaled(a) ~ ' * ' ~ scaled(b) ~ ' * ' ~ (10 ** digits), scaled(c) ~ ' * 1000000', digits) }}
{%- endmacro %}

{# Integer numerator ÷ integer denominator, both already scaled so that the whole part of the quotient counts units of
   10^-digits. #}
{% macro quotient(numerator, denominator, digits) -%}
    cast(
        case when ({{ denominator }}) <> 0 then
            case when (({{ numerator }}) < 0) <> (({{ denominator }}) < 0) then -1 else 1 end
            * ((2 * abs({{ numerator }}) + abs({{ denominator }})) // (2 * abs({{ denominator }})))
        end as decimal(28, 0)
    ) * {{ '0.' ~ '0' * (digits - 1) ~ '1' if digits > 0 else '1' }}
{%- endmacro %}

{# The one place where a ratio is divided: components first, quotient last, null where the denominator is 0. #}
{% macro ratio(numerator, denominator) -%}
    cast(cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0) as double)
{%- endmacro %}

{% macro quantity(value) -%} cast({{ value }} as decimal(18, 6)) {%- endmacro %}

{% macro money(value) -%} cast({{ value }} as decimal(18, 4)) {%- endmacro %}
