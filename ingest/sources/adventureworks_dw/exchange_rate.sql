-- Daily rates, each a day's average and its end, for the organisations that book in the currency; those of other
-- currencies convert nothing. A rate is what one unit of the currency is worth in dollars; it has up to 17 digits, of
-- which nine decimals are kept.
with holding as (
    select distinct ParentOrganizationKey as holding_key from organization
),

both_kinds as (
    select
        CurrencyKey,
        DateKey,
        'average' as rate_type,
        AverageRate as rate,
        source_file,
        source_line
    from currency_rate
    union all
    select
        CurrencyKey,
        DateKey,
        'closing' as rate_type,
        EndOfDayRate as rate,
        source_file,
        source_line
    from currency_rate
)

select
    organization.OrganizationKey as company_id,
    currency.CurrencyAlternateKey as from_currency_code,
    'USD' as to_currency_code,
    both_kinds.rate_type,
    coalesce(strftime(try_strptime(both_kinds.DateKey, '%Y%m%d'), '%Y-%m-%d'), both_kinds.DateKey) as valid_from,
    coalesce(try_cast(both_kinds.rate as decimal(28, 9))::varchar, both_kinds.rate) as rate,
    both_kinds.source_file,
    both_kinds.source_line
from both_kinds
left join currency on both_kinds.CurrencyKey = currency.CurrencyKey
inner join organization on both_kinds.CurrencyKey = organization.CurrencyKey
where organization.OrganizationKey not in (select holding.holding_key from holding)
