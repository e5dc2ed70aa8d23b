-- Every period of each company's books, with its bounds: as the company delivers them, else the calendar month.
-- One row per company × period. posting_count is the number of ledger lines and of bookings on orders that count in it.
with

dated as (
    select company_id, period_id, min(start_date) as start_date, max(end_date) as end_date
    from {{ ref('int_posting_period') }}
    group by all
),

delivered as (select company_id, period_id, start_date, end_date from {{ ref('stg_fiscal_period') }}),

counted as (
    select company_id, period_id, count(*) as posting_count
    from (
        select company_id, period_id from {{ ref('stg_ledger_posting') }}
        union all
        select company_id, period_id from {{ ref('fct_order_posting') }}
    )
    where period_id is not null
    group by all
),

named as (
    select company_id, period_id from dated
    union
    select company_id, period_id from delivered
    union
    select company_id, period_id from counted
),

final as (
    select named.company_id, named.period_id,
        coalesce(
            delivered.start_date, dated.start_date, cast(try_strptime(named.period_id || '-01', '%Y-%m-%d') as date)
        ) as start_date,
        coalesce(
            delivered.end_date, dated.end_date,
            last_day(cast(try_strptime(named.period_id || '-01', '%Y-%m-%d') as date))
        ) as end_date,
        coalesce(counted.posting_count, 0) as posting_count
    from named
    left join delivered using (company_id, period_id)
    left join dated using (company_id, period_id)
    left join counted using (company_id, period_id)
)

select * from final
