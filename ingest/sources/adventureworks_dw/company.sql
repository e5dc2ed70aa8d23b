-- Organisations that keep books: those that no other organisation is part of. The others (all of America, a holding)
-- hold no figures of their own; how much of an organisation is owned by the one above has no place here.
-- The warehouse knows days and no clock, so UTC stands for none.
with holding as (
    select distinct ParentOrganizationKey as holding_key from organization
)

select
    organization.OrganizationKey as company_id,
    organization.OrganizationName as name,
    currency.CurrencyAlternateKey as currency_code,
    'UTC' as time_zone,
    organization.source_file,
    organization.source_line
from organization
left join currency on organization.CurrencyKey = currency.CurrencyKey
where organization.OrganizationKey not in (select holding.holding_key from holding)
