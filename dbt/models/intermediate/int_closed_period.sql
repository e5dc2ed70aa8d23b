-- Periods that are closed now, with the figures' moment of knowledge. One row per company × closed period.
with

last_decisions as (
    select * from {{ ref('stg_closing') }}
    qualify row_number() over (partition by company_id, period_id order by entry_no desc) = 1
),

final as (
    select decisions.closing_id, decisions.company_id, decisions.period_id, decisions.state, decisions.known_at,
        decisions.recorded_at as closed_at, decisions.marts, periods.start_date, periods.end_date
    from last_decisions as decisions
    left join {{ ref('int_company_period') }} as periods using (company_id, period_id)
    where decisions.state in ('closed', 'soft_closed')
)

select * from final
