-- From the static budget through the flexed one to the actual, line by line.
-- One row per company × plant × cost center × account × period × budget version. Lines stand for every period of a
-- fiscal year in which the cost center's account is budgeted or posted to, so that a period's rows hold the whole year
-- to date. A company without any budget has its actuals under version null.
-- static + activity + efficiency + rate + spending + undivided variance = actual. Undivided is the whole difference
-- where a variable line cannot be flexed.
with

choices as (select company_id, currency_code, budget_version_id from {{ ref('int_costing_choice') }}),

periods as (select * from {{ ref('int_budget_period') }}),

planned as (select * from {{ ref('int_budget_planned') }}),

versions as (select distinct company_id, version_id from planned),

-- Balance sheet accounts count where they are budgeted (investments are); an account of no chart counts as expense.
budgeted_accounts as (select distinct company_id, account_id from planned),

actuals as (
    select actuals.company_id, actuals.plant_id, actuals.cost_center_id, actuals.account_id, actuals.period_id,
        actuals.amount, actuals.line_count
    from {{ ref('int_budget_actual') }} as actuals
    left join budgeted_accounts using (company_id, account_id)
    where coalesce(actuals.account_type, 'expense') in ('revenue', 'expense')
        or budgeted_accounts.account_id is not null
),

version_of as (
    select companies.company_id, versions.version_id
    from (
        select company_id from actuals
        union
        select company_id from planned
    ) as companies
    left join versions using (company_id)
),

lines as (
    select planned.company_id, planned.plant_id, planned.cost_center_id, planned.account_id, planned.version_id,
        periods.fiscal_year
    from planned
    inner join periods using (company_id, period_id)
    union
    select actuals.company_id, actuals.plant_id, actuals.cost_center_id, actuals.account_id,
        version_of.version_id, periods.fiscal_year
    from actuals
    inner join periods using (company_id, period_id)
    inner join version_of on actuals.company_id = version_of.company_id
),

told as (
    select lines.*, periods.period_id, periods.start_date, periods.end_date, periods.has_actual, periods.is_over,
        planned.amount as planned_amount, planned.behaviour, planned.driver, planned.driver_qty,
        planned.is_in_functional_currency, planned.source_file, planned.source_line,
        case when periods.has_actual then coalesce(actuals.amount, 0) end as actual_amount,
        coalesce(actuals.line_count, 0) as line_count,
        accounts.account_name, accounts.account_type, accounts.account_role, accounts.account_sign,
        accounts.parent_account_id, cost_centers.cost_center_kind, choices.currency_code,
        coalesce(lines.version_id <> choices.budget_version_id, true) as is_forecast
    from lines
    inner join periods on lines.company_id = periods.company_id and lines.fiscal_year = periods.fiscal_year
    inner join choices on lines.company_id = choices.company_id
    left join planned
        on lines.company_id = planned.company_id and lines.version_id = planned.version_id
        and lines.cost_center_id = planned.cost_center_id and lines.account_id = planned.account_id
        and periods.period_id = planned.period_id
    left join actuals
        on lines.company_id = actuals.company_id and lines.plant_id is not distinct from actuals.plant_id
        and lines.cost_center_id is not distinct from actuals.cost_center_id
        and lines.account_id = actuals.account_id and periods.period_id = actuals.period_id
    left join {{ ref('dim_account') }} as accounts
        on lines.company_id = accounts.company_id and lines.account_id = accounts.account_id
    left join {{ ref('dim_cost_center') }} as cost_centers
        on lines.company_id = cost_centers.company_id and lines.cost_center_id = cost_centers.cost_center_id
),

driven as (
    select told.*, drivers.actual_qty as actual_driver_qty, drivers.standard_qty as standard_driver_qty,
        case
            when told.version_id is null then null
            when told.planned_amount is null then 0
            when told.is_in_functional_currency then told.planned_amount
        end as static_amount,
        coalesce(told.behaviour = 'variable', false) as is_variable
    from told
    left join {{ ref('int_budget_driver') }} as drivers
        on told.company_id = drivers.company_id and told.cost_center_id = drivers.cost_center_id
        and told.period_id = drivers.period_id and told.driver = drivers.driver
),

flexed as (
    select *,
        {% for quantity, amount in [('standard', 'flexed'), ('actual', 'at_actual_driver')] %}
        case
            when not is_variable then static_amount
            -- Nothing made in a month that is still to come is no activity of 0.
            when has_actual or {{ quantity }}_driver_qty <> 0 then
                {{ multiply_divide('static_amount', quantity ~ '_driver_qty', 'driver_qty', 2) }}
        end as {{ amount }}_amount,
        {% endfor %}
        -- What hours, material and goods sold are paid at is a rate; anything else is spent.
        is_variable and (
            coalesce(account_role = 'labour_actual', false) or driver = 'material'
            or coalesce(account_type = 'revenue', false)
        ) as is_priced
    from driven
),

-- What the cost center charged to orders is shared to its fixed lines in proportion to their budget.
fixed_lines as (
    select flexed.company_id, flexed.version_id, flexed.cost_center_id, flexed.account_id, flexed.period_id,
        flexed.static_amount, centers.fixed_overhead_at_actual_hours_amount,
        centers.fixed_overhead_at_standard_hours_amount,
        case when centers.absorption_base = 'standard_hours' then centers.fixed_overhead_at_standard_hours_amount
            else centers.fixed_overhead_at_actual_hours_amount end as absorbed_amount,
        cast(sum(flexed.static_amount * 10000) over pool as hugeint) as total,
        cast(sum(flexed.static_amount * 10000) over (pool order by flexed.account_id rows unbounded preceding)
            as hugeint) as total_until,
        cast(flexed.static_amount * 10000 as hugeint) as own
    from flexed
    inner join {{ ref('int_cost_center_period') }} as centers
        on flexed.company_id = centers.company_id and flexed.cost_center_id = centers.cost_center_id
        and flexed.period_id = centers.period_id
    where not flexed.is_variable and flexed.planned_amount is not null and flexed.cost_center_kind = 'production'
        and flexed.account_role in ('overhead_actual', 'fixed_overhead_actual', 'allocation')
    window pool as (
        partition by flexed.company_id, flexed.version_id, flexed.cost_center_id, flexed.period_id
    )
),

volumes as (
    select company_id, version_id, cost_center_id, account_id, period_id,
        {{ quotient(scaled('absorbed_amount', 2) ~ ' * total_until', 'total', 0) }} * 0.01
        - {{ quotient(scaled('absorbed_amount', 2) ~ ' * (total_until - own)', 'total', 0) }} * 0.01
            as absorbed_amount
    from fixed_lines
),

walked as (
    select flexed.*, volumes.absorbed_amount,
        case when flexed.actual_amount is not null then flexed.flexed_amount - flexed.static_amount end
            as activity_variance_amount,
        case when flexed.is_variable and flexed.actual_amount is not null
            and flexed.at_actual_driver_amount is not null then at_actual_driver_amount - flexed_amount
            when not flexed.is_variable and flexed.actual_amount is not null then 0 * flexed.static_amount
        end as efficiency_variance_amount,
        flexed.actual_amount - flexed.at_actual_driver_amount as price_difference_amount
    from flexed
    left join volumes
        on flexed.company_id = volumes.company_id and flexed.version_id = volumes.version_id
        and flexed.cost_center_id = volumes.cost_center_id and flexed.account_id = volumes.account_id
        and flexed.period_id = volumes.period_id
),

divided as (
    select * replace (
            case when price_difference_amount is not null and flexed_amount is not null
                then activity_variance_amount end as activity_variance_amount,
            case when price_difference_amount is not null and flexed_amount is not null
                then efficiency_variance_amount end as efficiency_variance_amount
        ),
        case when flexed_amount is not null then
            case when is_priced then price_difference_amount else 0 * price_difference_amount end
        end as rate_variance_amount,
        case when flexed_amount is not null then
            case when is_priced then 0 * price_difference_amount else price_difference_amount end
        end as spending_variance_amount,
        case
            when flexed_amount is null or at_actual_driver_amount is null then actual_amount - static_amount
            else 0 * (actual_amount - static_amount)
        end as undivided_variance_amount
    from walked
),

classed as (
    select divided.*,
        case when account_type in ('asset', 'liability', 'equity') then 'balance' else 'income' end as account_class,
        case when is_over then actual_amount else static_amount end as outlook_amount
    from divided
),

final as (
    select classed.*,
        -- A sum of which a part is not known is not known.
        {% for measure in ['static', 'flexed', 'actual'] %}
        case when count(*) over to_date = count(classed.{{ measure }}_amount) over to_date then
            sum(classed.{{ measure }}_amount) over to_date
        end as ytd_{{ measure }}_amount,
        {% endfor %}
        {% for measure in ['static', 'outlook'] %}
        case when count(*) over the_year = count(classed.{{ measure }}_amount) over the_year then
            sum(classed.{{ measure }}_amount) over the_year
        end as full_year_{{ measure }}_amount,
        {% endfor %}
        rates.group_currency_code, rates.exchange_rate, rates.exchange_rate_type,
        {% for measure in ['static', 'flexed', 'actual'] %}
        {{ exchanged('classed.' ~ measure ~ '_amount', 'rates.exchange_rate') }} as group_{{ measure }}_amount,
        {% endfor %}
        {{ exchanged('classed.actual_amount', 'rates.exchange_rate') }}
        - cast(classed.actual_amount as decimal(20, 4)) * cast(rates.exchange_rate as decimal(18, 9))
            as group_rounding_amount,
        case
            when classed.version_id is null then 'not available: no budget is delivered'
            when classed.actual_amount is null then 'no actual yet: the ledger is not posted into the period'
            when classed.planned_amount is null and classed.line_count > 0 then 'not budgeted'
            when not classed.is_in_functional_currency then
                'not available: budgeted in a currency that is not the company''s'
            when classed.is_variable and (classed.driver is null or coalesce(classed.driver_qty, 0) = 0) then
                'not flexed: the budget names no driver or no quantity of it'
            when classed.is_variable and classed.flexed_amount is null then
                'not flexed: ' || classed.driver || ' is not delivered'
            when not classed.is_over then 'provisional: the ledger is not posted up to the end of the period'
            else 'known'
        end as walk_status
    from classed
    left join {{ ref('int_exchange_period') }} as rates
        on classed.company_id = rates.company_id and classed.period_id = rates.period_id
        and classed.account_class = rates.account_class
    window
        the_year as (
            partition by classed.company_id, classed.plant_id, classed.cost_center_id, classed.account_id,
                classed.version_id, classed.fiscal_year
        ),
        to_date as (
            partition by classed.company_id, classed.plant_id, classed.cost_center_id, classed.account_id,
                classed.version_id, classed.fiscal_year
            order by classed.period_id rows unbounded preceding
        )
)

select * from final
