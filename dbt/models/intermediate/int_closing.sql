-- Every period of each company with what was decided about it. One row per company × period × decision; a period about
-- which nothing was decided has one row, decision 0.
with

figures as (
    select closing_id, count(*) as figure_count from {{ ref('stg_closed_figure') }}
    group by closing_id
),

decisions as (
    select stg_closing.*, row_number() over (partition by company_id, period_id order by entry_no) as decision_no,
        row_number() over (partition by company_id, period_id order by entry_no desc) = 1 as is_last,
        coalesce(figures.figure_count, 0) as figure_count
    from {{ ref('stg_closing') }} as stg_closing
    left join figures using (closing_id)
),

periods as (select * from {{ ref('int_company_period') }}),

final as (
    select periods.company_id, periods.period_id, periods.start_date, periods.end_date, periods.posting_count,
        cast(coalesce(decisions.decision_no, 0) as bigint) as decision_no,
        coalesce(decisions.state, 'open') as period_state, coalesce(decisions.is_last, true) as is_last_decision,
        decisions.closing_id, decisions.recorded_at as decided_at, decisions.decided_by, decisions.because,
        decisions.despite, decisions.known_at, decisions.build_id as frozen_build_id, decisions.marts as frozen_marts,
        decisions.figure_count as frozen_figure_count
    from periods
    left join decisions using (company_id, period_id)
)

select * from final
