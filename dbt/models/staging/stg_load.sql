-- Every batch of accepted rows, as the load ledger knows it. One row per batch.
select * from {{ source('raw', 'load') }}
{%- if as_of() %}
where recorded_at <= timestamp '{{ as_of() }}'
{%- endif %}
