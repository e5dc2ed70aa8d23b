-- How far both sides go. One row per company with a ledger.
-- Of the ledger: the last day and moment it posts of, and when it was last delivered. Of the events: the first day.
with

ledger_sources as (
    select company_id, source_system, max(posting_date) filter (source_document is not null) as document_date,
        max(posting_date) as posting_date, max(entered_at) as entered_at
    from {{ ref('fct_ledger_posting') }}
    group by all
),

deliveries as (
    select source_system, max(recorded_at) as recorded_at from {{ ref('stg_load') }}
    where dataset = 'ledger_posting'
    group by all
),

horizons as (
    select ledger_sources.company_id,
        coalesce(max(ledger_sources.document_date), max(ledger_sources.posting_date)) as ledger_date,
        max(ledger_sources.entered_at) as entered_at, max(deliveries.recorded_at) as recorded_at
    from ledger_sources
    left join deliveries using (source_system)
    group by all
),

first_events as (
    select company_id, min(posting_date) as first_event_date from {{ ref('int_subledger_posting') }}
    where source_document_id is not null and source_dataset <> 'revaluation'
    group by all
),

last_payroll as (
    select company_id, max(period_id) as last_payroll_period_id from {{ ref('int_subledger_posting') }}
    where source_dataset = 'payroll'
    group by all
),

last_wages as (
    select company_id, max(period_id) as last_wages_period_id from {{ ref('int_ledger_line') }}
    where account_role = 'labour_actual' and match_kind = 'period'
    group by all
),

final as (
    select horizons.*, first_events.first_event_date, last_payroll.last_payroll_period_id,
        last_wages.last_wages_period_id
    from horizons
    left join first_events using (company_id)
    left join last_payroll using (company_id)
    left join last_wages using (company_id)
)

select * from final
