-- Where the hours and the outside work of each order went, in the primitives that its variances are made of.
-- One row per order × cost component × operation that was booked or planned; operation null: booked on none, or an item
-- without a routing. at_date_amount: the hours at the rates of the order's standard date; planned_amount: what the good
-- output should have taken; setup_amount: one set-up of the lot, lot_setup_amount: its share for the good output.
{% set activities = ['labour', 'machine', 'setup', 'variable_overhead', 'fixed_overhead'] %}
{% set run_seconds = {'labour': 'labour_run_seconds_per_unit', 'machine': 'run_seconds_per_unit',
    'variable_overhead': 'run_seconds_per_unit', 'fixed_overhead': 'run_seconds_per_unit'} %}
{% set setup_seconds = {'labour': 'labour_setup_seconds', 'setup': 'setup_seconds'} %}
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['by_order'], full_refresh=refresh_all_orders(),
    pre_hook="{{ delete_affected_orders() }}"
) }}

with

measured as (
    select standards.* from {{ ref('int_order_standard') }} as standards
    inner join {{ ref('int_order_end') }} as ends using (company_id, order_id)
    {{- of_affected_orders() }}
),

rates as (select * from {{ ref('int_rate_day') }}),

routings as (
    select routings.*, measured.good_qty, measured.lot_size_qty
    from {{ ref('int_order_routing') }} as routings
    inner join measured using (company_id, order_id)
),

postings as (
    select postings.*, measured.standard_date
    from {{ ref('fct_order_posting') }} as postings
    inner join measured using (company_id, order_id)
    where postings.cost_component not in ('material', 'output')
),

at_date as (
    select postings.company_id, postings.order_id, postings.cost_component, postings.operation_no,
        postings.cost_center_id, postings.posting_kind, postings.hours, postings.booked_amount, postings.actual_amount,
        postings.exact_amount,
        -- What has no value when it is booked has none on another day.
        case when postings.exact_amount is not null then coalesce(
            case postings.cost_component
                {% for activity in activities %}
                when '{{ activity }}' then
                    {{ multiply_divide('postings.activity_seconds', 'rates.planned_' ~ activity ~ '_rate', '3600', 6) }}
                {% endfor %}
            end,
            postings.exact_amount
        ) end as at_date_amount
    from postings
    left join rates
        on postings.company_id = rates.company_id and postings.cost_center_id = rates.cost_center_id
        and postings.standard_date = rates.rate_date
    where postings.cost_component <> 'subcontract'
),

booked as (
    select company_id, order_id, cost_component, operation_no,
        case when count(distinct cost_center_id) = 1 then any_value(cost_center_id) end as booked_cost_center_id,
        sum(hours) as actual_hours,
        {%- for amount in ['booked', 'actual', 'exact', 'at_date'] %}
        cast(sum({{ amount }}_amount) as decimal(28, 6)) as {{ amount }}_amount,
        {%- endfor %}
        cast(sum(at_date_amount) filter (posting_kind = 'rework') as decimal(28, 6)) as rework_amount,
        sum(hours) filter (posting_kind = 'rework') as rework_hours,
        count(*) filter (booked_amount is null) as unvalued_count
    from at_date
    group by all
),

planned as (
    {% for activity in activities %}
    select routings.company_id, routings.order_id, '{{ activity }}' as cost_component, routings.operation_no,
        routings.cost_center_id, cast(rates.planned_{{ activity }}_rate as decimal(18, 6)) as standard_unit_price,
        {% if activity in run_seconds %}
        {{ exact_quotient([['routings.good_qty', 6], [exact_quotient(
            [['coalesce(routings.' ~ run_seconds[activity] ~ ', 0)', 3], ['routings.entering_factor', 12]],
            [['routings.run_base_qty', 6]], 12), 12]], [], 6) }} as planned_seconds,
        {{ multiply_divide('planned_seconds', 'rates.planned_' ~ activity ~ '_rate', '3600', 6) }} as planned_amount
        {%- else %}
        0 as planned_seconds, 0 as planned_amount
        {%- endif %}
        {%- if activity in setup_seconds %},
        routings.{{ setup_seconds[activity] }} as setup_seconds,  -- noqa: AL09
        {{ multiply_divide('routings.' ~ setup_seconds[activity], 'rates.planned_' ~ activity ~ '_rate', '3600', 6) }}
            as setup_amount,
        {{ exact_quotient([['routings.' ~ setup_seconds[activity], 3], ['routings.good_qty', 6],
            ['rates.planned_' ~ activity ~ '_rate', 4]], [['3600', 0], ['routings.lot_size_qty', 6]], 6) }}
            as lot_setup_amount
        {%- else %}, 0 as setup_seconds, 0 as setup_amount, 0 as lot_setup_amount
        {%- endif %}
    from routings
    left join rates
        on routings.company_id = rates.company_id and routings.cost_center_id = rates.cost_center_id
        and routings.standard_date = rates.rate_date
    {{ 'union all by name' if not loop.last }}
    {% endfor %}
),

outside_operations as (
    select *, min(operation_no) over (partition by company_id, order_id) as first_outside_no
    from routings
    where subcontract_amount is not null
),

outside_planned as (
    select company_id, order_id, 'subcontract' as cost_component, operation_no, cost_center_id,
        {{ exact_quotient([['subcontract_amount', 4]], [['run_base_qty', 6]], 6) }} as standard_unit_price,
        {{ exact_quotient([['good_qty', 6], ['entering_factor', 12]], [], 6) }} as planned_qty,
        {{ exact_quotient([[exact_quotient([['good_qty', 6], ['entering_factor', 12]], [], 6), 6],
            ['subcontract_amount', 4]], [['run_base_qty', 6]], 6) }} as planned_amount
    from outside_operations
),

outside_placed as (
    select postings.company_id, postings.order_id, postings.base_qty, postings.booked_amount,
        coalesce(own.operation_no, first_outside.operation_no, postings.operation_no) as operation_no,
        coalesce(own.subcontract_amount, first_outside.subcontract_amount) as subcontract_amount,
        coalesce(own.run_base_qty, first_outside.run_base_qty) as run_base_qty
    from postings
    left join outside_operations as own
        on postings.company_id = own.company_id and postings.order_id = own.order_id
        and postings.operation_no = own.operation_no
    left join outside_operations as first_outside
        on postings.company_id = first_outside.company_id and postings.order_id = first_outside.order_id
        and first_outside.operation_no = first_outside.first_outside_no
    where postings.cost_component = 'subcontract'
),

outside_booked as (
    select company_id, order_id, 'subcontract' as cost_component, operation_no,
        sum(base_qty) as actual_qty, cast(sum(booked_amount) as decimal(28, 6)) as booked_amount,
        cast(sum(booked_amount) as decimal(28, 6)) as actual_amount,
        coalesce(
            cast({{ exact_quotient([['sum(base_qty)', 6], ['any_value(subcontract_amount)', 4]],
                [['any_value(run_base_qty)', 6]], 6) }} as decimal(28, 6)),
            cast(sum(booked_amount) as decimal(28, 6))
        ) as at_date_amount,
        count(*) filter (booked_amount is null) as unvalued_count
    from outside_placed
    group by all
),

all_planned as (
    select * from planned
    union all by name
    select * from outside_planned
),

all_booked as (
    select * from booked
    union all by name
    select *, at_date_amount as exact_amount from outside_booked
),

scrapped as (
    select company_id, order_id, cost_component, operation_no, sum(amount) as scrap_amount
    from {{ ref('int_order_scrap_part') }}
    where cost_component <> 'material'
    group by all
),

-- Bookings on an operation that the routing does not have keep a row of their own.
joined as (
    select coalesce(all_planned.company_id, all_booked.company_id) as company_id,
        coalesce(all_planned.order_id, all_booked.order_id) as order_id,
        coalesce(all_planned.cost_component, all_booked.cost_component) as cost_component,
        coalesce(all_planned.operation_no, all_booked.operation_no) as operation_no,
        coalesce(all_planned.cost_center_id, all_booked.booked_cost_center_id) as cost_center_id,
        all_planned.standard_unit_price, all_planned.planned_seconds, all_planned.setup_seconds,
        all_planned.planned_qty,
        coalesce(all_planned.planned_amount, 0) as planned_amount,
        coalesce(all_planned.setup_amount, 0) as setup_amount,
        coalesce(all_planned.lot_setup_amount, 0) as lot_setup_amount,
        all_booked.actual_hours, all_booked.actual_qty, all_booked.rework_hours,
        coalesce(all_booked.booked_amount, 0) as booked_amount,
        coalesce(all_booked.actual_amount, 0) as actual_amount,
        coalesce(all_booked.exact_amount, 0) as exact_amount,
        coalesce(all_booked.at_date_amount, 0) as at_date_amount,
        coalesce(all_booked.rework_amount, 0) as rework_amount,
        coalesce(all_booked.unvalued_count, 0) as unvalued_count
    from all_planned
    full outer join all_booked
        on all_planned.company_id = all_booked.company_id and all_planned.order_id = all_booked.order_id
        and all_planned.cost_component = all_booked.cost_component
        and all_planned.operation_no is not distinct from all_booked.operation_no
),

routed as (select distinct company_id, order_id from routings),

final as (
    select joined.company_id, joined.order_id, measured.plant_id, measured.measured_by,
        routed.order_id is not null as is_routed, joined.cost_component, joined.operation_no,
        joined.cost_center_id, joined.actual_hours, joined.rework_hours, joined.actual_qty,
        {{ multiply_divide('coalesce(joined.planned_seconds, 0) + coalesce(joined.setup_seconds, 0)', '1', '3600', 6) }}
            as standard_hours,
        joined.planned_qty, joined.unvalued_count, joined.standard_unit_price
        {%- for amount in ['booked', 'actual', 'exact', 'at_date', 'rework', 'planned', 'setup', 'lot_setup'] %},
        cast(joined.{{ amount }}_amount as decimal(28, 6)) as {{ amount }}_amount
        {%- endfor %},
        cast(coalesce(scrapped.scrap_amount, 0) as decimal(28, 6)) as scrap_amount
    from joined
    inner join measured using (company_id, order_id)
    left join routed using (company_id, order_id)
    left join scrapped
        on joined.company_id = scrapped.company_id and joined.order_id = scrapped.order_id
        and joined.cost_component = scrapped.cost_component and joined.operation_no = scrapped.operation_no
)

select * from final
