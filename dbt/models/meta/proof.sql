-- Every identity that must hold, evaluated in exact arithmetic on this build. One row per identity × scope.
-- A difference is an error: it fails the gate and nothing is published.
{% set time_identities = {
    'TIME.CALENDAR': ('calendar_seconds', 'planned_operation_seconds + not_planned_seconds'),
    'TIME.PLANNED_OPERATION': ('planned_operation_seconds', 'planned_busy_seconds + planned_down_seconds'),
    'TIME.PLANNED_BUSY': ('planned_busy_seconds',
        'production_seconds + setup_seconds + delay_seconds + down_seconds + unknown_seconds'),
    'TIME.BUSY': ('busy_seconds', 'production_seconds + setup_seconds + delay_seconds'),
    'PIECES.PRODUCED': ('produced_qty', 'good_qty + scrap_qty + rework_qty'),
} %}
{% set cost_identities = {
    'COST.STANDARD': ('standard_amount', 'standard_material_amount + standard_labour_amount + standard_machine_amount'
        ~ ' + standard_overhead_amount + standard_subcontract_amount'),
    'COST.ACTUAL': ('actual_amount', 'actual_material_amount + actual_labour_amount + actual_machine_amount'
        ~ ' + actual_overhead_amount + actual_subcontract_amount'),
    'COST.VARIANCE': ('variance_amount', 'actual_amount - standard_amount'),
} %}
with

machine_shifts as (select * from {{ ref('oee_machine_shift') }}),

orders as (select * from {{ ref('order_cost') }}),

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
    {% for identity, (left_side, right_side) in time_identities.items() %}
    select company_id, plant_id, '{{ identity }}' as identity_id, {{ left_side }} as left_value,
        {{ right_side }} as right_value
    from machine_shifts
    union all by name
    {% endfor %}
    {% for identity, (left_side, right_side) in cost_identities.items() %}
    select company_id, plant_id, '{{ identity }}' as identity_id, {{ left_side }} as left_value,
        {{ right_side }} as right_value
    from orders
    union all by name
    {% endfor %}
    select * from confirmed_pieces
),

final as (
    select identity_id, company_id || '/' || plant_id as scope,
        cast(sum(left_value) as decimal(38, 6)) as left_value,
        cast(sum(right_value) as decimal(38, 6)) as right_value,
        cast(sum(abs(left_value - right_value)) as decimal(38, 6)) as difference,
        cast(count(*) as bigint) as rows_compared,
        case when sum(abs(left_value - right_value)) = 0 then 'holds' else 'broken' end as status
    from compared
    where left_value is not null and right_value is not null
    group by all
)

select * from final
