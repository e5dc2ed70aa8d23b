-- Ledger posting, as last delivered. One row per line of a posted ledger document.
-- Kept as a table: many models read it, and to choose among the versions of millions of rows costs seconds.
{{ config(materialized='table') }}

with

source as (
    {{ latest_version('ledger_posting') }}
),

final as (
    select * exclude ({{ store_columns(keep_place=true) }}) from source
)

select * from final
