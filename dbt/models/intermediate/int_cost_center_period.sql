-- What each cost center planned, paid and charged to orders. One row per company × plant × cost center × period.
-- Paid and actual amounts come from the ledger by the roles of its accounts. Null is what nobody delivered; 0 is what a
-- company that posts such cost did not post here. Budgeted is the version that int_costing_choice names.
{% set absorbed = ['labour', 'machine', 'setup', 'variable_overhead', 'fixed_overhead'] %}
with

choices as (select company_id, currency_code, absorption_base from {{ ref('int_costing_choice') }}),

planned as (
    select * from {{ ref('int_budget_planned') }}
    where is_measure and is_in_functional_currency
),

behaviours as (
    select company_id, cost_center_id, account_id, arg_max(behaviour, period_id) as behaviour from planned
    group by all
),

ledger as (
    select actuals.*,
        case
            when actuals.account_role = 'variable_overhead_actual' then 'variable'
            when actuals.account_role in ('fixed_overhead_actual', 'allocation') then 'fixed'
            when actuals.account_role = 'overhead_actual' then
                coalesce(own.behaviour, behaviours.behaviour, 'fixed')
        end as overhead_behaviour
    from {{ ref('int_budget_actual') }} as actuals
    left join planned as own
        on actuals.company_id = own.company_id and actuals.cost_center_id = own.cost_center_id
        and actuals.account_id = own.account_id and actuals.period_id = own.period_id
    left join behaviours
        on actuals.company_id = behaviours.company_id and actuals.cost_center_id = behaviours.cost_center_id
        and actuals.account_id = behaviours.account_id
),

-- Which kinds of cost the company's ledger holds in the period at all.
posted as (
    select company_id, period_id,
        bool_or(account_role = 'labour_actual') as has_labour,
        bool_or(account_role in (
            'overhead_actual', 'variable_overhead_actual', 'fixed_overhead_actual', 'machine_actual'
        )) as has_overhead
    from ledger
    group by all
),

charts as (
    select company_id, bool_or(account_role = 'machine_actual') as has_machine_account from {{ ref('dim_account') }}
    group by all
),

-- A month that nothing was booked in yet has a budget and no variance.
begun as (
    select company_id, max(period_id) as last_period_id
    from (
        select company_id, period_id from ledger
        union all
        select company_id, period_id from {{ ref('fct_order_posting') }}
    )
    group by all
),

roles as (
    select company_id, bool_or(account_role = 'labour_absorbed') as has_labour_absorbed,
        bool_or(account_role = 'overhead_absorbed') as has_overhead_absorbed
    from ledger
    group by all
),

actuals as (
    select company_id, cost_center_id, period_id,
        any_value(plant_id) as plant_id,
        sum(amount) filter (account_role = 'labour_actual') as paid_amount,
        sum(amount) filter (account_role = 'machine_actual') as machine_amount,
        sum(amount) filter (overhead_behaviour = 'variable') as variable_overhead_amount,
        sum(amount) filter (overhead_behaviour = 'fixed') as fixed_overhead_amount,
        sum(amount) filter (account_role = 'allocation') as allocated_amount,
        sum(amount) filter (account_role = 'labour_absorbed') as labour_absorbed_amount,
        sum(amount) filter (account_role = 'overhead_absorbed') as overhead_absorbed_amount
    from ledger
    where overhead_behaviour is not null
        or account_role in ('labour_actual', 'machine_actual', 'labour_absorbed', 'overhead_absorbed')
    group by company_id, cost_center_id, period_id,
        case when cost_center_id is null then plant_id end
),

budgeted as (
    select company_id, cost_center_id, period_id,
        sum(amount) filter (
            account_role in ('fixed_overhead_actual', 'allocation')
            or (account_role = 'overhead_actual' and behaviour = 'fixed')
        ) as fixed_overhead_amount,
        sum(amount) filter (account_role = 'allocation') as allocation_amount,
        max(driver_qty) filter (driver = 'machine_hours') as machine_hours,
        max(driver_qty) filter (driver = 'labour_hours') as labour_hours
    from planned
    group by all
),

rates as (
    select rates.company_id, rates.cost_center_id, periods.period_id,
        {% for activity in absorbed %}
        arg_max(rates.planned_{{ activity }}_rate, rates.rate_date) as planned_{{ activity }}_rate,
        {% endfor %}
        arg_max(rates.expected_idle_ratio, rates.rate_date) as expected_idle_ratio
    from {{ ref('int_rate_day') }} as rates
    inner join {{ ref('int_posting_period') }} as periods
        on rates.company_id = periods.company_id and rates.rate_date = periods.posting_date
    group by all
),

keys as (
    select company_id, cost_center_id, period_id, null as ledger_plant_id from {{ ref('int_cost_center_activity') }}
    where cost_center_id is not null
    union
    select company_id, cost_center_id, period_id, null from {{ ref('int_cost_center_standard') }}
    where cost_center_id is not null
    union
    select budgeted.company_id, budgeted.cost_center_id, budgeted.period_id, null
    from budgeted
    inner join begun on budgeted.company_id = begun.company_id and budgeted.period_id <= begun.last_period_id
    union
    select company_id, cost_center_id, period_id, case when cost_center_id is null then plant_id end from actuals
),

joined as (
    select keys.company_id, coalesce(cost_centers.plant_id, keys.ledger_plant_id) as plant_id, keys.cost_center_id,
        cost_centers.cost_center_kind, keys.period_id, choices.currency_code, choices.absorption_base,
        {% for measure in ['machine', 'setup', 'labour', 'rework'] %}
        coalesce(activities.{{ measure }}_hours, 0) as {{ measure }}_hours,
        {% endfor %}
        coalesce(activities.hours_without_rate, 0) as hours_without_rate,
        {% for measure in ['machine', 'labour'] %}
        coalesce(standards.standard_{{ measure }}_hours, 0) as standard_{{ measure }}_hours,
        {% endfor %}
        paid.paid_hours,
        case when posted.has_labour then coalesce(actuals.paid_amount, 0) end as paid_amount,
        coalesce(charts.has_machine_account, false) as has_machine_account,
        case when posted.has_overhead and charts.has_machine_account then coalesce(actuals.machine_amount, 0) end
            as ledger_machine_amount,
        coalesce(calendar.is_over, false) as is_period_over,
        case when posted.has_overhead then coalesce(actuals.variable_overhead_amount, 0) end
            as actual_variable_overhead_amount,
        case when posted.has_overhead then coalesce(actuals.fixed_overhead_amount, 0) end
            as actual_fixed_overhead_amount,
        coalesce(actuals.allocated_amount, 0) as allocated_amount,
        case when roles.has_labour_absorbed then coalesce(actuals.labour_absorbed_amount, 0) end
            as ledger_labour_absorbed_amount,
        case when roles.has_overhead_absorbed then coalesce(actuals.overhead_absorbed_amount, 0) end
            as ledger_overhead_absorbed_amount,
        budgeted.fixed_overhead_amount as budgeted_fixed_overhead_amount,
        coalesce(budgeted.allocation_amount, 0) as budgeted_allocation_amount,
        budgeted.machine_hours as delivered_machine_hours, budgeted.labour_hours as budgeted_labour_hours,
        {% for activity in absorbed %}
        coalesce(activities.booked_{{ activity }}_amount, 0) as absorbed_{{ activity }}_amount,
        {% endfor %}
        {% for activity in ['labour', 'machine', 'setup'] %}
        coalesce(activities.actual_{{ activity }}_amount, 0) as actual_{{ activity }}_amount,
        {% endfor %}
        {% for overhead in ['variable_overhead', 'fixed_overhead'] %}
        case when choices.absorption_base = 'actual_hours' then coalesce(activities.booked_{{ overhead }}_amount, 0)
            else coalesce(activities.{{ overhead }}_at_actual_hours_amount, 0)
        end as {{ overhead }}_at_actual_hours_amount,
        case when choices.absorption_base = 'standard_hours' then coalesce(activities.booked_{{ overhead }}_amount, 0)
            else coalesce(standards.{{ overhead }}_at_standard_hours_amount, 0)
        end as {{ overhead }}_at_standard_hours_amount,
        {% endfor %}
        {% for activity in ['machine', 'setup', 'variable_overhead', 'fixed_overhead'] %}
        rates.planned_{{ activity }}_rate as planned_{{ activity }}_hourly_amount,
        {% endfor %}
        -- One rate for the hours paid in a period: that of the hours worked, their average where it changed meanwhile.
        case
            when activities.lowest_labour_rate < activities.highest_labour_rate then
                {{ multiply_divide('activities.exact_labour_amount', '1', 'activities.labour_hours', 6) }}
            else coalesce(activities.lowest_labour_rate, rates.planned_labour_rate)
        end as planned_labour_hourly_amount,
        coalesce(rates.expected_idle_ratio, 0) as expected_idle_ratio
    from keys
    inner join choices on keys.company_id = choices.company_id
    left join {{ ref('dim_cost_center') }} as cost_centers
        on keys.company_id = cost_centers.company_id and keys.cost_center_id = cost_centers.cost_center_id
    left join {{ ref('int_cost_center_activity') }} as activities
        on keys.company_id = activities.company_id and keys.cost_center_id = activities.cost_center_id
        and keys.period_id = activities.period_id
    left join {{ ref('int_cost_center_standard') }} as standards
        on keys.company_id = standards.company_id and keys.cost_center_id = standards.cost_center_id
        and keys.period_id = standards.period_id
    left join {{ ref('int_cost_center_paid_hour') }} as paid
        on keys.company_id = paid.company_id and keys.cost_center_id = paid.cost_center_id
        and keys.period_id = paid.period_id
    left join actuals
        on keys.company_id = actuals.company_id and keys.period_id = actuals.period_id
        and keys.cost_center_id is not distinct from actuals.cost_center_id
        and (keys.cost_center_id is not null or keys.ledger_plant_id is not distinct from actuals.plant_id)
    left join budgeted
        on keys.company_id = budgeted.company_id and keys.cost_center_id = budgeted.cost_center_id
        and keys.period_id = budgeted.period_id
    left join posted on keys.company_id = posted.company_id and keys.period_id = posted.period_id
    left join roles on keys.company_id = roles.company_id
    left join charts on keys.company_id = charts.company_id
    left join {{ ref('int_budget_period') }} as calendar
        on keys.company_id = calendar.company_id and keys.period_id = calendar.period_id
    left join rates
        on keys.company_id = rates.company_id and keys.cost_center_id = rates.cost_center_id
        and keys.period_id = rates.period_id
),

final as (
    select * exclude (delivered_machine_hours),
        coalesce(
            delivered_machine_hours,
            {{ quantity(multiply_divide(
                'budgeted_fixed_overhead_amount', '1', 'planned_fixed_overhead_hourly_amount', 6)) }}
        ) as budgeted_machine_hours,
        {{ multiply_divide('planned_labour_hourly_amount', '1 - expected_idle_ratio', '1', 6) }}
            as planned_paid_hourly_amount,
        {{ multiply_divide('paid_hours',
            multiply_divide('planned_labour_hourly_amount', '1 - expected_idle_ratio', '1', 6), '1', 2) }}
            as planned_paid_amount
    from joined
)

select * from final
