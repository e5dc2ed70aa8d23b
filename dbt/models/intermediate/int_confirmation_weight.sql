-- How much of a confirmation over several shifts happened in each: the machine's producing time and the time spanned.
-- One row per confirmation × shift; only confirmations that have times and do not name their shift.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['stretch'],
    pre_hook="{{ delete_affected('production_date') }}"
) }}

with

confirmations as (
    select company_id, confirmation_id, work_unit_id, start_at, end_at, {{ milliseconds('start_at') }} as from_ms,
        greatest({{ milliseconds('end_at') }}, {{ milliseconds('start_at') }} + 1) as to_ms
    from {{ ref('stg_confirmation') }}
    where (production_date is null or shift_id is null)
        and start_at is not null and end_at is not null and work_unit_id is not null
),

machine_shifts as (
    select * from {{ ref('int_machine_shift') }}
    {% if not full_history() %} where production_date in {{ affected_production_dates() }} {% endif %}
),

producing as (
    select company_id, work_unit_id, production_date, shift_id, start_ms, end_ms
    from {{ ref('int_state_slice') }}
    where state = 'producing'
        {% if not full_history() %} and production_date in {{ affected_production_dates() }} {% endif %}
),

spanned_days as (
    select *, {{ each_utc_day('start_at', 'end_at + interval 1 millisecond') }} as utc_day
    from confirmations
),

shift_days as (
    select *, {{ each_utc_day('start_at', 'end_at') }} as utc_day
    from machine_shifts
),

spanned as (
    select distinct spanned_days.company_id, spanned_days.confirmation_id, spanned_days.work_unit_id,
        shift_days.production_date, shift_days.shift_id, shift_days.start_ms as shift_start_ms,
        greatest(spanned_days.from_ms, shift_days.start_ms) as from_ms,
        least(spanned_days.to_ms, shift_days.end_ms) as to_ms
    from spanned_days
    inner join shift_days using (company_id, work_unit_id, utc_day)
    where spanned_days.from_ms < shift_days.end_ms and spanned_days.to_ms > shift_days.start_ms
),

final as (
    select spanned.company_id, spanned.confirmation_id, spanned.production_date, spanned.shift_id,
        spanned.shift_start_ms, spanned.to_ms - spanned.from_ms as spanned_ms,
        cast(coalesce(
            sum(least(producing.end_ms, spanned.to_ms) - greatest(producing.start_ms, spanned.from_ms)) filter (
                producing.start_ms < spanned.to_ms and producing.end_ms > spanned.from_ms
            ), 0
        ) as bigint) as producing_ms
    from spanned
    left join producing using (company_id, work_unit_id, production_date, shift_id)
    group by all
)

select * from final
