-- What the scenario Actual says, one posting a row. Amounts are printed figures: revenue and liabilities become
-- negative here, debit positive; binary fractions (140576.79999999999) are read to four decimals.
-- Odd habit: revenue and expenditures are what a month brought, assets and liabilities are what stood at its end. A
-- balance is no posting; what it moved by since the balance before is one. Statistical accounts hold no money.
with stated as (
    select
        finance.FinanceKey,
        finance.OrganizationKey,
        finance.DepartmentGroupKey,
        finance.DateKey,
        finance.Amount,
        finance.source_file,
        finance.source_line,
        account.AccountCodeAlternateKey,
        account.AccountType,
        currency.CurrencyAlternateKey,
        try_strptime(finance.DateKey, '%Y%m%d') as day,
        case when account.AccountType in ('Revenue', 'Liabilities') then -1 else 1 end as sign,
        try_cast(finance.Amount as decimal(18, 4)) as printed
    from finance
    left join scenario on finance.ScenarioKey = scenario.ScenarioKey
    left join account on finance.AccountKey = account.AccountKey
    left join organization on finance.OrganizationKey = organization.OrganizationKey
    left join currency on organization.CurrencyKey = currency.CurrencyKey
    where
        scenario.ScenarioName = 'Actual'
        and account.AccountType not in ('Statistical', 'Balances', 'Flow')
),

moved as (
    select
        *,
        lag(printed) over (
            partition by OrganizationKey, DepartmentGroupKey, AccountCodeAlternateKey
            order by day
        ) as printed_before
    from stated
)

select
    FinanceKey as document_id,
    1 as line_no,
    OrganizationKey as company_id,
    OrganizationKey as plant_id,
    AccountCodeAlternateKey as account_id,
    DepartmentGroupKey as cost_center_id,
    coalesce(strftime(day, '%Y-%m-%d'), DateKey) as posting_date,
    coalesce(strftime(day - interval 14 days, '%Y-%m'), DateKey) as period_id,
    CurrencyAlternateKey as currency_code,
    source_file,
    source_line,
    coalesce((sign * (
        printed - case when AccountType in ('Assets', 'Liabilities') then coalesce(printed_before, 0) else 0 end
    ))::varchar, Amount) as amount
from moved
