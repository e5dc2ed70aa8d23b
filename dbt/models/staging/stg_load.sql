-- Every batch of accepted rows, as the load ledger knows it. One row per batch.
select * from {{ source('raw', 'load') }}
{%- if var('as_of') %}
where recorded_at <= timestamp '{{ var("as_of") }}'
{%- endif %}
