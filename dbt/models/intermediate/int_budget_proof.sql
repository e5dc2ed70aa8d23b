-- What must hold of the budget walk. One row per identity × company × plant × what is compared.
-- I9.WALK: static + variances = actual, line by line. I9.LEDGER: the walk holds all income and expense of the ledger.
-- I9.BUDGET: and every budgeted amount. I12.GROUP: local × rate = group amount less its rounding.
with

walk as (select * from {{ ref('int_budget_walk') }}),

versions as (
    select company_id, count(distinct coalesce(version_id, '')) as version_count from walk
    group by all
),

sides as (
    select company_id, period_id, sum(actual_amount) as left_value, 0 as right_value
    from walk
    group by all
    union all
    select actuals.company_id, actuals.period_id, 0, sum(actuals.amount * versions.version_count)
    from {{ ref('int_budget_actual') }} as actuals
    inner join versions using (company_id)
    where coalesce(actuals.account_type, 'expense') in ('revenue', 'expense')
        or (actuals.company_id, actuals.account_id) in (
            select (planned.company_id, planned.account_id) from {{ ref('int_budget_planned') }} as planned
        )
    group by all
),

compared as (
    select company_id, coalesce(plant_id, '-') as plant_id, 'I9.WALK' as identity_id,
        -- Decimals alike in every branch: a union of wide ones keeps the smaller number of them.
        cast(
            static_amount + coalesce(activity_variance_amount, 0) + coalesce(efficiency_variance_amount, 0)
            + coalesce(rate_variance_amount, 0) + coalesce(spending_variance_amount, 0)
            + coalesce(undivided_variance_amount, 0) as decimal(28, 6)
        ) as left_value,
        cast(actual_amount as decimal(28, 6)) as right_value
    from walk
    where static_amount is not null and actual_amount is not null
    union all
    select company_id, '-', 'I9.LEDGER', cast(sum(left_value) as decimal(28, 6)),
        cast(sum(right_value) as decimal(28, 6))
    from sides
    group by company_id, period_id
    union all
    select company_id, '-', 'I9.BUDGET', cast(sum(left_value) as decimal(28, 6)),
        cast(sum(right_value) as decimal(28, 6))
    from (
        select company_id, version_id, sum(static_amount) as left_value, 0 as right_value from walk
        where version_id is not null
        group by all
        union all
        select company_id, version_id, 0, sum(amount) from {{ ref('int_budget_planned') }}
        where is_in_functional_currency
        group by all
    )
    group by company_id, version_id
    union all
    select company_id, '-', 'I12.GROUP', cast(sum(group_actual_amount - group_rounding_amount) as decimal(28, 6)),
        cast(sum(actual_amount) * any_value(exchange_rate) as decimal(28, 6))
    from walk
    where group_actual_amount is not null
    group by company_id, period_id, account_class
),

final as (
    select company_id, plant_id, identity_id, left_value, right_value from compared
)

select * from final
