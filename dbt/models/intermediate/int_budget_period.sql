-- The periods in which each company budgets or keeps books: by its own calendar, else calendar months.
-- One row per company × period. has_actual: the ledger is posted into the period; is_over: and beyond its last day.
with

posted as (
    select company_id, max(posting_date) as last_posting_date, max(period_id) as last_period_id
    from {{ ref('stg_ledger_posting') }}
    group by all
),

named as (
    select company_id, period_id from {{ ref('stg_ledger_posting') }}
    union
    select company_id, period_id from {{ ref('stg_budget') }}
    union
    select company_id, period_id from {{ ref('fct_order_posting') }}
    where period_id is not null
),

bounds as (
    select company_id, min(period_id) as first_period_id, max(period_id) as last_period_id from named
    group by all
),

periods as (
    select company_id, period_id from named
    union
    select fiscal.company_id, fiscal.period_id
    from {{ ref('stg_fiscal_period') }} as fiscal
    inner join bounds
        on fiscal.company_id = bounds.company_id
        and fiscal.period_id between bounds.first_period_id and bounds.last_period_id
),

dated as (
    select periods.company_id, periods.period_id,
        coalesce(fiscal.fiscal_year, cast(left(periods.period_id, 4) as integer)) as fiscal_year,
        coalesce(fiscal.start_date, cast(periods.period_id || '-01' as date)) as start_date,
        coalesce(fiscal.end_date, last_day(cast(periods.period_id || '-01' as date))) as end_date
    from periods
    left join {{ ref('stg_fiscal_period') }} as fiscal using (company_id, period_id)
),

final as (
    select dated.company_id, dated.period_id, cast(dated.fiscal_year as integer) as fiscal_year, dated.start_date,
        dated.end_date,
        coalesce(dated.period_id <= posted.last_period_id, false) as has_actual,
        coalesce(dated.end_date <= posted.last_posting_date, false) as is_over
    from dated
    left join posted using (company_id)
)

select * from final
