-- Budget lines with the plant of their cost center and what can be wrong with them.
-- One row per company × version × cost center × account × period.
with

final as (
    select budgets.company_id, cost_centers.plant_id, budgets.version_id, budgets.cost_center_id, budgets.account_id,
        budgets.period_id, accounts.account_type, accounts.account_role, budgets.amount, budgets.currency_code,
        budgets.behaviour, budgets.driver, budgets.driver_qty, budgets.source_file, budgets.source_line,
        cost_centers.cost_center_kind,
        budgets.version_id = choices.budget_version_id as is_measure,
        budgets.currency_code = choices.currency_code as is_in_functional_currency
    from {{ ref('stg_budget') }} as budgets
    inner join {{ ref('int_costing_choice') }} as choices using (company_id)
    left join {{ ref('dim_cost_center') }} as cost_centers
        on budgets.company_id = cost_centers.company_id and budgets.cost_center_id = cost_centers.cost_center_id
    left join {{ ref('dim_account') }} as accounts
        on budgets.company_id = accounts.company_id and budgets.account_id = accounts.account_id
)

select * from final
