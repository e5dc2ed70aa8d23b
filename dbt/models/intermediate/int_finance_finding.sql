-- What is odd about ledger, chart and rates, with the money it concerns, as findings. One row per finding.
with

lines as (select * from {{ ref('fct_ledger_posting') }}),

companies as (select company_id, currency_code from {{ ref('dim_company') }}),

events as (
    select distinct company_id, source_document_id from {{ ref('int_subledger_posting') }}
    where source_document_id is not null
),

different as (
    select distinct company_id, match_id from {{ ref('int_ledger_difference') }}
    where match_kind = 'document'
),

unbalanced as (
    select company_id, min(plant_id) as plant_id, document_id as subject, 'ledger_posting' as dataset,
        'ledger_document_unbalanced' as finding, 'warning' as severity, count(*) as finding_count,
        any_value(document_balance_amount) as finding_amount, min(posting_date) as first_date,
        max(posting_date) as last_date,
        'deliver the missing or right line: what is there sums to ' || any_value(document_balance_amount)
        || ' (' || min(source_file) || ', line ' || min(source_line) || '); a line may be in quarantine'
            as what_to_do
    from lines
    where document_balance_amount <> 0
    group by company_id, document_id
),

without_role as (
    select lines.company_id, null as plant_id, lines.account_id as subject, 'account' as dataset,
        'account_without_role' as finding,
        case when count(different.match_id) > 0 then 'warning' else 'note' end as severity,
        count(*) as finding_count, sum(abs(lines.amount)) as finding_amount,
        min(lines.posting_date) as first_date, max(lines.posting_date) as last_date,
        'give account ' || lines.account_id || ' a role if it holds stock, work in process or a variance: '
        || 'documents of production are posted there' as what_to_do
    from (
        select * from lines
        where account_role is null and is_account_known and source_document is not null
    ) as lines
    semi join events
        on lines.company_id = events.company_id and lines.source_document = events.source_document_id
    left join different
        on lines.company_id = different.company_id and lines.source_document = different.match_id
    group by lines.company_id, lines.account_id
),

not_in_chart as (
    select company_id, null as plant_id, account_id as subject, 'account' as dataset,
        'account_not_in_chart' as finding, 'warning' as severity, count(*) as finding_count,
        sum(abs(amount)) as finding_amount, min(posting_date) as first_date, max(posting_date) as last_date,
        'deliver account ' || account_id || ' with its role: until then it is reconciled with nothing' as what_to_do
    from lines
    where not is_account_known
    group by company_id, account_id
),

other_period as (
    select company_id, null as plant_id,
        min(document_id) || case when count(distinct document_id) > 1
            then ' and ' || (count(distinct document_id) - 1) || ' more' else '' end as subject,
        'ledger_posting' as dataset, 'period_not_of_posting_date' as finding, 'note' as severity,
        count(*) as finding_count, sum(abs(amount)) as finding_amount,
        min(posting_date) as first_date, max(posting_date) as last_date,
        'nothing if it was meant: dates of ' || posting_date_period_id || ' count in ' || period_id as what_to_do
    from lines
    where period_id <> posting_date_period_id
    group by company_id, period_id, posting_date_period_id
),

other_currency as (
    select company_id, null as plant_id,
        min(document_id) || case when count(distinct document_id) > 1
            then ' and ' || (count(distinct document_id) - 1) || ' more' else '' end as subject,
        'ledger_posting' as dataset, 'ledger_line_in_other_currency' as finding, 'warning' as severity,
        count(*) as finding_count, sum(abs(amount)) as finding_amount, currency_code,
        min(posting_date) as first_date, max(posting_date) as last_date,
        'deliver amount in the company''s currency, and this one as transaction_amount: it is in no sum now'
            as what_to_do
    from lines
    where not is_company_currency
    group by company_id, currency_code
),

without_rate as (
    select purchases.company_id, null as plant_id, purchases.transaction_currency_code as subject,
        'exchange_rate' as dataset, 'exchange_rate_missing' as finding, 'warning' as severity,
        count(*) as finding_count, sum(abs(purchases.transaction_amount)) as finding_amount,
        purchases.transaction_currency_code as currency_code,
        min(purchases.posting_date) as first_date, max(purchases.posting_date) as last_date,
        'deliver exchange_rate from ' || purchases.transaction_currency_code || ' to '
        || any_value(choices.currency_code) || ', rate_type ' || any_value(choices.exchange_rate_type)
        || ': receipts and invoices have no value' as what_to_do
    from {{ ref('int_purchase_line') }} as purchases
    inner join {{ ref('int_costing_choice') }} as choices on purchases.company_id = choices.company_id
    where purchases.rate_status = 'missing'
    group by purchases.company_id, purchases.transaction_currency_code
),

without_value as (
    select company_id, null as plant_id,
        min(source_document_id) || case when count(distinct source_document_id) > 1
            then ' and ' || (count(distinct source_document_id) - 1) || ' more' else '' end as subject,
        source_dataset as dataset, 'event_without_value' as finding, 'warning' as severity,
        count(distinct source_document_id) as finding_count, null as finding_amount,
        min(posting_date) as first_date, max(posting_date) as last_date,
        'deliver the standard, activity rate or exchange rate of its day: it is in no sum now' as what_to_do
    from {{ ref('int_subledger_posting') }}
    where amount is null and source_document_id is not null
    group by company_id, source_dataset
),

findings as (
    {% for step in ['unbalanced', 'without_role', 'not_in_chart', 'other_period', 'without_value'] %}
    select * from {{ step }}
    union all by name
    {% endfor %}
    select * from other_currency
    union all by name
    select * from without_rate
),

final as (
    select findings.finding || '|' || findings.dataset || '|' || findings.company_id || '|' || findings.subject
        || '|' || findings.first_date as finding_id,
        findings.severity, findings.company_id, findings.plant_id, findings.subject, findings.dataset,
        findings.finding, cast(findings.finding_count as bigint) as finding_count,
        cast(null as decimal(18, 3)) as finding_seconds, {{ money('findings.finding_amount') }} as finding_amount,
        case
            when findings.finding_amount is not null
                then coalesce(findings.currency_code, companies.currency_code)
        end as currency_code,
        findings.first_date, findings.last_date, findings.what_to_do
    from findings
    left join companies using (company_id)
)

select * from final
