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

{# A quotient of products, rounded half away from zero to `digits` decimals. Factors and divisors are [expression,
   decimals] pairs: each is taken with so many decimals and no more, so that the products stay within 128 bits. #}
{% macro exact_quotient(factors, divisors, digits) -%}
    {%- set shift = digits + (divisors | map('last') | sum) - (factors | map('last') | sum) -%}
    {%- set above -%}
        {%- for expression, decimals in factors -%} {{ scaled_by(expression, decimals) }}{{ ' * ' if not loop.last }}
        {%- endfor -%} {{ ' * ' ~ (10 ** shift) if shift > 0 }}
    {%- endset -%}
    {%- set below -%}
        {%- for expression, decimals in divisors -%} {{ scaled_by(expression, decimals) }}{{ ' * ' if not loop.last }}
        {%- endfor -%} {{ '1' if not divisors }} {{ ' * cast(' ~ (10 ** -shift) ~ ' as hugeint)' if shift < 0 }}
    {%- endset -%}
    {{ quotient(above, below, digits) }}
{%- endmacro %}

{% macro scaled_by(value, digits) -%}
    cast(cast({{ value }} as decimal(38, {{ digits }})) * cast({{ 10 ** digits }} as decimal({{ digits + 1 }}, 0)) as hugeint)
{%- endmacro %}

{# Integer numerator ÷ integer denominator, both already scaled so that the whole part of the quotient counts units of
   10^-digits. #}
{% macro quotient(numerator, denominator, digits) -%}
    cast(
        case when ({{ denominator }}) <> 0 then
            case when (({{ numerator }}) < 0) <> (({{ denominator }}) < 0) then -1 else 1 end
            * ((2 * abs({{ numerator }}) + abs({{ denominator }})) // (2 * abs({{ denominator }})))
        end as decimal({{ [28, 36 - digits] | min }}, 0)
    ) * {{ '0.' ~ '0' * (digits - 1) ~ '1' if digits > 0 else '1' }}
{%- endmacro %}

{# The one place where a ratio is divided: components first, quotient last, null where the denominator is 0. #}
{% macro ratio(numerator, denominator) -%}
    cast(cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0) as double)
{%- endmacro %}

{% macro quantity(value) -%} cast({{ value }} as decimal(18, 6)) {%- endmacro %}

{% macro money(value) -%} cast({{ value }} as decimal(18, 4)) {%- endmacro %}
