-- Ledger documents of which a line was recorded or withdrawn since the last published build. One row per document.
-- A table: a view would keep the moment of the night that made it.
{{ config(materialized='table') }}

select distinct company_id, document_id from {{ source('raw', 'ledger_posting') }}
where {{ recorded_since() }}
