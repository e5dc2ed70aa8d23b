-- How well each dataset was delivered, day by day, with what its rejected rows are worth.
-- One row per source system × dataset × day of loading (UTC).
with

loads as (
    select source_system, dataset, cast(recorded_at as date) as load_date,
        sum(delivered_rows) as delivered_rows, sum(accepted_rows) as accepted_rows,
        sum(unchanged_rows) as unchanged_rows, sum(rejected_rows) as rejected_rows
    from {{ ref('load') }}
    group by all
),

rejects as (
    select source_system, dataset, cast(rejected_at as date) as load_date, count(*) as open_rows,
        sum(value_at_risk_amount) as value_at_risk_amount
    from {{ ref('quarantine') }}
    group by all
),

final as (
    select loads.source_system, loads.dataset, loads.load_date,
        cast(loads.delivered_rows as bigint) as delivered_rows,
        cast(loads.accepted_rows as bigint) as accepted_rows,
        cast(loads.unchanged_rows as bigint) as unchanged_rows,
        cast(loads.rejected_rows as bigint) as rejected_rows,
        cast(coalesce(rejects.open_rows, 0) as bigint) as still_rejected_rows,
        {{ money('rejects.value_at_risk_amount') }} as value_at_risk_amount,
        {{ ratio('loads.rejected_rows', 'loads.delivered_rows') }} as rejected_ratio
    from loads
    left join rejects using (source_system, dataset, load_date)
)

select * from final
