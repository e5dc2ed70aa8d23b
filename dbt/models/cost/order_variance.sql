-- Why each finished order did not cost what its good output should have: the variance tree, leaf by leaf, in cents.
-- One row per order × leaf × cost component × item or operation. amount = actual − standard, above 0 unfavourable.
-- The leaves of an order add up to what it was charged less what it was credited; those that land on the production
-- variance account to what settlement took there.
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    tags=['by_order'], full_refresh=refresh_all_orders(), pre_hook="{{ delete_affected_orders() }}"
) }}

with

leaves as (
    select * from {{ ref('int_order_variance') }}
    {{- of_affected_orders() }}
),

choices as (select company_id, currency_code from {{ ref('int_costing_choice') }}),

final as (
    select leaves.company_id, leaves.plant_id, leaves.order_id, leaves.item_id, leaves.order_type, leaves.period_id,
        leaves.order_variance_id,
        {{ surrogate_key(['leaves.company_id', 'leaves.order_id']) }} as order_key,
        {{ surrogate_key(['leaves.company_id', 'leaves.item_id']) }} as item_key,
        {{ surrogate_key(['leaves.company_id', 'leaves.plant_id']) }} as plant_key,
        leaves.leaf_code, split_part(leaves.leaf_code, '.', 1) as leaf_group, leaves.cost_component,
        leaves.component_item_id, cast(leaves.operation_no as bigint) as operation_no, leaves.cost_center_id,
        leaves.amount,
        case
            when leaves.amount > 0 then 'unfavourable'
            when leaves.amount < 0 then 'favourable'
            else 'none'
        end as variance_side,
        {{ quantity('leaves.actual_qty') }} as actual_qty, {{ quantity('leaves.standard_qty') }} as standard_qty,
        {{ quantity('leaves.actual_hours') }} as actual_hours,
        {{ quantity('leaves.standard_hours') }} as standard_hours,
        {{ quantity('leaves.standard_unit_price') }} as standard_unit_price,
        leaves.account_role,
        case
            when leaves.leaf_code in ('MAT.PRICE', 'MAT.JOINT', 'LAB.RATE', 'MCH.RATE', 'SUB.PRICE') then 'input price'
            when leaves.leaf_code in ('MAT.USAGE', 'MAT.MIX', 'MAT.YIELD', 'LAB.EFF', 'MCH.EFF', 'SUB.QTY')
                then 'input quantity'
            when leaves.leaf_code = 'MAT.SUBST' then 'resource usage'
            when leaves.leaf_code in ('VOH.EFF', 'FOH.EFF') then 'remaining input'
            when leaves.leaf_code = 'SCRAP' then 'scrap'
            when leaves.leaf_code = 'LOT' then 'lot size'
            when leaves.leaf_code = 'OUT.MIXED' then 'mixed price'
            when leaves.leaf_code = 'OUT.PRICE' then 'output price'
            else 'remaining'
        end as sap_category,
        case
            when leaves.cost_component = 'material' then 'material'
            when leaves.cost_component in ('labour', 'machine', 'setup') then 'capacity'
            when leaves.cost_component in ('variable_overhead', 'fixed_overhead') then 'capacity overhead'
            when leaves.cost_component = 'subcontract' then 'subcontracted'
            else 'manufacturing overhead'
        end as bc_category,
        choices.currency_code,
        case
            when leaves.unvalued_count > 0 then 'incomplete: ' || leaves.unvalued_count || ' bookings without value'
            else 'known'
        end as variance_status
    from leaves
    inner join choices using (company_id)
)

select * from final
