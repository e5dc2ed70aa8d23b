-- The ledger by cost center, account and period, with the role each account plays.
-- One row per company × plant × cost center × account × period. The plant is the cost center's; where a line names no
-- cost center, that of the line, else of its order. Plant and cost center are null where the ledger names none.
with

accounts as (select company_id, account_id, account_type, account_role from {{ ref('dim_account') }}),

cost_centers as (select company_id, cost_center_id, plant_id from {{ ref('dim_cost_center') }}),

orders as (select company_id, order_id, plant_id from {{ ref('stg_production_order') }}),

final as (
    select postings.company_id,
        case when postings.cost_center_id is null then coalesce(postings.plant_id, orders.plant_id)
            else cost_centers.plant_id end as plant_id,
        postings.cost_center_id, postings.account_id, postings.period_id, accounts.account_type,
        accounts.account_role, sum(postings.amount) as amount, cast(count(*) as bigint) as line_count
    from {{ ref('stg_ledger_posting') }} as postings
    left join accounts using (company_id, account_id)
    left join cost_centers
        on postings.company_id = cost_centers.company_id and postings.cost_center_id = cost_centers.cost_center_id
    left join orders on postings.company_id = orders.company_id and postings.order_id = orders.order_id
    group by all
)

select * from final
