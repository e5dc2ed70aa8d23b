-- Work in process of each order, period by period: opening + debits − credits − settled = closing.
-- One row per order × period, from its first booking on; an open order to the last period known of its company, a
-- finished one to its last booking. Settled: a finished order is empty at the end of the period in which it ended;
-- what is booked on it later is settled in its own period. These are the books; wip_amount is the same work in process
-- at the declared valuation, which for an open order may be the standard cost of what is done.
with

postings as (select * from {{ ref('fct_order_posting') }}),

bookings as (
    select company_id, order_id, period_id,
        cast(coalesce(sum(booked_amount) filter (cost_component <> 'output'), 0) as decimal(18, 4)) as debit_amount,
        cast(coalesce(-sum(booked_amount) filter (cost_component = 'output'), 0) as decimal(18, 4)) as credit_amount,
        count(*) filter (booked_amount is null) as unvalued_count,
        min(posting_date) as first_date, max(posting_date) as last_date
    from postings
    group by all
),

spans as (
    select bookings.company_id, bookings.order_id, min(bookings.period_id) as first_period_id,
        max(bookings.period_id) as last_period_id, max(bookings.last_date) as last_date
    from bookings
    group by all
),

ends as (
    select spans.*, ends.order_id is not null as is_finished,
        coalesce(ends.completed_date, case when ends.order_id is not null then spans.last_date end) as completed_date
    from spans
    left join {{ ref('int_order_end') }} as ends using (company_id, order_id)
),

finished as (
    select ends.*, periods.period_id as completed_period_id
    from ends
    left join {{ ref('int_posting_period') }} as periods
        on ends.company_id = periods.company_id and ends.completed_date = periods.posting_date
),

company_periods as (
    select company_id, period_id from postings
    union
    select company_id, period_id from {{ ref('stg_ledger_posting') }}
    union
    select company_id, completed_period_id from finished
    where completed_period_id is not null
),

last_periods as (
    select company_id, max(period_id) as last_known_period_id
    from (
        select company_id, period_id from postings
        union
        select company_id, period_id from {{ ref('stg_ledger_posting') }}
    )
    group by all
),

order_periods as (
    select finished.company_id, finished.order_id, finished.is_finished, finished.completed_date,
        finished.completed_period_id, company_periods.period_id
    from finished
    inner join last_periods using (company_id)
    inner join company_periods
        on finished.company_id = company_periods.company_id
        and company_periods.period_id >= finished.first_period_id
        and company_periods.period_id <= case
            when finished.is_finished then greatest(finished.last_period_id, finished.completed_period_id)
            else greatest(last_periods.last_known_period_id, finished.last_period_id)
        end
),

balances as (
    select order_periods.*,
        coalesce(bookings.debit_amount, 0) as debit_amount,
        coalesce(bookings.credit_amount, 0) as credit_amount,
        coalesce(bookings.unvalued_count, 0) as unvalued_count,
        cast(
            sum(coalesce(bookings.debit_amount, 0) - coalesce(bookings.credit_amount, 0)) over (
                partition by order_periods.company_id, order_periods.order_id order by order_periods.period_id
            ) as decimal(18, 4)
        ) as charged_amount
    from order_periods
    left join bookings using (company_id, order_id, period_id)
),

closed as (
    select balances.*, choices.wip_valuation, choices.currency_code,
        balances.is_finished and balances.period_id >= balances.completed_period_id as is_settled,
        case
            when balances.is_finished and balances.period_id >= balances.completed_period_id then 0
            else balances.charged_amount
        end as actual_wip_amount,
        case
            when balances.is_finished and balances.period_id >= balances.completed_period_id then 0
            else targets.target_wip_amount
        end as target_wip_amount
    from balances
    inner join {{ ref('int_costing_choice') }} as choices using (company_id)
    left join {{ ref('int_order_target_wip') }} as targets using (company_id, order_id, period_id)
),

opened as (
    select *,
        coalesce(lag(actual_wip_amount) over (partition by company_id, order_id order by period_id), 0)
            as opening_amount
    from closed
),

final as (
    select company_id, order_id, period_id, currency_code, is_finished, completed_date, completed_period_id,
        is_settled, wip_valuation, unvalued_count,
        {{ money('opening_amount') }} as opening_amount,
        {{ money('debit_amount') }} as debit_amount,
        {{ money('credit_amount') }} as credit_amount,
        {{ money('opening_amount + debit_amount - credit_amount - actual_wip_amount') }} as settled_amount,
        {{ money('actual_wip_amount') }} as closing_amount,
        {{ money('target_wip_amount') }} as target_wip_amount,
        {{ money("case when wip_valuation = 'target' then coalesce(target_wip_amount, actual_wip_amount)"
            ~ " else actual_wip_amount end") }} as wip_amount
    from opened
)

select * from final
