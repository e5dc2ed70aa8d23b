-- The general ledger line by line, with the role of its account and the place it comes from. One row per ledger line.
-- Amounts are debit positive and stay as posted; document_balance_amount is what the lines of the document sum to.
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    tags=['by_order'], full_refresh=refresh_all_orders(), pre_hook="{{ delete_news('stg_ledger_posting_news', 'document_id') }}"
) }}

with

lines as (
    select * from {{ ref('stg_ledger_posting') }}
    {{- of_news('stg_ledger_posting_news', 'document_id') }}
),

accounts as (select company_id, account_id, role as account_role from {{ ref('stg_account') }}),

companies as (select company_id, currency_code as company_currency_code from {{ ref('stg_company') }}),

-- By a sum and a join: a window would sort millions of lines.
documents as (
    select company_id, document_id, sum(amount) as balance_amount from lines
    group by company_id, document_id
),

final as (
    select lines.company_id, lines.plant_id, lines.document_id, lines.line_no, lines.account_id,
        {{ surrogate_key(['lines.company_id', 'lines.account_id']) }} as account_key,
        {{ surrogate_key(['lines.company_id', 'lines.plant_id']) }} as plant_key,
        {{ surrogate_key(['lines.company_id', 'lines.order_id']) }} as order_key,
        accounts.account_role, accounts.account_id is not null as is_account_known,
        lines.cost_center_id, lines.order_id, lines.item_id, lines.posting_date, lines.period_id,
        periods.period_id as posting_date_period_id, lines.entered_at, lines.recorded_at,
        {{ money('lines.amount') }} as amount, lines.currency_code,
        coalesce(lines.currency_code = companies.company_currency_code, true) as is_company_currency,
        {{ money('lines.transaction_amount') }} as transaction_amount, lines.transaction_currency_code,
        lines.source_document, lines.text as posting_text, lines.reversal_of,
        {{ money('documents.balance_amount') }} as document_balance_amount,
        lines.source_system, lines.source_file, lines.source_line
    from lines
    inner join documents using (company_id, document_id)
    left join accounts using (company_id, account_id)
    left join companies using (company_id)
    left join {{ ref('int_posting_period') }} as periods using (company_id, posting_date)
)

select * from final
