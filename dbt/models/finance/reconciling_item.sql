-- Every difference between the ledger and the events, with its reason, its document, file and line.
-- One row per difference × account × period × cause; amount is ledger − events. Unexplained ones stand here as well.
select {{ surrogate_key(['company_id', 'account_id', 'period_id', 'kind', 'match_kind', 'match_id',
    "coalesce(follows_from, '')"]) }} as reconciling_item_id,
    items.company_id, items.plant_id, items.account_id,
    {{ surrogate_key(['items.company_id', 'items.account_id']) }} as account_key,
    items.account_role, items.period_id, items.kind as reconciling_kind, items.is_explained,
    items.amount as reconciling_amount, choices.currency_code,
    items.match_kind, items.named_document, items.document_id, items.line_no, items.source_document_id,
    items.source_dataset, items.order_id, {{ surrogate_key(['items.company_id', 'items.order_id']) }} as order_key,
    items.item_id, items.cost_center_id, items.follows_from, items.posting_date,
    items.document_ledger_amount, items.document_subledger_amount, items.explanation,
    items.source_file, items.source_line, items.event_source_file, items.event_source_line
from {{ ref('int_ledger_item') }} as items
left join {{ ref('int_costing_choice') }} as choices using (company_id)
