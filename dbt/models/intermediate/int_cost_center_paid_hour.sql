-- Hours that payroll paid, shared to cost centers in proportion to the wages that the ledger shows there.
-- One row per company × cost center × period. Payroll knows people and no cost centers: a plant's people share its
-- wages, those of no plant (or of one without wages in the ledger) the company's. Largest remainder, to millionths.
with

wages as (
    select company_id, plant_id, cost_center_id, period_id, sum(amount) as amount
    from {{ ref('int_budget_actual') }}
    where account_role = 'labour_actual' and cost_center_id is not null
    group by all
    having sum(amount) > 0
),

paid as (
    select payrolls.company_id, workers.plant_id, payrolls.period_id, sum(payrolls.hours) as hours
    from {{ ref('stg_payroll') }} as payrolls
    left join {{ ref('stg_worker') }} as workers using (company_id, worker_id)
    group by all
),

-- Where payroll and wages meet: at the plant, else at the company ('').
pools as (
    select paid.company_id, paid.period_id,
        case when exists (
            select 1 from wages
            where wages.company_id = paid.company_id and wages.period_id = paid.period_id
                and wages.plant_id = paid.plant_id
        ) then paid.plant_id else '' end as pool_id,
        cast(sum(paid.hours) * 1000000 as hugeint) as micro_hours
    from paid
    group by all
),

weights as (
    select company_id, period_id, coalesce(plant_id, '-') as pool_id, cost_center_id,
        cast(amount * 10000 as hugeint) as weight
    from wages
    union all
    select company_id, period_id, '', cost_center_id, cast(amount * 10000 as hugeint)
    from wages
),

shared as (
    select weights.company_id, weights.period_id, weights.pool_id, weights.cost_center_id, pools.micro_hours,
        pools.micro_hours * weights.weight as product,
        cast(sum(weights.weight) over pool as hugeint) as total
    from weights
    inner join pools
        on weights.company_id = pools.company_id and weights.period_id = pools.period_id
        and weights.pool_id = pools.pool_id
    window pool as (partition by weights.company_id, weights.period_id, weights.pool_id)
),

floored as (
    select *, (product - ((product % total) + total) % total) // total as whole,
        ((product % total) + total) % total as remainder
    from shared
),

ranked as (
    select *, micro_hours - cast(sum(whole) over pool as hugeint) as left_over,
        row_number() over (
            partition by company_id, period_id, pool_id order by remainder desc, cost_center_id asc
        ) as place
    from floored
    window pool as (partition by company_id, period_id, pool_id)
),

final as (
    select company_id, cost_center_id, period_id,
        cast(cast(sum(whole + case when place <= left_over then 1 else 0 end) as decimal(28, 0)) * 0.000001
            as decimal(28, 6)) as paid_hours
    from ranked
    group by all
)

select * from final
