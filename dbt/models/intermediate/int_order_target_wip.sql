-- What is in process at standard: the standard cost of the operations that are confirmed, less what was put out.
-- One row per order that is in process at the end of a period × period, from its first confirmation on. Rates and
-- prices of the order's standard date. Null where no routing tells what the pieces should have cost.
with

-- Orders that began and ended in one period are never in process at the end of one.
in_process as (
    select postings.company_id, postings.order_id
    from {{ ref('fct_order_posting') }} as postings
    left join {{ ref('int_order_end') }} as ends using (company_id, order_id)
    left join {{ ref('int_posting_period') }} as periods
        on postings.company_id = periods.company_id and ends.completed_date = periods.posting_date
    group by postings.company_id, postings.order_id
    having coalesce(max(periods.period_id) > min(postings.period_id), true)
),

measured as (
    select standards.* from {{ ref('int_order_standard') }} as standards
    semi join in_process using (company_id, order_id)
    where standards.price_status = 'known'
),

routings as (
    select routings.* from {{ ref('int_order_routing') }} as routings
    inner join measured using (company_id, order_id)
),

-- Standard cost of one piece that leaves the operation: what entered it, over what passes it.
operation_costs as (
    select routings.company_id, routings.order_id, routings.operation_no,
        sum(coalesce(lines.amount, 0)) + any_value(
            coalesce(
                {{ exact_quotient([['coalesce(routings.run_seconds_per_unit, 0)', 3],
                    ['coalesce(rates.planned_machine_rate, 0) + coalesce(rates.planned_variable_overhead_rate, 0)'
                     ~ ' + coalesce(rates.planned_fixed_overhead_rate, 0)', 4]],
                    [['routings.run_base_qty', 6], ['3600', 0]], 9) }}
                + {{ exact_quotient([['coalesce(routings.labour_run_seconds_per_unit, 0)', 3],
                    ['coalesce(rates.planned_labour_rate, 0)', 4]], [['routings.run_base_qty', 6], ['3600', 0]], 9) }}
                + {{ exact_quotient([['coalesce(routings.subcontract_amount, 0)', 4]],
                    [['routings.run_base_qty', 6]], 9) }},
                0
            )
        ) as processed_amount,
        -- The lot's set-up is spread over good pieces, not over those that are planned to be lost.
        any_value(
            case when measured.lot_size_qty > 0 then
                {{ exact_quotient([['coalesce(routings.setup_seconds, 0)', 3],
                    ['coalesce(rates.planned_setup_rate, 0)', 4]],
                    [['measured.lot_size_qty', 6], ['3600', 0]], 9) }}
                + {{ exact_quotient([['coalesce(routings.labour_setup_seconds, 0)', 3],
                    ['coalesce(rates.planned_labour_rate, 0)', 4]],
                    [['measured.lot_size_qty', 6], ['3600', 0]], 9) }}
            else 0 end
        ) as setup_amount,
        any_value(routings.entering_factor) as entering_factor, any_value(routings.passed_factor) as passed_factor
    from routings
    inner join measured using (company_id, order_id)
    left join {{ ref('int_rate_day') }} as rates
        on routings.company_id = rates.company_id and routings.cost_center_id = rates.cost_center_id
        and routings.standard_date = rates.rate_date
    left join (
        select lines.company_id, lines.order_id, lines.operation_no,
            {{ exact_quotient([['lines.processed_qty', 12], ['prices.price_per_million', 6]],
                [['1000000', 0]], 9) }} as amount
        from (
            select * from {{ ref('int_order_bom') }}
            semi join measured using (company_id, order_id)
        ) as lines
        inner join {{ ref('int_item_price') }} as prices
            on lines.company_id = prices.company_id and lines.plant_id = prices.plant_id
            and lines.component_item_id = prices.item_id
            and lines.standard_date >= prices.valid_from and lines.standard_date < prices.valid_to
        where lines.line_type = 'component'
    ) as lines
        on routings.company_id = lines.company_id and routings.order_id = lines.order_id
        and routings.operation_no = lines.operation_no
    group by routings.company_id, routings.order_id, routings.operation_no
),

done as (
    select confirmations.company_id, confirmations.order_id, periods.period_id,
        sum(
            {{ exact_quotient([['confirmations.good_qty', 6], ['costs.processed_amount', 9],
                ['costs.entering_factor', 12]], [['costs.passed_factor', 12]], 6) }}
            + {{ exact_quotient([['confirmations.good_qty', 6], ['costs.setup_amount', 9]],
                [['costs.passed_factor', 12]], 6) }}
        ) as done_amount
    from {{ ref('stg_confirmation') }} as confirmations
    inner join operation_costs as costs using (company_id, order_id, operation_no)
    inner join {{ ref('int_posting_period') }} as periods
        on confirmations.company_id = periods.company_id and confirmations.posting_date = periods.posting_date
    group by all
),

credited as (
    select company_id, order_id, period_id, -sum(booked_amount) as credit_amount
    from {{ ref('fct_order_posting') }}
    where cost_component = 'output'
    group by all
),

changes as (
    select company_id, order_id, period_id, sum(amount) as amount
    from (
        select company_id, order_id, period_id, cast(done_amount as decimal(28, 6)) as amount from done
        union all
        select company_id, order_id, period_id, cast(-credit_amount as decimal(28, 6)) from credited
    ) as either
    semi join routings using (company_id, order_id)
    group by all
),

company_periods as (select distinct company_id, period_id from {{ ref('int_posting_period') }}),

final as (
    select changes.company_id, changes.order_id, company_periods.period_id,
        cast(round(sum(changes.amount), 2) as decimal(18, 4)) as target_wip_amount
    from changes
    inner join company_periods
        on changes.company_id = company_periods.company_id and company_periods.period_id >= changes.period_id
    group by all
)

select * from final
