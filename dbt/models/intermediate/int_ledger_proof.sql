-- Both sides of what ties the ledger to the events, and apart from it what is unexplained. One row per identity ×
-- company × account role × period; plant_id holds the account role, since a ledger has no plants.
-- LEDGER.MATCHED: events = ledger − reconciling items, on every role. I4: the variance leaves of all finished orders =
-- the account they are settled to, over all periods. I5: open orders = work in process at the end of each period.
with

roles as (select * from {{ ref('int_ledger_role') }}),

companies_with_ledger as (select distinct company_id from {{ ref('fct_ledger_posting') }}),

posted as (
    select company_id, account_role, period_id, sum(amount) as amount
    from {{ ref('int_ledger_line') }}
    where account_role is not null
    group by all
),

items as (
    select company_id, account_role, period_id, sum(amount) as amount,
        sum(case when is_explained then 0 else abs(amount) end) as unexplained_amount
    from {{ ref('int_ledger_item') }}
    group by all
),

happened as (
    select company_id, account_role, period_id, sum(amount) as amount
    from {{ ref('int_subledger_posting') }}
    semi join companies_with_ledger using (company_id)
    group by all
),

periods as (
    select company_id, account_role, period_id from posted
    union
    select company_id, account_role, period_id from items
    union
    select company_id, account_role, period_id from happened
),

movements as (
    select periods.company_id, periods.account_role, periods.period_id,
        coalesce(happened.amount, 0) as event_amount,
        coalesce(posted.amount, 0) - coalesce(items.amount, 0) as tied_amount,
        coalesce(items.unexplained_amount, 0) as unexplained_amount
    from periods
    left join posted using (company_id, account_role, period_id)
    left join items using (company_id, account_role, period_id)
    left join happened using (company_id, account_role, period_id)
),

-- An order with a booking that nobody can value has no leaves that could add up: what it settled stands for them.
order_variances as (
    select company_id, sum(amount) as amount from {{ ref('int_order_variance') }}
    where account_role = 'production_variance' and unvalued_count = 0
    group by all
),

unvalued_orders as (
    select company_id, order_id from {{ ref('int_order_period') }}
    group by all
    having sum(unvalued_count) > 0
),

unvalued_settlements as (
    select settled.company_id, sum(settled.settled_amount) as amount
    from {{ ref('int_order_period') }} as settled
    inner join unvalued_orders using (company_id, order_id)
    group by all
),

balances as (
    select company_id, period_id,
        sum(tied_amount) over (partition by company_id order by period_id) as tied_amount
    from movements
    where account_role = 'wip'
),

open_orders as (
    select company_id, period_id, sum(closing_amount) as amount from {{ ref('int_order_period') }}
    group by all
),

final as (
    select company_id, account_role as plant_id, 'LEDGER.MATCHED' as identity_id, event_amount as left_value,
        tied_amount as right_value
    from movements
    union all
    select company_id, account_role, 'I4.UNEXPLAINED', unexplained_amount, 0
    from movements
    where account_role <> 'wip'
    union all
    select company_id, account_role, 'I5.UNEXPLAINED', unexplained_amount, 0
    from movements
    where account_role = 'wip'
    union all
    select movements.company_id, movements.account_role, 'I4',
        coalesce(any_value(order_variances.amount), 0) + coalesce(any_value(unvalued_settlements.amount), 0),
        sum(movements.tied_amount)
    from movements
    left join order_variances using (company_id)
    left join unvalued_settlements using (company_id)
    where movements.account_role = 'production_variance'
    group by movements.company_id, movements.account_role
    union all
    select balances.company_id, 'wip', 'I5', coalesce(open_orders.amount, 0), balances.tied_amount
    from balances
    left join open_orders using (company_id, period_id)
)

select * from final
