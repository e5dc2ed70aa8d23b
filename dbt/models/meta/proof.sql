-- Every identity that must hold, evaluated in exact arithmetic on this build. One row per identity × scope.
-- A difference is an error: it fails the gate and nothing is published; broken_at names where. What the ledger holds
-- and nothing explains is no error of ours: its status is unexplained, and it stops the close of the period instead.
-- Ratios are floating point: their product may differ by 10^-12. Every row of every mart is asked, however old: a night
-- without news proves the same again.
{% set time_identities = {
    'TIME.CALENDAR': ('calendar_seconds', 'planned_operation_seconds + not_planned_seconds'),
    'TIME.PLANNED_OPERATION': ('planned_operation_seconds', 'planned_busy_seconds + planned_down_seconds'),
    'TIME.PLANNED_BUSY': ('planned_busy_seconds',
        'production_seconds + setup_seconds + delay_seconds + down_seconds + unknown_seconds'),
    'TIME.BUSY': ('busy_seconds', 'production_seconds + setup_seconds + delay_seconds'),
    'OEE.PRODUCT': ('cast(oee_ratio as decimal(38, 12))',
        'cast(case when abs(availability_ratio * effectiveness_ratio * quality_ratio - oee_ratio)'
        ~ ' <= 1e-12 * greatest(1, abs(oee_ratio)) then oee_ratio'
        ~ ' else availability_ratio * effectiveness_ratio * quality_ratio end as decimal(38, 12))'),
} %}
{% set efficiency_grains = ['oee_machine_shift', 'oee_item_day', 'oee_plant_day', 'oee_plant_month'] %}
{% set summed = ['calendar_seconds', 'planned_operation_seconds', 'planned_busy_seconds', 'production_seconds',
    'setup_seconds', 'delay_seconds', 'down_seconds', 'unknown_seconds', 'busy_outside_plan_seconds',
    'order_execution_seconds', 'standard_produced_seconds', 'standard_good_seconds'] %}
{% set losses = ['breakdown', 'setup', 'minor_stop', 'external', 'planned', 'unknown', 'reduced_speed',
    'startup_reject', 'production_reject'] %}
{% set cost_identities = {
    'COST.STANDARD': ('standard_amount', 'standard_material_amount + standard_labour_amount + standard_machine_amount'
        ~ ' + standard_overhead_amount + standard_subcontract_amount'),
    'COST.ACTUAL': ('actual_amount', 'actual_material_amount + actual_labour_amount + actual_machine_amount'
        ~ ' + actual_overhead_amount + actual_subcontract_amount'),
    'COST.VARIANCE': ('variance_amount', 'actual_amount - standard_amount'),
} %}
with

machine_shifts as (select * from {{ ref('oee_machine_shift') }}),

waterfall as (select * from {{ ref('loss_waterfall') }}),

basis as (select * from {{ ref('int_machine_shift_basis') }}),

-- The slices of a machine-shift cover it once and nothing twice.
coverage as (
    select shifts.company_id, shifts.plant_id, shifts.end_ms - shifts.start_ms as calendar_ms, coverage.covered_ms,
        coverage.covered_twice_ms
    from {{ ref('int_machine_shift') }} as shifts
    inner join {{ ref('int_machine_shift_coverage') }} as coverage
        using (company_id, work_unit_id, production_date, shift_id)
),

-- What orders claim of a machine-shift is neither more nor less than the machine-shift.
order_times as (
    select company_id, plant_id, work_unit_id, production_date, shift_id, sum(planned_busy_ms) as planned_busy_ms,
        sum(production_ms) as production_ms
    from {{ ref('int_machine_shift_order_time') }}
    group by all
),

loss_events as (
    select company_id, work_unit_id, production_date, shift_id, sum(seconds) as seconds
    from {{ ref('loss_event') }}
    group by all
),

orders as (select * from {{ ref('order_cost') }}),

order_leaves as (
    select company_id, plant_id, order_id, sum(amount) as amount,
        sum(amount) filter (leaf_code <> 'OUT.PRICE' and cost_component <> 'output') as input_amount,
        sum(amount) filter (account_role = 'production_variance') as settled_amount
    from {{ ref('order_variance') }}
    where variance_status = 'known'
    group by all
),

wip_periods as (select * from {{ ref('wip_order_period') }}),

settlements as (
    select company_id, order_id, sum(settled_amount) as settled_amount,
        sum(debit_amount - credit_amount) as charged_amount,
        arg_max(closing_amount, period_id) as closing_amount
    from wip_periods
    group by all
),

-- Every movement on an order is booked once, and none is invented: input = use + output, in base units.
order_movements as (
    select company_id, plant_id, order_id, sum(moved_qty) as moved_qty, sum(booked_qty) as booked_qty
    from (
        select movements.company_id, orders.plant_id, movements.order_id,
            case when movements.movement_type = 'issue' then movements.base_qty else -movements.base_qty end
                as moved_qty,
            0 as booked_qty
        from {{ ref('fct_goods_movement') }} as movements
        inner join {{ ref('dim_order') }} as orders using (company_id, order_id)
        where movements.movement_type in ('issue', 'return', 'by_product', 'receipt')
        union all
        select company_id, plant_id, order_id, 0, base_qty
        from {{ ref('fct_order_posting') }}
        where source_dataset = 'goods_movement'
    )
    group by all
),

-- Pieces confirmed are neither lost nor gained when they are placed on shifts.
confirmed_pieces as (
    select company_id, plant_id, 'PIECES.CONFIRMED' as identity_id,
        sum(left_value) as left_value, sum(right_value) as right_value
    from (
        select company_id, plant_id, confirmation_id, good_qty + scrap_qty + coalesce(rework_qty, 0) as left_value,
            0 as right_value
        from {{ ref('stg_confirmation') }}
        union all
        select company_id, plant_id, confirmation_id, 0, good_qty + scrap_qty + rework_qty
        from {{ ref('fct_confirmation') }}
    )
    group by company_id, plant_id, confirmation_id
),

compared as (
    {% for grain in efficiency_grains %}
    {% for identity, (left_side, right_side) in time_identities.items() %}
    {% set at_grain = '' if grain == 'oee_machine_shift' else '.' ~ grain[4:].upper() %}
    select company_id, plant_id, '{{ identity }}{{ at_grain }}' as identity_id,
        {{ left_side }} as left_value,
        {{ right_side }} as right_value
    from {{ ref(grain) }}
    union all by name
    {% endfor %}
    {% endfor %}
    select company_id, plant_id, 'PIECES.PRODUCED' as identity_id, produced_qty as left_value,
        good_qty + scrap_qty + rework_qty as right_value
    from machine_shifts
    union all by name
    select company_id, plant_id, 'STATE.COVERS' as identity_id, calendar_ms as left_value, covered_ms as right_value
    from coverage
    union all by name
    select company_id, plant_id, 'STATE.ONCE' as identity_id, covered_twice_ms as left_value, 0 as right_value
    from coverage
    union all by name
    select machine_shifts.company_id, machine_shifts.plant_id, 'ROLLUP.ORDER' as identity_id,
        {{ scaled('machine_shifts.planned_busy_seconds', 3) }} as left_value,
        order_times.planned_busy_ms as right_value
    from machine_shifts
    inner join order_times using (company_id, work_unit_id, production_date, shift_id)
    union all by name
    select machine_shifts.company_id, machine_shifts.plant_id, 'ROLLUP.ORDER' as identity_id,
        {{ scaled('machine_shifts.production_seconds', 3) }} as left_value,
        order_times.production_ms as right_value
    from machine_shifts
    inner join order_times using (company_id, work_unit_id, production_date, shift_id)
    union all by name
    {% for measure in summed %}
    select company_id, plant_id, 'ROLLUP.ITEM_DAY' as identity_id, sum(left_value) as left_value,
        sum(right_value) as right_value
    from (
        select company_id, plant_id, production_date, {{ measure }} as left_value, 0 as right_value
        from {{ ref('oee_plant_day') }}
        where {{ measure }} is not null
        union all
        select company_id, plant_id, production_date, 0, {{ measure }}
        from {{ ref('oee_item_day') }}
        where {{ measure }} is not null
    )
    group by company_id, plant_id, production_date
    union all by name
    {% for grain, period in [('day', 'production_date'), ('month', 'month_id')] %}
    select company_id, plant_id, 'ROLLUP.PLANT_{{ grain.upper() }}' as identity_id, sum(left_value) as left_value,
        sum(right_value) as right_value
    from (
        select company_id, plant_id, {{ period }}, {{ measure }} as left_value, 0 as right_value
        from {{ ref('oee_plant_' ~ grain) }}
        where {{ measure }} is not null
        union all
        select machine_shifts.company_id, machine_shifts.plant_id,
            {{ 'machine_shifts.production_date' if grain == 'day' else 'basis.month_id' }}, 0,
            machine_shifts.{{ measure }}
        from machine_shifts
        inner join basis using (company_id, plant_id, work_unit_id, production_date, shift_id)
        where basis.is_in_{{ grain }}_basis
            and basis.{{ grain }}_basis {% if measure.startswith('standard') -%}
                in ('states and standards', 'standards')
            {%- elif measure.startswith('calendar') or measure.startswith('planned') -%} is not null
            {%- else -%} in ('states and standards', 'states') {%- endif %}
    )
    group by company_id, plant_id, {{ period }}
    union all by name
    {% endfor %}
    {% endfor %}
    select company_id, plant_id, 'LOSS.WATERFALL' as identity_id, planned_busy_seconds as left_value,
        fully_productive_seconds
        {% for loss in losses %} + {{ loss }}_loss_seconds
        {% endfor %} as right_value
    from waterfall
    union all by name
    select waterfall.company_id, waterfall.plant_id, 'LOSS.EVENT' as identity_id,
        waterfall.planned_busy_seconds - waterfall.fully_productive_seconds as left_value,
        coalesce(loss_events.seconds, 0) as right_value
    from waterfall
    left join loss_events using (company_id, work_unit_id, production_date, shift_id)
    union all by name
    {% for identity, (left_side, right_side) in cost_identities.items() %}
    select company_id, plant_id, '{{ identity }}' as identity_id, {{ left_side }} as left_value,
        {{ right_side }} as right_value
    from orders
    union all by name
    {% endfor %}
    select order_leaves.company_id, order_leaves.plant_id, 'I1.ORDER' as identity_id,
        order_leaves.amount as left_value, orders.actual_amount - orders.credit_amount as right_value,
        'order ' || order_leaves.order_id as place
    from order_leaves
    inner join orders using (company_id, order_id)
    union all by name
    select order_leaves.company_id, order_leaves.plant_id, 'I1.FLEXED' as identity_id,
        order_leaves.input_amount as left_value, orders.variance_amount as right_value,
        'order ' || order_leaves.order_id as place
    from order_leaves
    inner join orders using (company_id, order_id)
    union all by name
    select company_id, plant_id, 'I3.ROLL' as identity_id,
        opening_amount + debit_amount - credit_amount - settled_amount as left_value, closing_amount as right_value,
        'order ' || order_id || ' in ' || period_id as place
    from wip_periods
    union all by name
    select company_id, plant_id, 'I3.FINISHED' as identity_id, closing_amount as left_value, 0 as right_value,
        'order ' || order_id || ' in ' || period_id as place
    from wip_periods
    where is_settled
    union all by name
    select order_leaves.company_id, order_leaves.plant_id, 'I4.ORDER' as identity_id,
        order_leaves.settled_amount as left_value, settlements.settled_amount as right_value,
        'order ' || order_leaves.order_id as place
    from order_leaves
    inner join settlements using (company_id, order_id)
    union all by name
    select orders.company_id, orders.plant_id, 'I3.CHARGED' as identity_id, orders.production_variance_amount
            as left_value,
        settlements.charged_amount as right_value, 'order ' || orders.order_id as place
    from orders
    inner join settlements using (company_id, order_id)
    union all by name
    select company_id, plant_id, 'I8.ROUNDING' as identity_id,
        case when abs(amount - exact_amount) < 0.01 then exact_amount else amount end as left_value,
        exact_amount as right_value, 'order ' || order_id || ' ' || leaf_code as place
    from {{ ref('int_order_variance') }}
    union all by name
    select company_id, plant_id, 'I13.MOVEMENT' as identity_id, moved_qty as left_value, booked_qty as right_value,
        'order ' || order_id as place
    from order_movements
    union all by name
    {% for proof in ['int_ledger_proof', 'int_cost_center_proof', 'int_budget_proof', 'int_restatement_proof'] %}
    select company_id, plant_id, identity_id, left_value, right_value from {{ ref(proof) }}
    union all by name
    {% endfor %}
    select * from confirmed_pieces
),

final as (
    select identity_id, company_id || '/' || coalesce(plant_id, '') as scope,
        cast(sum(left_value) as decimal(38, 6)) as left_value,
        cast(sum(right_value) as decimal(38, 6)) as right_value,
        cast(sum(abs(left_value - right_value)) as decimal(38, 6)) as difference,
        cast(count(*) as bigint) as rows_compared,
        case
            when sum(abs(left_value - right_value)) = 0 then 'holds'
            when identity_id like '%.UNEXPLAINED' or identity_id = 'I11.ALLOCATION' then 'unexplained'
            else 'broken'
        end as status,
        array_to_string(max(place, 3) filter (left_value <> right_value), ', ') as broken_at
    from compared
    where left_value is not null and right_value is not null
    group by identity_id, company_id, plant_id
)

select * from final
