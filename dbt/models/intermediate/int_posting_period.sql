-- The fiscal period each posting date counts in: by the company's own bounds, else the calendar month.
-- One row per company × date that a posting, a movement, an hour or an order names.
with

dates as (
    select company_id, posting_date from {{ ref('stg_goods_movement') }}
    union
    select company_id, posting_date from {{ ref('stg_confirmation') }}
    union
    select company_id, work_date from {{ ref('stg_labour_time') }}
    union
    select company_id, posting_date from {{ ref('stg_purchase_receipt') }}
    union
    select company_id, posting_date from {{ ref('stg_purchase_invoice') }}
    union
    select company_id, posting_date from {{ ref('stg_ledger_posting') }}
    union
    select company_id, completed_date from {{ ref('int_order_end') }}
    union
    select company_id, valid_from from {{ ref('stg_standard_cost') }}
),

fiscal_periods as (select * from {{ ref('stg_fiscal_period') }}),

final as (
    select dates.company_id, dates.posting_date,
        coalesce(
            arg_max(fiscal_periods.period_id, (fiscal_periods.start_date, fiscal_periods.period_id)),
            strftime(dates.posting_date, '%Y-%m')
        ) as period_id,
        coalesce(
            arg_max(fiscal_periods.start_date, (fiscal_periods.start_date, fiscal_periods.period_id)),
            cast(date_trunc('month', dates.posting_date) as date)
        ) as start_date,
        coalesce(
            arg_max(fiscal_periods.end_date, (fiscal_periods.start_date, fiscal_periods.period_id)),
            last_day(dates.posting_date)
        ) as end_date
    from dates
    left join fiscal_periods
        on dates.company_id = fiscal_periods.company_id
        and dates.posting_date between fiscal_periods.start_date and fiscal_periods.end_date
    where dates.posting_date is not null
    group by dates.company_id, dates.posting_date
)

select * from final
