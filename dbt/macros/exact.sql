{# Exact arithmetic. DuckDB divides decimals as floating point, so every quotient that is money, quantity or time is
   taken over whole numbers or proved by its remainder, and rounded half away from zero. Values may have up to six
   decimals where nothing else is said. Expressions are bound once, as fields of a lambda's parameter: they may be pages
   long, and DuckDB would compute each mention of them anew. #}

{# The value in whole units of 10^-digits. DuckDB keeps decimals of 18 digits in 64 bits and takes long over wider ones,
   of which it divides every bit: values that fit are split in whole and fraction. #}
{% macro scaled(value, digits=6) -%}
    {%- if digits == 6 -%}
    list_transform(
        [cast({{ value }} as decimal(38, 6))],
        lambda exact_value: case
            when abs(exact_value) < 999999999999 then cast(
                cast(floor(cast(exact_value as decimal(18, 6))) as bigint) * 1000000 + cast(
                    cast(cast(exact_value as decimal(18, 6)) - floor(cast(exact_value as decimal(18, 6)))
                        as decimal(7, 6)) * cast(1000000 as decimal(7, 0)) as bigint
                ) as hugeint)
            else {{ scaled_by('exact_value', 6) }}
        end
    )[1]
    {%- else -%}
    {{ scaled_by('cast(' ~ value ~ ' as decimal(38, 6))', digits) }}
    {%- endif -%}
{%- endmacro %}

{# a × b ÷ c rounded half away from zero to `digits` decimals; null where any is null or c is 0. #}
{% macro multiply_divide(a, b, c, digits=2) -%}
    {{ exact_quotient([[a, 6], [b, 6]], [[c, 6]], digits) }}
{%- endmacro %}

{# A quotient of products, rounded half away from zero to `digits` decimals; null where a part is null or a divisor 0.
   Factors and divisors are [expression, decimals] pairs: each is taken with so many decimals and no more, so that the
   products stay within 38 digits.
   Floating point guesses the quotient; the exact remainder then tells whether the guess is one unit off. Guesses of
   2^48 units and more could be further off: those few are divided as whole numbers of 128 bits, bit by bit.
   That is why the types are spelled out: one decimal more, and a product would not fit. #}
{% macro exact_quotient(factors, divisors, digits) -%}
    {%- set ns = namespace(fields=[], above=[], below=[]) -%}
    {%- for expression, decimals in factors + divisors -%}
        {%- if expression | string | int(-1) >= 0 -%}
            {%- set part = 'cast(' ~ expression ~ ' as decimal(38, ' ~ decimals ~ '))' -%}
        {%- else -%}
            {%- set part = 'exact_parts.part_' ~ loop.index -%}
            {%- set ns.fields = ns.fields
                + ["'part_" ~ loop.index ~ "': cast(" ~ expression ~ ' as decimal(38, ' ~ decimals ~ '))'] -%}
        {%- endif -%}
        {%- if loop.index <= factors | length -%}
            {%- set ns.above = ns.above + [[part, decimals]] -%}
        {%- else -%}
            {%- set ns.below = ns.below + [[part, decimals]] -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set product = ns.above | map('first') | join(' * ') -%}
    {%- set divisor = ns.below | map('first') | join(' * ') or 'cast(1 as decimal(38, 0))' -%}
    {%- set approximate -%}
        ({{ ns.above | map('first') | join('::double * ') }}::double)
        {%- for part, _ in ns.below %} / {{ part }}::double {%- endfor -%}
    {%- endset -%}
    {%- set unit = '0.' ~ '0' * (digits - 1) ~ '1' if digits > 0 else '1' -%}
    {%- set type = 'decimal(' ~ ([28, 36 - digits] | min + digits + 1) ~ ', ' ~ digits ~ ')' -%}
    list_transform(
        [{{ '{' ~ ns.fields | join(', ') ~ '}' }}],
        lambda exact_parts: case
            when abs({{ approximate }}) < 2.8e{{ 14 - digits }} then list_transform(
                [cast({{ approximate }} as {{ type }})],
                lambda exact_guess: list_transform(
                    [{{ product }} - exact_guess * ({{ divisor }})],
                    lambda exact_rest: cast(exact_guess + case
                        when 2 * abs(exact_rest) < abs({{ divisor }}) * {{ unit }} then 0
                        when 2 * abs(exact_rest) = abs({{ divisor }}) * {{ unit }}
                            and (exact_rest < 0) <> (({{ product }}) < 0) then 0
                        when (exact_rest < 0) <> (({{ divisor }}) < 0) then -{{ unit }}
                        else {{ unit }}
                    end as {{ type }})
                )[1]
            )[1]
            else {{ _whole_quotient(ns.above, ns.below, digits) }}
        end
    )[1]
{%- endmacro %}

{% macro _whole_quotient(factors, divisors, digits) -%}
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
