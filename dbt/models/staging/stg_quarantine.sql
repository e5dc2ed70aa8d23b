-- Rows refused and not yet healed. One row per refused row.
select * from {{ source('raw', 'quarantine') }}
{%- if as_of() %}
where rejected_at <= timestamp '{{ as_of() }}'
{%- endif %}
