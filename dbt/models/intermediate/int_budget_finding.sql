-- What is odd about budgets, rates and allocations without being a refused row.
-- One row per finding × company × subject. finding_amount is what the odd lines come to, without sign.
-- A budget whose signs are turned is found by comparing signs, version by version, with what the ledger posts: costs
-- are debits and income is credits. It is named here and used as delivered: nothing is turned round silently.
with

planned as (select * from {{ ref('int_budget_planned') }}),

actuals as (select * from {{ ref('int_budget_actual') }}),

walk as (select * from {{ ref('int_budget_walk') }}),

periods as (select company_id, period_id, start_date, end_date from {{ ref('int_budget_period') }}),

choices as (select * from {{ ref('int_costing_choice') }}),

-- Absorption, allocation and variance accounts have credits as their nature, and are left out.
signed as (
    select company_id, version_id, account_id, account_type, period_id, amount,
        case account_type when 'expense' then 1 else -1 end as usual_sign
    from planned
    where account_type in ('expense', 'revenue')
        and coalesce(account_role, '') not in (
            'labour_absorbed', 'overhead_absorbed', 'allocation', 'production_variance', 'ppv',
            'exchange_difference', 'revaluation', 'scrap'
        )
),

posted_signs as (
    select company_id, account_type, account_id, sum(amount) as amount from actuals
    group by all
),

turned as (
    select signed.company_id, signed.version_id, signed.account_type,
        count(*) filter (signed.amount * signed.usual_sign < 0) as turned_count,
        count(*) filter (signed.amount * signed.usual_sign > 0) as usual_count,
        count(*) filter (posted_signs.amount * signed.usual_sign > 0) as posted_usual_count,
        count(*) filter (posted_signs.amount * signed.usual_sign < 0) as posted_turned_count,
        sum(abs(signed.amount)) filter (signed.amount * signed.usual_sign < 0) as finding_amount,
        min(signed.period_id) filter (signed.amount * signed.usual_sign < 0) as first_period_id,
        max(signed.period_id) filter (signed.amount * signed.usual_sign < 0) as last_period_id
    from signed
    left join posted_signs using (company_id, account_id)
    group by signed.company_id, signed.version_id, signed.account_type
),

findings as (
    select company_id, version_id || '/' || account_type as subject, 'budget' as dataset,
        'budget_sign_turned' as finding, turned_count as finding_count, finding_amount, first_period_id,
        last_period_id
    from turned
    where turned_count > usual_count and posted_usual_count >= posted_turned_count
    union all
    select company_id, version_id, 'budget', 'budget_without_driver', count(*), sum(abs(amount)), min(period_id),
        max(period_id)
    from planned
    where behaviour = 'variable' and (driver is null or coalesce(driver_qty, 0) = 0)
    group by company_id, version_id
    union all
    select company_id, version_id, 'budget', 'budget_driver_not_delivered', count(*), sum(abs(static_amount)),
        min(period_id), max(period_id)
    from walk
    where has_actual and is_variable and driver_qty <> 0 and flexed_amount is null
    group by company_id, version_id
    union all
    select company_id, version_id || '/' || currency_code, 'budget', 'budget_in_another_currency', count(*),
        sum(abs(amount)), min(period_id), max(period_id)
    from planned
    where not is_in_functional_currency
    group by company_id, version_id, currency_code
    union all
    select choices.company_id, choices.budget_version_id, 'budget', 'budget_version_not_delivered', 1, null, null, null
    from choices
    anti join planned on choices.company_id = planned.company_id and choices.budget_version_id = planned.version_id
    where choices.budget_version_id is not null
    union all
    select walk.company_id, rates.currency_code || '/' || rates.group_currency_code, 'exchange_rate',
        'group_rate_missing', count(*), sum(abs(walk.actual_amount)), min(walk.period_id), max(walk.period_id)
    from walk
    inner join {{ ref('int_exchange_period') }} as rates
        on walk.company_id = rates.company_id and walk.period_id = rates.period_id
        and walk.account_class = rates.account_class
    where rates.exchange_rate is null and walk.actual_amount <> 0
    group by all
    union all
    select company_id, period_id, 'ledger_posting', 'allocation_not_balanced', sum(line_count), abs(sum(amount)),
        min(period_id), max(period_id)
    from actuals
    where account_role = 'allocation'
    group by company_id, period_id
    having sum(amount) <> 0
    union all
    select company_id, cost_center_id || '/' || period_id, 'ledger_posting', 'allocation_leaves_balance',
        sum(line_count), abs(sum(amount)), min(period_id), max(period_id)
    from actuals
    where account_type = 'expense' and cost_center_id is not null
    group by company_id, cost_center_id, period_id
    having sum(amount) filter (account_role = 'allocation') < 0 and sum(amount) <> 0
),

final as (
    select findings.finding || '|' || findings.company_id || '|' || coalesce(findings.subject, '') as finding_id,
        case when findings.finding in ('budget_without_driver', 'allocation_leaves_balance') then 'note'
            else 'warning' end as severity,
        findings.company_id, cast(null as varchar) as plant_id, findings.subject, findings.dataset, findings.finding,
        cast(findings.finding_count as bigint) as finding_count,
        cast(null as decimal(18, 3)) as finding_seconds,
        cast(findings.finding_amount as decimal(18, 4)) as finding_amount,
        choices.currency_code,
        first_periods.start_date as first_date, last_periods.end_date as last_date,
        case findings.finding
            when 'budget_sign_turned' then 'deliver costs as debits (plus), income as credits: used as delivered'
            when 'budget_without_driver' then 'deliver driver and driver_qty: not flexed, difference undivided'
            when 'budget_driver_not_delivered' then 'deliver the activity it follows: difference is undivided'
            when 'budget_in_another_currency' then 'deliver it in the company''s currency: in no figure now'
            when 'budget_version_not_delivered' then 'mend costing.budget_version: nothing is measured against it'
            when 'group_rate_missing' then 'deliver the rate from local to group currency'
            when 'allocation_not_balanced' then 'see what was sent and not received, or the other way'
            when 'allocation_leaves_balance' then 'nothing if the cost center keeps a part by intention'
        end as what_to_do
    from findings
    inner join choices on findings.company_id = choices.company_id
    left join periods as first_periods
        on findings.company_id = first_periods.company_id and findings.first_period_id = first_periods.period_id
    left join periods as last_periods
        on findings.company_id = last_periods.company_id and findings.last_period_id = last_periods.period_id
)

select * from final
