-- Where planned busy time went that made no good piece: every stop, every silence, and what speed and rejects cost.
-- loss_kind time: a state interval within a shift. speed and quality: computed for each machine-shift and order, where
-- states and standards are known; they have no moment. All losses of a machine-shift and the standard time of its good
-- pieces add up to its planned busy time.
-- Of the time losses only the affected dates are computed again; the computed ones are few and are all replaced, since
-- the pieces of a confirmation over several days move with any of them.
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{% if is_incremental() %} delete from {{ this }} where loss_kind <> 'time' or production_date in {{ affected_production_dates() }} {% endif %}"
) }}

with

slices as (
    select slices.* from {{ ref('int_state_slice') }} as slices
    inner join {{ ref('int_work_unit_signal') }} as signals using (company_id, work_unit_id)
    where signals.has_states and slices.time_element in ('setup', 'delay', 'down', 'unknown')
        {% if is_incremental() %} and slices.production_date in {{ affected_production_dates() }} {% endif %}
),

reasons as (select company_id, reason_id, loss_category from {{ ref('dim_reason') }}),

time_losses as (
    select slices.company_id, slices.plant_id, slices.work_center_id, slices.work_unit_id, slices.production_date,
        slices.shift_id,
        slices.work_unit_id || '|' || slices.production_date || '|' || slices.shift_id || '|' || slices.start_ms
            as loss_event_id,
        'time' as loss_kind,
        {{ loss_category(
            'slices.time_element', 'slices.state', 'reasons.loss_category',
            'slices.event_end_ms - slices.event_start_ms'
        ) }} as loss_category,
        slices.time_element, slices.state as machine_state, slices.reason_id, slices.order_id, slices.operation_no,
        slices.order_source, make_timestamp(slices.start_ms * 1000) as start_at,
        make_timestamp(slices.end_ms * 1000) as end_at,
        slices.duration_ms as loss_ms
    from slices
    left join reasons using (company_id, reason_id)  -- noqa: ST11
),

computed_losses as (
    unpivot {{ ref('int_machine_shift_order_loss') }}
    on reduced_speed_ms, startup_reject_ms, production_reject_ms into name measure value loss_ms
),

losses as (
    select * from time_losses
    union all by name
    select company_id, plant_id, work_center_id, work_unit_id, production_date, shift_id,
        work_unit_id || '|' || production_date || '|' || shift_id || '|' || coalesce(order_id, '') || '|'
        || replace(measure, '_ms', '') as loss_event_id,
        case measure when 'reduced_speed_ms' then 'speed' else 'quality' end as loss_kind,
        replace(measure, '_ms', '') as loss_category, order_id, loss_ms
    from computed_losses
    where loss_ms <> 0
),

-- An hour of planned busy time costs the fixed overhead that is planned to be absorbed in it.
rates as (
    select units.company_id, units.work_unit_id, days.production_date, rates.hourly_amount, rates.currency_code
    from (select distinct company_id, work_unit_id, production_date from {{ ref('int_machine_shift') }}) as days
    inner join {{ ref('int_cost_center_of_unit') }} as units using (company_id, work_unit_id)
    inner join {{ ref('int_activity_rate') }} as rates
        on units.company_id = rates.company_id
        and units.cost_center_id = rates.cost_center_id
        and rates.activity = 'fixed_overhead'
        and rates.rate_type = 'planned'
        and days.production_date >= rates.valid_from
        and days.production_date < rates.valid_to
    qualify row_number() over (
        partition by units.company_id, units.work_unit_id, days.production_date order by rates.valid_from desc
    ) = 1
),

final as (
    select losses.company_id, losses.plant_id, losses.work_center_id, losses.work_unit_id, losses.production_date,
        losses.shift_id, losses.loss_event_id,
        {{ surrogate_key(['losses.company_id', 'losses.plant_id']) }} as plant_key,
        {{ surrogate_key(['losses.company_id', 'losses.work_unit_id']) }} as work_unit_key,
        {{ surrogate_key(['losses.company_id', 'losses.plant_id', 'losses.shift_id']) }} as shift_key,
        {{ surrogate_key(['losses.company_id', 'losses.reason_id']) }} as reason_key,
        losses.loss_kind, losses.loss_category, losses.time_element, losses.machine_state, losses.reason_id,
        losses.order_id, losses.operation_no, losses.order_source, losses.start_at, losses.end_at,
        {{ seconds('losses.loss_ms') }} as seconds,
        {{ money(multiply_divide(seconds('losses.loss_ms'), 'rates.hourly_amount', '3600', 2)) }} as loss_amount,
        rates.currency_code
    from losses
    left join rates using (company_id, work_unit_id, production_date)
)

select * from final
