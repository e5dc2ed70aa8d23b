-- Rows refused and not yet healed. One row per refused row.
select * from {{ source('raw', 'quarantine') }}
{%- if var('as_of') %}
where rejected_at <= timestamp '{{ var("as_of") }}'
{%- endif %}
