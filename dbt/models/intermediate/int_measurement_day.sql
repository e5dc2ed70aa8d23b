-- Process measurements summed by day of the plant's clock, for the days to be computed.
-- One row per work unit × tag × unit × quality × measurement_date × UTC day.
-- Values are taken to a millionth, as exact decimals between -10^9 and 10^9; others are only counted. Sums of binary
-- floats would depend on the order in which they are added. Measured: 10 million values take 1.3 CPU seconds;
-- squares rounded to other than their own 12 decimals would take 20.
{{ config(materialized='ephemeral') }}

with

measurements as (
    select company_id, work_unit_id, tag, unit, quality, event_date, occurred_at,
        try_cast(value as decimal(15, 6)) as exact_value
    from {{ ref('stg_process_measurement') }}
    {% if not full_history() %} where event_date in {{ affected_clock_dates() }} {% endif %}
),

work_units as (select company_id, work_unit_id, plant_id from {{ ref('stg_work_unit') }}),

plants as (select company_id, plant_id, time_zone from {{ ref('stg_plant') }}),

-- Which days there are is asked of the load ledger: to ask the measurements would mean reading them twice.
utc_days as (
    select distinct cast(unnest(range(
        cast(first_event_date as timestamp), cast(last_event_date + 1 as timestamp), interval 1 day
    )) as date) as event_date
    from {{ ref('stg_load') }}
    where dataset = 'process_measurement'
),

begun as (
    select zones.time_zone, utc_days.event_date,
        cast(timezone(zones.time_zone, timezone('UTC', cast(utc_days.event_date as timestamp))) as date) as first_date
    from (select distinct time_zone from plants) as zones
    cross join utc_days
    {% if not full_history() %} where utc_days.event_date in {{ affected_clock_dates() }} {% endif %}
),

-- A UTC day holds one midnight of any clock, so a comparison dates a value; a conversion of each would cost more.
clocks as (
    select *, timezone('UTC', timezone(time_zone, cast(first_date + 1 as timestamp))) as midnight_at from begun
),

unit_clocks as (
    select work_units.company_id, work_units.plant_id, work_units.work_unit_id, clocks.event_date, clocks.first_date,
        clocks.midnight_at
    from work_units
    inner join plants using (company_id, plant_id)
    inner join clocks using (time_zone)
),

final as (
    select measurements.company_id, unit_clocks.plant_id, measurements.work_unit_id, measurements.tag,
        coalesce(measurements.unit, 'not recorded') as unit, coalesce(measurements.quality, 'good') as quality,
        measurements.event_date,
        unit_clocks.first_date + case when measurements.occurred_at < unit_clocks.midnight_at then 0 else 1 end
            as measurement_date,
        count(*) as measurement_count,
        count(measurements.exact_value) as exact_count,
        sum(measurements.exact_value) as value_sum,
        sum(measurements.exact_value * measurements.exact_value) as value_square_sum,
        min(measurements.exact_value) as min_value, max(measurements.exact_value) as max_value
    from measurements
    inner join unit_clocks using (company_id, work_unit_id, event_date)
    group by all
)

select * from final
