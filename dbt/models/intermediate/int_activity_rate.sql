-- Hourly rates with their validity made explicit. One row per cost center × activity × rate type × valid_from.
with

final as (
    select company_id, cost_center_id, activity, rate_type, hourly_amount, expected_idle_ratio, currency_code,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('stg_activity_rate') }}
)

select * from final
