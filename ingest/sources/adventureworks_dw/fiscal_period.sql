-- The periods that the figures themselves keep. Each month is stated on one day near its end, which drifts: 2011-03-01
-- closes February, 2012-12-28 December, and corrections at the year's end may stand on the day before. A period is
-- named by the month in which the day two weeks before lies, ends on its last such day, and begins after the one
-- before. The fiscal year begins in July, as FiscalQuarter says, and bears the number of the year in which it ends.
-- Odd habit: FiscalYear says so up to 2010 and one less from 2011 on: two years are called 2011, and it is not read.
with stated as (
    select
        finance.OrganizationKey,
        finance.source_file,
        finance.source_line,
        try_strptime(finance.DateKey, '%Y%m%d')::date as day,
        strftime(try_strptime(finance.DateKey, '%Y%m%d') - interval 14 days, '%Y-%m') as period_id
    from finance
),

closing as (
    select
        period_id,
        max(day) as end_date
    from stated
    group by period_id
),

bounded as (
    select
        closing.period_id,
        closing.end_date,
        coalesce(
            lag(closing.end_date) over (order by closing.end_date) + 1,
            strptime(closing.period_id || '-01', '%Y-%m-%d')::date
        ) as start_date
    from closing
)

select
    stated.OrganizationKey as company_id,
    stated.period_id,
    day.CalendarYear::integer + case when day.FiscalQuarter in ('1', '2') then 1 else 0 end as fiscal_year,
    strftime(bounded.start_date, '%Y-%m-%d') as start_date,
    strftime(bounded.end_date, '%Y-%m-%d') as end_date,
    min(stated.source_file) as source_file,
    min(stated.source_line) as source_line
from stated
inner join bounded on stated.period_id = bounded.period_id
left join day on stated.period_id || '-15' = day.FullDateAlternateKey
group by
    stated.OrganizationKey, stated.period_id, day.CalendarYear, day.FiscalQuarter, bounded.start_date, bounded.end_date
