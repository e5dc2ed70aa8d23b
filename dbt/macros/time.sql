{% macro milliseconds(timestamp) -%} epoch_ms({{ timestamp }}) {%- endmacro %}

{# Milliseconds as seconds with three decimals, exactly. #}
{% macro seconds(milliseconds) -%}
    cast(cast({{ milliseconds }} as decimal(15, 0)) * 0.001 as decimal(18, 3))
{%- endmacro %}

{# One row for each UTC day that [start_at, end_at) touches: the bucket by which intervals are joined. A range join over
   the whole history would compare everything with everything. #}
{% macro each_utc_day(start_at, end_at) -%}
    cast(unnest(range(cast(cast({{ start_at }} as date) as timestamp), {{ end_at }}, interval 1 day)) as date)
{%- endmacro %}

{# One row for each hour since 1970 that [start_ms, end_ms) touches, likewise. #}
{% macro each_hour(start_ms, end_ms) -%}
    unnest(range({{ start_ms }} // 3600000, ({{ end_ms }} - 1) // 3600000 + 1))
{%- endmacro %}
