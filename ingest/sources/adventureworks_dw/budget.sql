-- What the scenarios other than Actual say, each a version of the budget. Only income and expense are planned. Signs
-- and periods as in the ledger. The source does not say what varies with volume: every amount is taken as fixed.
with stated as (
    select
        finance.OrganizationKey,
        finance.DepartmentGroupKey,
        finance.DateKey,
        finance.Amount,
        finance.source_file,
        finance.source_line,
        scenario.ScenarioName,
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
        coalesce(scenario.ScenarioName, '') <> 'Actual'
        and account.AccountType not in ('Statistical', 'Balances', 'Flow')
)

select
    OrganizationKey as company_id,
    ScenarioName as version_id,
    DepartmentGroupKey as cost_center_id,
    AccountCodeAlternateKey as account_id,
    coalesce(strftime(day - interval 14 days, '%Y-%m'), DateKey) as period_id,
    coalesce((sign * printed)::varchar, Amount) as amount,
    CurrencyAlternateKey as currency_code,
    'fixed' as behaviour,
    source_file,
    source_line
from stated
