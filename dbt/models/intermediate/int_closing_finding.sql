-- Bookings that count in a period after it was closed: what came late, as findings. One row per closing × document.
with

changes as (
    select * from {{ ref('int_closed_row_change') }}
    where was_in_period or is_in_period
),

closings as (select * from {{ ref('int_closed_period') }}),

companies as (select company_id, currency_code from {{ ref('dim_company') }}),

documents as (
    select changes.closing_id, changes.company_id, any_value(changes.plant_id) as plant_id, changes.dataset,
        changes.document_id, closings.period_id, closings.state, count(*) as finding_count,
        min(changes.posting_date) as first_date, max(changes.posting_date) as last_date,
        string_agg(distinct changes.cause, ', ' order by changes.cause) as causes,
        sum(coalesce(changes.as_now_amount, 0) - coalesce(changes.as_closed_amount, 0)) filter (
            where changes.as_now_amount is not null or changes.as_closed_amount is not null
        ) as net_amount,
        -- The lines of a ledger document sum to nothing: its debits say how much it moves.
        sum(greatest(coalesce(changes.as_now_amount, 0) - coalesce(changes.as_closed_amount, 0), 0)) filter (
            where changes.as_now_amount is not null or changes.as_closed_amount is not null
        ) as debit_amount
    from changes
    inner join closings using (closing_id)
    group by changes.closing_id, changes.company_id, changes.dataset, changes.document_id, closings.period_id,
        closings.state
),

final as (
    select 'posting_to_closed_period|' || documents.dataset || '|' || documents.company_id || '|'
            || documents.period_id || '|' || documents.document_id as finding_id,
        case when documents.state = 'closed' then 'warning' else 'note' end as severity,
        documents.company_id, documents.plant_id, documents.document_id as subject, documents.dataset,
        'posting_to_closed_period' as finding, cast(documents.finding_count as bigint) as finding_count,
        cast(null as decimal(18, 3)) as finding_seconds,
        {{ money("case when documents.dataset = 'ledger_posting' then debit_amount else net_amount end") }}
            as finding_amount,
        companies.currency_code, documents.first_date, documents.last_date,
        documents.causes || ' in ' || documents.period_id
            || ': finance.restatement shows the difference; tieout reopen to take it in' as what_to_do
    from documents
    left join companies using (company_id)
)

select * from final
