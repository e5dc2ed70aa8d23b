-- The rate at which each company's figures of a period are shown in the group's currency.
-- One row per company × period × account class (income: revenue and expense; balance: the others) where tieout.yml
-- names a group currency. Income at the rate type `average`, balances at `closing`, either else at the type in which
-- documents enter the books; the rate that is valid on the period's last day. 1 where the currencies are the same,
-- null where no rate is delivered: the opposite direction is not turned round.
with

companies as (
    select company_id, currency_code, group_currency_code, exchange_rate_type from {{ ref('int_costing_choice') }}
    where group_currency_code is not null
),

periods as (select company_id, period_id, end_date from {{ ref('int_budget_period') }}),

wanted as (
    select companies.*, periods.period_id, periods.end_date, classes.account_class, classes.first_rate_type
    from companies
    inner join periods using (company_id)
    cross join (values ('income', 'average'), ('balance', 'closing')) as classes (account_class, first_rate_type)
),

found as (
    select wanted.company_id, wanted.period_id, wanted.account_class,
        arg_min(rates.rate, rates.rate_type <> wanted.first_rate_type) as rate,
        arg_min(rates.rate_type, rates.rate_type <> wanted.first_rate_type) as rate_type
    from wanted
    inner join {{ ref('int_exchange_rate_range') }} as rates
        on wanted.company_id = rates.company_id and wanted.currency_code = rates.from_currency_code
        and wanted.group_currency_code = rates.to_currency_code
        and rates.rate_type in (wanted.first_rate_type, wanted.exchange_rate_type)
        and wanted.end_date >= rates.valid_from and wanted.end_date < rates.valid_to
    group by all
),

final as (
    select wanted.company_id, wanted.period_id, wanted.account_class, wanted.currency_code,
        wanted.group_currency_code,
        cast(case when wanted.currency_code = wanted.group_currency_code then 1 else found.rate end as decimal(18, 9))
            as exchange_rate,
        case when wanted.currency_code <> wanted.group_currency_code then found.rate_type end as exchange_rate_type
    from wanted
    left join found using (company_id, period_id, account_class)
)

select * from final
