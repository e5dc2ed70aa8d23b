-- The period each production date counts in: the company's fiscal period, else the calendar month.
-- One row per company × production date.
with

production_dates as (select distinct company_id, production_date from {{ ref('int_machine_shift') }}),

fiscal_periods as (select * from {{ ref('stg_fiscal_period') }}),

final as (
    select production_dates.company_id, production_dates.production_date,
        coalesce(
            arg_max(fiscal_periods.period_id, (fiscal_periods.start_date, fiscal_periods.period_id)),
            strftime(production_dates.production_date, '%Y-%m')
        ) as period_id
    from production_dates
    left join fiscal_periods
        on production_dates.company_id = fiscal_periods.company_id
        and production_dates.production_date between fiscal_periods.start_date and fiscal_periods.end_date
    group by production_dates.company_id, production_dates.production_date
)

select * from final
