-- The events that differ from the ledger, as they were delivered. One row per company × document that differs.
-- An event and those that take it back are one chain: first_match_id names its first document.
with

documents as (
    select distinct company_id, match_id from {{ ref('int_ledger_difference') }}
    where match_kind = 'document'
),

delivered_events as (
    select company_id, movement_id as match_id, 'goods_movement' as dataset, order_id, recorded_at,
        entered_at as happened_at, reversal_of, source_file, source_line
    from {{ ref('int_goods_movement') }}
    semi join documents on movement_id = documents.match_id
    union all
    select company_id, confirmation_id, 'confirmation', order_id, recorded_at, end_at, reversal_of, source_file,
        source_line
    from {{ ref('stg_confirmation') }}
    semi join documents on confirmation_id = documents.match_id
    union all
    select company_id, time_id, 'labour_time', order_id, recorded_at, null, reversal_of, source_file, source_line
    from {{ ref('stg_labour_time') }}
    semi join documents on time_id = documents.match_id
    union all
    select company_id, document_id, case when line_kind = 'receipt' then 'purchase_receipt' else 'purchase_invoice' end,
        order_id, recorded_at, null, null, source_file, source_line
    from {{ ref('int_purchase_line') }}
    semi join documents on document_id = documents.match_id
),

places as (
    select company_id, match_id, arg_max(dataset, recorded_at) as dataset, min(order_id) as order_id,
        max(recorded_at) as recorded_at, max(happened_at) as happened_at, min(reversal_of) as reversal_of,
        arg_max(source_file, recorded_at) as source_file, arg_max(source_line, recorded_at) as source_line
    from delivered_events
    group by all
),

final as (
    select documents.company_id, documents.match_id, places.* exclude (company_id, match_id),
        coalesce(originals.reversal_of, places.reversal_of, documents.match_id) as first_match_id
    from documents
    left join places
        on documents.company_id = places.company_id and documents.match_id = places.match_id
    left join places as originals
        on places.company_id = originals.company_id and places.reversal_of = originals.match_id
)

select * from final
