{# The version of each delivered row that was current at as_of; rows deleted at their source are left out.
   Event streams are partitioned by day: event_date belongs to the key, so that a filter on it reads only those days.
   On days of which the store holds one version of every key there is nothing to choose: to sum ten million readings
   takes 0.1 s of CPU there, and 10 s where each is numbered among its versions. Of other datasets it knows the files
   that hold further versions or deletions: only the keys in these are chosen among. #}
{% macro latest_version(dataset, partitioned=false) %}
    {%- set raw = source('raw', dataset) %}
    {%- if partitioned %}
    select * exclude (is_only_version) from {{ raw }}
    where is_only_version{{ known_then('and') }}
    union all
    select * exclude (is_only_version) from {{ raw }}
    where not is_only_version{{ known_then('and') }}
    {%- else %}
    with

    said_again as (
        select distinct company_id, source_key from {{ raw }}
        where restates{{ known_then('and') }}
    )

    select * exclude (restates) from {{ raw }}
    anti join said_again using (company_id, source_key)
    where not restates{{ known_then('and') }}
    union all
    select * exclude (restates) from {{ raw }}
    semi join said_again using (company_id, source_key){{ known_then('where') }}
    {%- endif %}
    qualify
        row_number() over (
            partition by company_id, source_key{{ ', event_date' if partitioned }}
            order by recorded_at desc, delivery_seq desc, source_line desc
        ) = 1
        and not is_deleted
{% endmacro %}

{# As a condition: what was recorded by as_of, where a run asks for that. #}
{% macro known_then(word) -%}
    {%- if as_of() %} {{ word }} recorded_at <= timestamp '{{ as_of() }}'{% endif -%}
{%- endmacro %}

{# What the store adds to a row and no model needs beyond staging. Where a figure is explained down to its source, file
   and line stay. #}
{% macro store_columns(keep_place=false) -%}
    source_key, {{ 'source_file, source_line, ' if not keep_place }}batch_id, delivery_seq, row_hash, changed_at,
    is_deleted
{%- endmacro %}
