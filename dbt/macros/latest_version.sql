{# The version of each delivered row that was current at as_of; rows deleted at their source are left out.
   Event streams are partitioned by day: event_date belongs to the key, so that a filter on it reads only those days. #}
{% macro latest_version(dataset, partitioned=false) %}
    select * from {{ source('raw', dataset) }}
    {%- if as_of() %}
    where recorded_at <= timestamp '{{ as_of() }}'
    {%- endif %}
    qualify
        row_number() over (
            partition by company_id, source_key{{ ', event_date' if partitioned }}
            order by recorded_at desc, delivery_seq desc, source_line desc
        ) = 1
        and not is_deleted
{% endmacro %}

{# What the store adds to a row and no model needs beyond staging. #}
{% macro store_columns() -%}
    source_key, source_file, source_line, batch_id, delivery_seq, row_hash, changed_at, is_deleted
{%- endmacro %}
