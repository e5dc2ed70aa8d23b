-- What each work center's fixed overhead was budgeted at, charged to orders, and would be at standard.
-- One row per company × plant × work center × period. A cost center of several work centers shares its budget in
-- proportion to the time their machines were planned to operate (equally where no calendar says), to the cent.
with

centers as (
    select distinct company_id, cost_center_id, plant_id, work_center_id from {{ ref('stg_work_center') }}
    where cost_center_id is not null
),

first_centers as (
    select company_id, cost_center_id, min(work_center_id) as work_center_id from centers
    group by all
),

units as (select company_id, work_unit_id, work_center_id from {{ ref('dim_work_unit') }}),

periods as (select * from {{ ref('int_cost_center_period') }}),

rates as (select * from {{ ref('int_rate_day') }}),

-- The work center of a posting: that of the machine, else of the operation, as far as it is one of the cost center's.
placed as (
    select postings.company_id, postings.cost_center_id, postings.period_id, postings.posting_kind, postings.hours,
        postings.booked_amount,
        coalesce(of_unit.work_center_id, of_operation.work_center_id, first_centers.work_center_id) as work_center_id,
        case when postings.posting_kind = 'machine' then
            {{ multiply_divide('postings.activity_seconds', 'rates.planned_fixed_overhead_rate', '3600', 2) }}
        end as at_actual_hours_amount
    from {{ ref('fct_order_posting') }} as postings
    left join {{ ref('int_confirmation_place') }} as confirmations
        on postings.source_dataset = 'confirmation' and postings.company_id = confirmations.company_id
        and postings.source_document_id = confirmations.confirmation_id
    left join units
        on confirmations.company_id = units.company_id and confirmations.work_unit_id = units.work_unit_id
    left join {{ ref('int_order_routing') }} as routings
        on postings.company_id = routings.company_id and postings.order_id = routings.order_id
        and postings.operation_no = routings.operation_no
    left join centers as of_unit
        on postings.company_id = of_unit.company_id and postings.cost_center_id = of_unit.cost_center_id
        and units.work_center_id = of_unit.work_center_id
    left join centers as of_operation
        on postings.company_id = of_operation.company_id and postings.cost_center_id = of_operation.cost_center_id
        and routings.work_center_id = of_operation.work_center_id
    left join first_centers
        on postings.company_id = first_centers.company_id and postings.cost_center_id = first_centers.cost_center_id
    left join rates
        on postings.company_id = rates.company_id and postings.cost_center_id = rates.cost_center_id
        and postings.posting_date = rates.rate_date
    where postings.posting_kind in ('machine', 'fixed_overhead')
),

booked as (
    select company_id, cost_center_id, work_center_id, period_id,
        sum(hours) filter (posting_kind = 'machine') as machine_hours,
        sum(booked_amount) filter (posting_kind = 'fixed_overhead') as booked_amount,
        sum(at_actual_hours_amount) as at_actual_hours_amount
    from placed
    where work_center_id is not null
    group by all
),

standards as (
    select hours.company_id, hours.cost_center_id,
        coalesce(centers.work_center_id, first_centers.work_center_id) as work_center_id, hours.period_id,
        sum(hours.standard_machine_hours) as standard_machine_hours,
        sum({{ multiply_divide(
            'hours.standard_machine_hours', 'rates.planned_fixed_overhead_rate', '1', 2) }}) as at_standard_hours_amount
    from {{ ref('int_order_standard_hour') }} as hours
    inner join {{ ref('int_order_standard_date') }} as dates using (company_id, order_id)
    inner join first_centers
        on hours.company_id = first_centers.company_id and hours.cost_center_id = first_centers.cost_center_id
    left join centers
        on hours.company_id = centers.company_id and hours.cost_center_id = centers.cost_center_id
        and hours.work_center_id = centers.work_center_id
    left join rates
        on hours.company_id = rates.company_id and hours.cost_center_id = rates.cost_center_id
        and dates.standard_date = rates.rate_date
    group by all
),

planned_times as (
    select shifts.company_id, shifts.work_center_id, periods.period_id,
        cast(sum(shifts.planned_operation_ms) as hugeint) as planned_operation_ms
    from {{ ref('int_machine_shift_component') }} as shifts
    inner join {{ ref('int_production_period') }} as periods using (company_id, production_date)
    group by all
),

-- Cents are handed out along a running sum, so that the work centers' shares add up to the cost center's budget.
weighted as (
    select periods.company_id, periods.cost_center_id, periods.period_id, centers.work_center_id, centers.plant_id,
        periods.currency_code, periods.absorption_base, periods.is_period_over, periods.budgeted_fixed_overhead_amount,
        periods.budgeted_machine_hours,
        periods.planned_fixed_overhead_hourly_amount,
        case
            when sum(coalesce(times.planned_operation_ms, 0)) over pool = 0 then 1
            else coalesce(times.planned_operation_ms, 0)
        end as weight
    from periods
    inner join centers
        on periods.company_id = centers.company_id and periods.cost_center_id = centers.cost_center_id
    left join planned_times as times
        on centers.company_id = times.company_id and centers.work_center_id = times.work_center_id
        and periods.period_id = times.period_id
    window pool as (partition by periods.company_id, periods.cost_center_id, periods.period_id)
),

summed as (
    select *, cast(sum(weight) over pool as hugeint) as total_weight,
        cast(sum(weight) over (pool order by work_center_id rows unbounded preceding) as hugeint) as weight_until,
        cast(sum(weight) over (pool order by work_center_id rows unbounded preceding) - weight as hugeint)
            as weight_before
    from weighted
    window pool as (partition by company_id, cost_center_id, period_id)
),

shared as (
    select *,
        {% for measure, digits in [('budgeted_fixed_overhead_amount', 4), ('budgeted_machine_hours', 6)] %}
        {{ quotient(scaled(measure, digits) ~ ' * weight_until', 'total_weight', 0) }}
        * {{ '0.' ~ '0' * (digits - 1) ~ '1' }}
        - {{ quotient(scaled(measure, digits) ~ ' * weight_before', 'total_weight', 0) }}
        * {{ '0.' ~ '0' * (digits - 1) ~ '1' }} as share_of_{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from summed
),

final as (
    select shared.company_id, shared.plant_id, shared.cost_center_id, shared.work_center_id, shared.period_id,
        shared.currency_code, shared.is_period_over, shared.planned_fixed_overhead_hourly_amount,
        {{ money('shared.share_of_budgeted_fixed_overhead_amount') }} as budgeted_fixed_overhead_amount,
        {{ quantity('shared.share_of_budgeted_machine_hours') }} as budgeted_hours,
        {{ quantity('coalesce(booked.machine_hours, 0)') }} as machine_hours,
        {{ quantity('coalesce(standards.standard_machine_hours, 0)') }} as standard_hours,
        {{ money('coalesce(booked.booked_amount, 0)') }} as absorbed_fixed_overhead_amount,
        {{ money("coalesce(case when shared.absorption_base = 'actual_hours' then booked.booked_amount
            else booked.at_actual_hours_amount end, 0)") }} as at_actual_hours_amount,
        {{ money("coalesce(case when shared.absorption_base = 'standard_hours' then booked.booked_amount
            else standards.at_standard_hours_amount end, 0)") }} as at_standard_hours_amount
    from shared
    left join booked
        on shared.company_id = booked.company_id and shared.cost_center_id = booked.cost_center_id
        and shared.work_center_id = booked.work_center_id and shared.period_id = booked.period_id
    left join standards
        on shared.company_id = standards.company_id and shared.cost_center_id = standards.cost_center_id
        and shared.work_center_id = standards.work_center_id and shared.period_id = standards.period_id
)

select * from final
