-- One chart of accounts for all organisations, by the codes that reports print; links between accounts are by key in
-- the source. Statistical accounts (head count, units, floor space) hold no money and are none of the ledger's.
-- Operator says how an account enters the one above it as reports print both: + or -. It follows from the types, since
-- amounts here are debit positive and add up as they are: revenue and liabilities are printed with the sign turned.
-- Odd habit: the balance sheet's top has no type, and equity is not told apart from liabilities.
with booking as (
    select distinct OrganizationKey from finance
)

select
    account.AccountCodeAlternateKey as account_id,
    booking.OrganizationKey as company_id,
    account.AccountDescription as name,
    account.ParentAccountCodeAlternateKey as parent_account_id,
    account.source_file,
    account.source_line,
    case account.AccountType
        when 'Assets' then 'asset'
        when '' then 'asset'
        when 'Liabilities' then 'liability'
        when 'Revenue' then 'revenue'
        when 'Expenditures' then 'expense'
        else account.AccountType
    end as account_type,
    case when account.AccountType in ('Revenue', 'Liabilities') then -1 else 1 end as sign
from account
cross join booking
where account.AccountType not in ('Statistical', 'Balances', 'Flow')
