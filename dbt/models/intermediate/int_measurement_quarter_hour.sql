-- Process measurements summed by quarter of an hour: offsets of clocks are multiples of it, so days of any time zone
-- are sums of them. One row per work unit × tag × unit × quality × quarter_start_at, of the days to be computed.
-- Values are taken to a millionth, as exact decimals between -10^9 and 10^9; others are only counted. Sums of binary
-- floats would depend on the order in which they are added. Measured: 10 million values take 1 CPU second; squares
-- rounded to other than their own 12 decimals would take 20.
{{ config(materialized='ephemeral') }}

with

measurements as (
    select company_id, work_unit_id, tag, unit, quality, occurred_at,
        try_cast(value as decimal(15, 6)) as exact_value
    from {{ ref('stg_process_measurement') }}
    {% if not full_history() %} where event_date in {{ affected_event_dates() }} {% endif %}
),

final as (
    select company_id, work_unit_id, tag,
        coalesce(unit, 'not recorded') as unit, coalesce(quality, 'good') as quality,
        {{ milliseconds('occurred_at') }} // 900000 as epoch_quarter,
        count(*) as measurement_count,
        count(exact_value) as exact_count,
        sum(exact_value) as value_sum,
        sum(exact_value * exact_value) as value_square_sum,
        min(exact_value) as min_value, max(exact_value) as max_value
    from measurements
    group by all
)

select *, make_timestamp(epoch_quarter * 900000000) as quarter_start_at from final
