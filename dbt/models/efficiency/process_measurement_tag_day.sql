-- What each measuring point showed on each day: how often, and the sums from which mean and spread follow.
-- The values themselves stay in the lake (`tieout query --lake`). A day runs from midnight to midnight by the plant's
-- clock, 23 or 25 hours where the clock changes: it is not the production date, since sensors measure without shifts.
-- Bad values are counted and enter no figure.
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ delete_affected('measurement_date') }}"
) }}

with

measurement_days as (
    select *, quality <> 'bad' as is_used
    from {{ ref('int_measurement_day') }}
    {% if not full_history() %} where measurement_date in {{ affected_production_dates() }} {% endif %}
),

final as (
    select company_id, plant_id, work_unit_id, tag, unit as measurement_unit, measurement_date,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'work_unit_id']) }} as work_unit_key,
        cast(coalesce(sum(exact_count) filter (is_used), 0) as bigint) as value_count,
        cast(sum(value_sum) filter (is_used) as decimal(38, 6)) as value_sum,
        cast(sum(value_square_sum) filter (is_used) as decimal(38, 12)) as value_square_sum,
        min(min_value) filter (is_used) as min_value, max(max_value) filter (is_used) as max_value,
        cast(coalesce(sum(measurement_count) filter (quality = 'good'), 0) as bigint) as good_count,
        cast(coalesce(sum(measurement_count) filter (quality = 'uncertain'), 0) as bigint) as uncertain_count,
        cast(coalesce(sum(measurement_count) filter (quality = 'bad'), 0) as bigint) as bad_count,
        cast(coalesce(sum(measurement_count - exact_count) filter (is_used), 0) as bigint) as beyond_range_count
    from measurement_days
    group by all
)

select *,
    {{ ratio('value_sum', 'value_count') }} as mean_value,
    -- The square of a sum of 10^9 values would pass what decimals hold: only here the sums become binary floats.
    case when value_count > 1 then
        sqrt(greatest(
            (cast(value_square_sum as double) - cast(value_sum as double) * cast(value_sum as double) / value_count)
            / (value_count - 1), 0
        ))
    end as standard_deviation
from final
