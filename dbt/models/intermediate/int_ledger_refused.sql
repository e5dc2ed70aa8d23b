-- What was refused, in money: events of which the ledger may know, ledger lines whose event is here, and payroll.
-- One row per company × side × role × what it would have been compared by. Plain duplicates are no loss.
{% set event_datasets = {'goods_movement': 'movement_id', 'confirmation': 'confirmation_id', 'labour_time': 'time_id',
    'purchase_receipt': 'receipt_id', 'purchase_invoice': 'invoice_id'} %}
with

refused as (
    select quarantine_id, company_id, dataset, row_json from {{ ref('stg_quarantine') }}
    where reason_codes <> ['duplicate']
),

accounts as (select company_id, account_id, role as account_role from {{ ref('stg_account') }}),

events as (
    {% for dataset, key in event_datasets.items() %}
    select company_id, json_extract_string(row_json, '$.{{ key }}') as match_id from refused
    where dataset = '{{ dataset }}'
    {{ 'union' if not loop.last }}
    {% endfor %}
),

lines as (
    select company_id, json_extract_string(row_json, '$.account_id') as account_id,
        json_extract_string(row_json, '$.source_document') as source_document,
        json_extract_string(row_json, '$.order_id') as order_id,
        try_cast(json_extract_string(row_json, '$.amount') as decimal(18, 4)) as amount
    from refused
    where dataset = 'ledger_posting'
),

payroll as (
    select company_id, json_extract_string(row_json, '$.period_id') as match_id,
        try_cast(json_extract_string(row_json, '$.amount') as decimal(18, 4)) as amount
    from refused
    where dataset = 'payroll'
),

final as (
    select company_id, 'event' as side, null as account_role, 'document' as match_kind, match_id,
        cast(null as decimal(18, 4)) as amount, true as is_unreadable
    from events
    where match_id is not null
    group by all
    union all
    select lines.company_id, 'line', accounts.account_role,
        case when lines.source_document is null then 'settlement' else 'document' end,
        coalesce(lines.source_document, lines.order_id), cast(sum(lines.amount) as decimal(18, 4)),
        bool_or(lines.amount is null)
    from lines
    left join accounts using (company_id, account_id)
    where coalesce(lines.source_document, lines.order_id) is not null
    group by lines.company_id, accounts.account_role, lines.source_document, lines.order_id
    union all
    select company_id, 'payroll', 'labour_actual', 'period', match_id, cast(sum(amount) as decimal(18, 4)),
        bool_or(amount is null)
    from payroll
    group by all
)

select * from final
