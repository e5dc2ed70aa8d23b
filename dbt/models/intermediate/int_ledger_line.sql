-- Ledger lines on reconciled accounts, with what they are compared by. One row per ledger line.
-- document: the source document they name, or that the document they take back names. settlement: the order that a
-- document settles from work in process to variance. period: sums of a period. journal: the ledger document itself, or
-- the one it takes back: nothing of ours stands behind it. Lines of accounts without a role are kept where they name a
-- source document: that is where an amount may have gone that is missing elsewhere.
with

lines as (
    select * from {{ ref('fct_ledger_posting') }}
    where is_company_currency
),

roles as (select * from {{ ref('int_ledger_role') }}),

documents as (
    select company_id, document_id,
        bool_and(
            source_document is null and order_id is not null
            and coalesce(account_role in ('wip', 'production_variance'), false)
        ) and bool_or(account_role = 'wip') and bool_or(account_role = 'production_variance') as is_settlement,
        bool_or(account_role = 'wages_payable') as is_wages,
        bool_or(account_role = 'revaluation')
        and bool_and(coalesce(account_role in {{ stock_roles() }} or account_role in ('wip', 'revaluation'), false))
            as is_revaluation,
        bool_or(account_role = 'exchange_difference')
        and bool_and(
            coalesce(account_role, '') not in
            {{ role_list(fed_roles(), ['exchange_difference', 'goods_received_not_invoiced']) }}
        ) as is_exchange,
        bool_or(account_role = 'cogs')
        and bool_and(
            coalesce(account_role in {{ stock_roles() }}, false)
            or coalesce(account_role, '') not in {{ role_list(fed_roles(), []) }}
        ) as is_goods_sold
    from lines
    group by company_id, document_id
),

reversals as (
    select company_id, reversal_of as document_id from lines
    where reversal_of is not null
),

-- The few documents that others take back.
originals as (
    select company_id, document_id, min(source_document) as source_document, min(reversal_of) as reversal_of
    from lines
    semi join reversals using (company_id, document_id)
    group by company_id, document_id
),

companies_with_wages as (
    select distinct company_id from {{ ref('stg_account') }}
    where role = 'wages_payable'
),

traced as (
    select lines.*, documents.is_settlement, coalesce(documents.is_wages, false) as is_wages,
        coalesce(documents.is_revaluation, false) as is_revaluation,
        coalesce(documents.is_exchange, false) as is_exchange,
        coalesce(documents.is_goods_sold, false) as is_goods_sold,
        coalesce(lines.source_document, originals.source_document) as event_document_id,
        coalesce(originals.reversal_of, lines.reversal_of, lines.document_id) as first_document_id,
        coalesce(roles.is_closed, false) as is_closed, coalesce(roles.is_matched_by_period, false)
        and (
            lines.account_role <> 'labour_actual'
            or coalesce(documents.is_wages, false)
            or with_wages.company_id is null
        ) as is_matched_by_period,
        roles.account_role is not null as is_reconciled
    from lines
    inner join documents using (company_id, document_id)
    left join originals
        on lines.company_id = originals.company_id and lines.reversal_of = originals.document_id
    left join roles
        on lines.company_id = roles.company_id and lines.account_role = roles.account_role
    left join companies_with_wages as with_wages on lines.company_id = with_wages.company_id
),

final as (
    select company_id, plant_id, account_id, account_role, is_closed,
        case
            when event_document_id is not null then 'document'
            when is_matched_by_period then 'period'
            when is_settlement then 'settlement'
            else 'journal'
        end as match_kind,
        case
            when event_document_id is not null then event_document_id
            when is_matched_by_period then period_id
            when is_settlement then order_id
            else first_document_id
        end as match_id,
        document_id, line_no, cost_center_id, order_id, item_id, posting_date, period_id, amount,
        transaction_amount, transaction_currency_code, is_revaluation, is_exchange, is_goods_sold,
        source_file, source_line
    from traced
    where is_reconciled or (account_role is null and event_document_id is not null)
)

select * from final
