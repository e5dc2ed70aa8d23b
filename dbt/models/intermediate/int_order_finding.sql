-- Hours booked on orders that have no value, so that the orders' cost is not known; movements without value are told
-- with the ledger. One row per plant × dataset × reason.
with

unvalued as (
    select company_id, plant_id, source_dataset as dataset, valuation_status, count(*) as finding_count,
        count(distinct order_id) as order_count, sum(hours) as hours, min(posting_date) as first_date,
        max(posting_date) as last_date
    from {{ ref('fct_order_posting') }}
    where booked_amount is null and source_dataset <> 'goods_movement'
    group by all
),

final as (
    select 'booking_without_value|' || dataset || '|' || company_id || '|' || plant_id || '|' || valuation_status
            as finding_id,
        'warning' as severity, company_id, plant_id, valuation_status as subject, dataset,
        'booking_without_value' as finding, cast(finding_count as bigint) as finding_count,
        cast(3600 * hours as decimal(18, 3)) as finding_seconds, cast(null as decimal(18, 4)) as finding_amount,
        cast(null as varchar) as currency_code, first_date, last_date,
        case valuation_status
            when 'no planned rate' then 'deliver the cost center''s planned rate'
            when 'no labour time delivered' then 'deliver time records, or declare costing.labour_from'
            else 'deliver an amount or a standard'
        end || ': the cost of ' || order_count || ' orders is not known' as what_to_do
    from unvalued
)

select * from final
