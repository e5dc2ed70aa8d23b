-- Exchange rates with their validity made explicit: a rate holds until the pair's next one of the same kind.
-- One row per company × pair of currencies × rate type × valid_from; valid_to is exclusive.
select company_id, from_currency_code, to_currency_code, rate_type, rate, valid_from,
    lead(valid_from, 1, date '9999-12-31') over (
        partition by company_id, from_currency_code, to_currency_code, rate_type order by valid_from
    ) as valid_to
from {{ ref('stg_exchange_rate') }}
