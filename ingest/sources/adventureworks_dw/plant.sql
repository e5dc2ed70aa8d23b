-- One plant to each organisation that keeps books, under its number: the warehouse divides no further.
with holding as (
    select distinct ParentOrganizationKey as holding_key from organization
)

select
    organization.OrganizationKey as plant_id,
    organization.OrganizationKey as company_id,
    organization.OrganizationName as name,
    'UTC' as time_zone,
    currency.CurrencyAlternateKey as currency_code,
    'discrete' as production_type,
    organization.source_file,
    organization.source_line
from organization
left join currency on organization.CurrencyKey = currency.CurrencyKey
where organization.OrganizationKey not in (select holding.holding_key from holding)
