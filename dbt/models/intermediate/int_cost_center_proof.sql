-- What must hold at cost centers. One row per identity × company × plant × cost center × period.
-- I6.OVERHEAD and I6.LABOUR: cost less the ledger's credit for what orders were charged = the leaves; in periods whose
-- cost nobody delivered there is nothing to compare. I6.APPLIED: what orders were charged = what cost centers absorbed.
-- I2.VOLUME: capacity + efficiency = volume. I11.ALLOCATION: what a document allocates is received as it is sent; this
-- one is about the ledger's own lines, all others are about ours.
with

periods as (select * from {{ ref('int_cost_center_period') }}),

leaves as (
    select company_id, plant_id, cost_center_id, period_id,
        coalesce(sum(amount) filter (leaf_scope = 'cost_center' and account_role = 'overhead_absorbed'), 0)
            as overhead_amount,
        coalesce(sum(amount) filter (leaf_scope = 'cost_center' and account_role = 'labour_absorbed'), 0)
            as labour_amount,
        sum(amount) filter (leaf_code = 'FOH.VOL') as volume_amount,
        coalesce(sum(amount) filter (leaf_code in ('FOH.CAP', 'FOH.EFF')), 0) as capacity_and_efficiency_amount
    from {{ ref('int_cost_center_leaf') }}
    group by all
),

joined as (
    select periods.*, coalesce(leaves.overhead_amount, 0) as overhead_leaves,
        coalesce(leaves.labour_amount, 0) as labour_leaves, leaves.volume_amount,
        leaves.capacity_and_efficiency_amount,
        periods.absorbed_machine_amount + periods.absorbed_setup_amount + periods.absorbed_variable_overhead_amount
        + periods.absorbed_fixed_overhead_amount as absorbed_overhead_amount
    from periods
    left join leaves
        on periods.company_id = leaves.company_id and periods.period_id = leaves.period_id
        and periods.plant_id is not distinct from leaves.plant_id
        and periods.cost_center_id is not distinct from leaves.cost_center_id
),

applied as (
    select company_id, sum(left_value) as left_value, sum(right_value) as right_value
    from (
        select company_id, period_id, sum(booked_amount) as left_value, 0 as right_value
        from {{ ref('fct_order_posting') }}
        where cost_component in ('machine', 'setup', 'variable_overhead', 'fixed_overhead')
        group by all
        union all
        select company_id, period_id, 0, absorbed_overhead_amount
        from joined
    )
    group by company_id, period_id
),

allocations as (
    select postings.company_id, postings.document_id,
        sum(postings.amount) filter (postings.amount > 0) as left_value,
        -sum(postings.amount) filter (postings.amount < 0) as right_value
    from {{ ref('stg_ledger_posting') }} as postings
    inner join {{ ref('dim_account') }} as accounts using (company_id, account_id)
    where accounts.account_role = 'allocation'
    group by all
),

final as (
    select company_id, coalesce(plant_id, '-') as plant_id, 'I6.OVERHEAD' as identity_id,
        actual_variable_overhead_amount + actual_fixed_overhead_amount + coalesce(ledger_machine_amount, 0)
        + coalesce(ledger_overhead_absorbed_amount, -absorbed_overhead_amount) as left_value,
        overhead_leaves as right_value
    from joined
    where actual_variable_overhead_amount is not null
    union all
    select company_id, coalesce(plant_id, '-'), 'I6.LABOUR',
        paid_amount + coalesce(ledger_labour_absorbed_amount, -absorbed_labour_amount), labour_leaves
    from joined
    where paid_amount is not null
    union all
    select company_id, coalesce(plant_id, '-'), 'I2.VOLUME', volume_amount, capacity_and_efficiency_amount
    from joined
    where volume_amount is not null
    union all
    select company_id, '-', 'I6.APPLIED', left_value, right_value
    from applied
    union all
    select company_id, '-', 'I11.ALLOCATION', coalesce(left_value, 0), coalesce(right_value, 0)
    from allocations
)

select * from final
