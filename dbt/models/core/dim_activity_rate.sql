-- What an hour of an activity is planned to cost at each cost center, and what it did cost, with its validity.
-- One row per company × cost center × activity × rate type × valid_from; where several are valid the last begun rules.
with

rates as (select * from {{ ref('int_activity_rate') }}),

final as (
    select company_id, cost_center_id, activity, rate_type, valid_from, valid_to,
        {{ surrogate_key(['company_id', 'cost_center_id']) }} as cost_center_key,
        {{ money('hourly_amount') }} as hourly_amount, currency_code
    from rates
)

select * from final
