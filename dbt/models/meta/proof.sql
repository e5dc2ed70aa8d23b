-- Every identity that must hold, evaluated in exact arithmetic on this build. One row per identity × scope.
-- A difference is an error: it fails the gate and nothing is published.
{% set machine_shift = ref('oee_machine_shift') %}
with

time_identities as (
    select company_id, plant_id, unnest([
        {'identity_id': 'TIME.CALENDAR', 'left_value': calendar_seconds,
            'right_value': planned_operation_seconds + not_planned_seconds},
        {'identity_id': 'TIME.PLANNED_OPERATION', 'left_value': planned_operation_seconds,
            'right_value': planned_busy_seconds + planned_down_seconds},
        {'identity_id': 'TIME.PLANNED_BUSY', 'left_value': planned_busy_seconds,
            'right_value': production_seconds + setup_seconds + delay_seconds + down_seconds + unknown_seconds},
        {'identity_id': 'TIME.BUSY', 'left_value': busy_seconds,
            'right_value': production_seconds + setup_seconds + delay_seconds},
        {'identity_id': 'PIECES.PRODUCED', 'left_value': produced_qty,
            'right_value': good_qty + scrap_qty + rework_qty}
    ], recursive := true)
    from {{ machine_shift }}
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

cost_identities as (
    select company_id, plant_id, unnest([
        {'identity_id': 'COST.STANDARD', 'left_value': standard_amount,
            'right_value': standard_material_amount + standard_labour_amount + standard_machine_amount
                + standard_overhead_amount + standard_subcontract_amount},
        {'identity_id': 'COST.ACTUAL', 'left_value': actual_amount,
            'right_value': actual_material_amount + actual_labour_amount + actual_machine_amount
                + actual_overhead_amount + actual_subcontract_amount},
        {'identity_id': 'COST.VARIANCE', 'left_value': variance_amount,
            'right_value': actual_amount - standard_amount}
    ], recursive := true)
    from {{ ref('order_cost') }}
),

compared as (
    select * from time_identities
    union all by name
    select * from confirmed_pieces
    union all by name
    select * from cost_identities
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
