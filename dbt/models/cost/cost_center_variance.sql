-- Why what a cost center cost differs from what orders were charged for it, leaf by leaf.
-- One row per plant × cost center × period × leaf. Leaves of leaf_scope cost_center add up to the under-absorption that
-- the ledger shows: paid or posted cost less the credit on the absorption account.
with

leaves as (select * from {{ ref('int_cost_center_leaf') }}),

final as (
    select company_id, plant_id, cost_center_id, period_id, leaf_code,
        {{ surrogate_key([
            'company_id', "coalesce(plant_id, '')", "coalesce(cost_center_id, '')", 'period_id', 'leaf_code'
        ]) }} as cost_center_variance_id,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'cost_center_id']) }} as cost_center_key,
        leaf_group, leaf_scope, account_role,
        {{ money('amount') }} as amount,
        case when amount > 0 then 'unfavourable' when amount < 0 then 'favourable' when amount = 0 then 'none' end
            as variance_side,
        {{ money('on_orders_amount') }} as on_orders_amount,
        {{ quantity('from_hours') }} as from_hours,
        {{ quantity('to_hours') }} as to_hours,
        {{ quantity('leaf_hourly_amount') }} as leaf_hourly_amount,
        absorption_base, currency_code, variance_status
    from leaves
)

select * from final
