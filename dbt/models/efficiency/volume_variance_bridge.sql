-- From lost machine time to the fixed overhead that was not absorbed, and on to the ledger.
-- One row per plant × work center × period. Losses are the sums of efficiency.loss_event in that period, so that each
-- can be followed to its events. Schedule loss is what is budgeted beyond the planned busy time. What machines measured
-- differs from what was confirmed and booked: that stands in columns of its own and in no loss. All seven amounts add
-- up to the volume variance: budgeted fixed overhead less the rate × standard hours of good output.
with

work_centers as (select * from {{ ref('int_cost_center_work_center') }}),

periods as (select * from {{ ref('int_production_period') }}),

machine_shifts as (select * from {{ ref('oee_machine_shift') }}),

rates as (
    select units.company_id, units.work_unit_id, days.production_date, rates.hourly_amount
    from (select distinct company_id, work_unit_id, production_date from machine_shifts) as days
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

losses as (
    select events.company_id, events.work_center_id, periods.period_id,
        sum(events.loss_amount) filter (events.loss_kind = 'time' and events.loss_category = 'setup') as setup_amount,
        sum(events.loss_amount) filter (events.loss_kind = 'time' and events.loss_category <> 'setup')
            as availability_amount,
        sum(events.loss_amount) filter (events.loss_kind = 'time' and events.loss_category = 'unknown')
            as unknown_amount,
        sum(events.loss_amount) filter (events.loss_kind = 'speed') as performance_amount,
        sum(events.loss_amount) filter (events.loss_kind = 'quality') as quality_amount
    from {{ ref('loss_event') }} as events
    inner join periods using (company_id, production_date)
    group by all
),

-- What is valued of each machine-shift beside its losses: good pieces at standard; without standards, production time;
-- without states, the planned busy time as it stands.
valued as (
    select machine_shifts.company_id, machine_shifts.work_center_id, periods.period_id,
        machine_shifts.planned_busy_seconds, machine_shifts.production_seconds, machine_shifts.standard_good_seconds,
        machine_shifts.production_seconds is not null as has_states,
        has_states and machine_shifts.standard_good_seconds is not null
        and machine_shifts.standard_produced_seconds is not null as has_standards,
        rates.hourly_amount is not null as has_rate,
        case when has_standards then
            {{ multiply_divide('machine_shifts.standard_good_seconds', 'rates.hourly_amount', '3600', 2) }}
        end as good_amount,
        case when has_states and not has_standards then
            {{ multiply_divide('machine_shifts.production_seconds', 'rates.hourly_amount', '3600', 2) }}
        end as production_amount,
        case when not has_states then
            {{ multiply_divide('machine_shifts.planned_busy_seconds', 'rates.hourly_amount', '3600', 2) }}
        end as unmeasured_amount
    from machine_shifts
    inner join periods using (company_id, production_date)
    left join rates using (company_id, work_unit_id, production_date)
),

measured as (
    select company_id, work_center_id, period_id,
        sum(planned_busy_seconds) as planned_busy_seconds,
        sum(production_seconds) as production_seconds,
        count(*) as shift_count,
        count(*) filter (has_states) as state_count,
        count(*) filter (has_standards) as standard_count,
        count(*) filter (has_rate) as rate_count,
        coalesce(sum(good_amount), 0) as good_amount,
        coalesce(sum(production_amount), 0) as production_amount,
        coalesce(sum(unmeasured_amount), 0) as unmeasured_amount
    from valued
    group by all
),

joined as (
    select work_centers.*, measured.* exclude (company_id, work_center_id, period_id),
        case when measured.state_count > 0 then coalesce(losses.availability_amount, 0) end as availability_amount,
        case when measured.state_count > 0 then coalesce(losses.setup_amount, 0) end as setup_amount,
        case when measured.state_count > 0 then coalesce(losses.unknown_amount, 0) end as unknown_amount,
        case when measured.standard_count > 0 then coalesce(losses.performance_amount, 0) end as performance_amount,
        case when measured.standard_count > 0 then coalesce(losses.quality_amount, 0) end as quality_amount,
        -- A rate that is unknown for some machine-shifts would make every loss too small.
        coalesce(measured.rate_count = measured.shift_count, false) as is_valued
    from work_centers
    left join measured using (company_id, work_center_id, period_id)
    left join losses using (company_id, work_center_id, period_id)
),

inside as (
    select *,
        good_amount + coalesce(performance_amount, 0) + coalesce(quality_amount, 0) + production_amount
            as production_time_amount
    from (
        select * replace (
            {% for loss in ['availability', 'setup', 'unknown', 'performance', 'quality'] %}
            case when is_valued then {{ loss }}_amount end as {{ loss }}_amount{{ ',' if not loop.last }}
            {% endfor %}
        )
        from joined
    )
),

bridged as (
    select *,
        case when is_valued then
            budgeted_fixed_overhead_amount - production_time_amount - coalesce(availability_amount, 0)
            - coalesce(setup_amount, 0) - unmeasured_amount
        end as schedule_amount,
        budgeted_fixed_overhead_amount - at_actual_hours_amount as capacity_variance_amount,
        at_actual_hours_amount - at_standard_hours_amount as efficiency_variance_amount,
        budgeted_fixed_overhead_amount - at_standard_hours_amount as volume_variance_amount
    from inside
),

final as (
    select company_id, plant_id, work_center_id, period_id, cost_center_id,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'cost_center_id']) }} as cost_center_key,
        currency_code, budgeted_hours,
        {{ quantity(multiply_divide('planned_busy_seconds', '1', '3600', 6)) }} as planned_busy_hours,
        {{ quantity(multiply_divide('production_seconds', '1', '3600', 6)) }} as production_hours,
        machine_hours as confirmed_machine_hours, standard_hours as standard_machine_hours,
        {{ quantity('planned_fixed_overhead_hourly_amount') }} as planned_fixed_overhead_hourly_amount,
        budgeted_fixed_overhead_amount, absorbed_fixed_overhead_amount,
        {{ money('schedule_amount') }} as schedule_loss_amount,
        {{ money('availability_amount') }} as availability_loss_amount,
        {{ money('setup_amount') }} as setup_loss_amount,
        {{ money('performance_amount') }} as performance_loss_amount,
        {{ money('quality_amount') }} as quality_loss_amount,
        {{ money('unknown_amount') }} as unknown_loss_amount,
        {{ money('capacity_variance_amount - coalesce(schedule_amount, 0) - coalesce(availability_amount, 0)
            - coalesce(setup_amount, 0)') }} as capacity_basis_difference_amount,
        {{ money('efficiency_variance_amount - coalesce(performance_amount, 0) - coalesce(quality_amount, 0)') }}
            as efficiency_basis_difference_amount,
        {{ money('capacity_variance_amount') }} as capacity_variance_amount,
        {{ money('efficiency_variance_amount') }} as efficiency_variance_amount,
        {{ money('volume_variance_amount') }} as volume_variance_amount,
        case
            when budgeted_fixed_overhead_amount is null then
                'not available: no fixed overhead is budgeted for the cost center and period'
            when shift_count is null then 'not available: no calendar for the machines of the work center'
            when not is_valued then 'not available: no planned rate for fixed overhead'
            when state_count = 0 then 'not available: no machine states from this source'
            when state_count < shift_count then
                'incomplete: ' || (shift_count - state_count) || ' of ' || shift_count
                || ' machine-shifts have no machine states'
            when standard_count < shift_count then
                'incomplete: ' || (shift_count - standard_count) || ' of ' || shift_count
                || ' machine-shifts have no standard time'
            when not is_period_over then 'provisional: the ledger is not posted up to the end of the period'
            else 'known'
        end as bridge_status
    from bridged
)

select * from final
