-- Why each cost center's cost differs from what orders were charged for it.
-- One row per company × plant × cost center × period × leaf. leaf_scope cost_center: these add up to the
-- under-absorption in the ledger; order: stands in the variances of orders, shown beside; subtotal: a sum of others.
-- Null is a leaf whose input nobody delivered; what remains of its sum then stands in a leaf that says UNSPLIT.
-- Overhead absorbed on actual hours leaves the efficiency of overhead in the orders; on standard hours, here.
{% set no_wages = "not available: the ledger holds no account with role labour_actual in the period" %}
{% set no_payroll = "not available: no payroll is delivered for the period" %}
{% set no_labour_rate = "not available: the cost center has no planned labour rate" %}
{% set no_overhead = "not available: the ledger holds no account with an overhead role in the period" %}
{% set no_budget = "not available: no fixed overhead is budgeted for the cost center and period" %}
with

-- One type for all: a union of wide decimals keeps the smaller number of decimals.
{% set amounts = ['paid_amount', 'planned_paid_amount', 'ledger_machine_amount', 'actual_variable_overhead_amount',
    'actual_fixed_overhead_amount', 'allocated_amount', 'budgeted_allocation_amount', 'budgeted_fixed_overhead_amount',
    'ledger_labour_absorbed_amount', 'ledger_overhead_absorbed_amount', 'absorbed_labour_amount',
    'absorbed_machine_amount', 'absorbed_setup_amount', 'absorbed_variable_overhead_amount',
    'absorbed_fixed_overhead_amount', 'actual_labour_amount', 'actual_machine_amount', 'actual_setup_amount',
    'variable_overhead_at_actual_hours_amount', 'fixed_overhead_at_actual_hours_amount',
    'variable_overhead_at_standard_hours_amount', 'fixed_overhead_at_standard_hours_amount'] %}
{% set hours = ['machine_hours', 'setup_hours', 'labour_hours', 'paid_hours', 'standard_machine_hours',
    'budgeted_machine_hours', 'planned_labour_hourly_amount', 'planned_paid_hourly_amount',
    'planned_machine_hourly_amount', 'planned_variable_overhead_hourly_amount',
    'planned_fixed_overhead_hourly_amount'] %}
periods as (
    select * replace (
        {% for amount in amounts %}
        cast({{ amount }} as decimal(20, 4)) as {{ amount }},
        {% endfor %}
        {% for hour in hours %}
        cast({{ hour }} as decimal(20, 6)) as {{ hour }}{{ ',' if not loop.last }}
        {% endfor %}
    )
    from {{ ref('int_cost_center_period') }}
),

told as (
    select *,
        absorbed_machine_amount + absorbed_setup_amount as machine_booked,
        actual_machine_amount + actual_setup_amount as machine_actual,
        actual_labour_amount - absorbed_labour_amount as labour_rate_on_orders,
        machine_actual - machine_booked as machine_rate_on_orders,
        variable_overhead_at_actual_hours_amount as voh_at_actual,
        fixed_overhead_at_actual_hours_amount as foh_at_actual,
        variable_overhead_at_standard_hours_amount as voh_at_standard,
        fixed_overhead_at_standard_hours_amount as foh_at_standard,
        absorption_base = 'standard_hours' as is_on_standard_hours,
        actual_variable_overhead_amount is not null as has_overhead,
        paid_amount is not null and planned_paid_amount is not null as is_labour_split,
        actual_fixed_overhead_amount is not null and budgeted_fixed_overhead_amount is not null as is_fixed_split,
        coalesce(cost_center_kind = 'production', false) as is_production,
        paid_amount <> 0 or labour_hours <> 0 or paid_hours <> 0 or ledger_labour_absorbed_amount <> 0 as has_labour
    from periods
),

labour_unknown as (
    select *,
        case
            when paid_amount is null then '{{ no_wages }}'
            when planned_labour_hourly_amount is null then '{{ no_labour_rate }}'
            when paid_hours is null then '{{ no_payroll }}'
            else 'known'
        end as labour_status,
        case
            when not has_overhead then '{{ no_overhead }}'
            when budgeted_fixed_overhead_amount is null then '{{ no_budget }}'
            else 'known'
        end as fixed_status,
        case when has_overhead then 'known' else '{{ no_overhead }}' end as overhead_status
    from told
),

leaves as (
    select *, 'LAB.RATE' as leaf_code, 'cost_center' as leaf_scope, paid_amount - planned_paid_amount as amount,
        labour_rate_on_orders as on_orders_amount, paid_hours as from_hours, null as to_hours,
        planned_paid_hourly_amount as leaf_hourly_amount, labour_status as variance_status
    from labour_unknown
    where has_labour
    union all by name
    select *, 'LAB.IDLE' as leaf_code, 'cost_center' as leaf_scope,
        case when is_labour_split then planned_paid_amount - absorbed_labour_amount end as amount,
        paid_hours as from_hours, labour_hours as to_hours,
        planned_labour_hourly_amount as leaf_hourly_amount, labour_status as variance_status
    from labour_unknown
    where has_labour
    union all by name
    select *, 'LAB.UNSPLIT' as leaf_code, 'cost_center' as leaf_scope, paid_amount - absorbed_labour_amount as amount,
        labour_hours as from_hours, planned_labour_hourly_amount as leaf_hourly_amount,
        'rate and idle together; ' || labour_status as variance_status
    from labour_unknown
    where has_labour and not is_labour_split and paid_amount is not null
    union all by name
    select *, 'LAB.LEDGER' as leaf_code, 'cost_center' as leaf_scope,
        ledger_labour_absorbed_amount + absorbed_labour_amount as amount, 'known' as variance_status
    from labour_unknown
    where paid_amount is not null and ledger_labour_absorbed_amount + absorbed_labour_amount <> 0
    union all by name
    select *, 'MCH.RATE' as leaf_code, 'cost_center' as leaf_scope,
        case when has_machine_account then ledger_machine_amount - machine_booked else machine_rate_on_orders end
            as amount,
        machine_rate_on_orders as on_orders_amount, machine_hours + setup_hours as from_hours,
        planned_machine_hourly_amount as leaf_hourly_amount, overhead_status as variance_status
    from labour_unknown
    where machine_booked <> 0 or machine_actual <> 0 or ledger_machine_amount <> 0
    union all by name
    select *, 'MCH.POOL' as leaf_code, 'cost_center' as leaf_scope, -machine_actual as amount,
        machine_hours + setup_hours as from_hours, overhead_status as variance_status
    from labour_unknown
    where not has_machine_account and machine_actual <> 0
    union all by name
    select *, 'VOH.SPEND' as leaf_code, 'cost_center' as leaf_scope,
        actual_variable_overhead_amount - voh_at_actual as amount, machine_hours as from_hours,
        planned_variable_overhead_hourly_amount as leaf_hourly_amount, overhead_status as variance_status
    from labour_unknown
    where actual_variable_overhead_amount <> 0 or voh_at_actual <> 0
    union all by name
    select *, 'VOH.EFF' as leaf_code, case when is_on_standard_hours then 'cost_center' else 'order' end as leaf_scope,
        voh_at_actual - voh_at_standard as amount, machine_hours as from_hours,
        standard_machine_hours as to_hours, planned_variable_overhead_hourly_amount as leaf_hourly_amount,
        case when is_on_standard_hours then overhead_status else 'known' end as variance_status
    from labour_unknown
    where voh_at_actual <> 0 or voh_at_standard <> 0
    union all by name
    select *, 'FOH.SPEND' as leaf_code, 'cost_center' as leaf_scope,
        actual_fixed_overhead_amount - allocated_amount
        - (budgeted_fixed_overhead_amount - budgeted_allocation_amount) as amount,
        fixed_status as variance_status
    from labour_unknown
    where actual_fixed_overhead_amount - allocated_amount <> 0
        or budgeted_fixed_overhead_amount - budgeted_allocation_amount <> 0
    union all by name
    select *, 'FOH.ALLOC' as leaf_code, 'cost_center' as leaf_scope,
        case when is_fixed_split then allocated_amount - budgeted_allocation_amount end as amount,
        fixed_status as variance_status
    from labour_unknown
    where allocated_amount <> 0 or budgeted_allocation_amount <> 0
    union all by name
    select *, 'FOH.VOL' as leaf_code, 'subtotal' as leaf_scope,
        budgeted_fixed_overhead_amount - foh_at_standard as amount, budgeted_machine_hours as from_hours,
        standard_machine_hours as to_hours, planned_fixed_overhead_hourly_amount as leaf_hourly_amount,
        case when budgeted_fixed_overhead_amount is null then '{{ no_budget }}' else 'known' end as variance_status
    from labour_unknown
    where is_production and (foh_at_standard <> 0 or budgeted_fixed_overhead_amount <> 0)
    union all by name
    select *, case when is_production then 'FOH.CAP' else 'FOH.UNCHARGED' end as leaf_code,
        'cost_center' as leaf_scope, budgeted_fixed_overhead_amount - foh_at_actual as amount,
        budgeted_machine_hours as from_hours, machine_hours as to_hours,
        planned_fixed_overhead_hourly_amount as leaf_hourly_amount,
        case when budgeted_fixed_overhead_amount is null then '{{ no_budget }}' else 'known' end as variance_status
    from labour_unknown
    where budgeted_fixed_overhead_amount <> 0 or foh_at_actual <> 0
    union all by name
    select *, 'FOH.EFF' as leaf_code, case when is_on_standard_hours then 'cost_center' else 'order' end as leaf_scope,
        foh_at_actual - foh_at_standard as amount, machine_hours as from_hours,
        standard_machine_hours as to_hours, planned_fixed_overhead_hourly_amount as leaf_hourly_amount,
        case when is_on_standard_hours then fixed_status else 'known' end as variance_status
    from labour_unknown
    where foh_at_actual <> 0 or foh_at_standard <> 0
    union all by name
    select *, 'FOH.UNSPLIT' as leaf_code, 'cost_center' as leaf_scope,
        actual_fixed_overhead_amount - foh_at_actual as amount, machine_hours as from_hours,
        planned_fixed_overhead_hourly_amount as leaf_hourly_amount,
        'spending and capacity together; ' || fixed_status as variance_status
    from labour_unknown
    where has_overhead and not is_fixed_split
        and (actual_fixed_overhead_amount <> 0 or foh_at_actual <> 0)
    union all by name
    select *, 'OH.LEDGER' as leaf_code, 'cost_center' as leaf_scope,
        ledger_overhead_absorbed_amount + machine_booked + absorbed_variable_overhead_amount
            + absorbed_fixed_overhead_amount as amount,
        'known' as variance_status
    from labour_unknown
    where has_overhead and ledger_overhead_absorbed_amount + machine_booked + absorbed_variable_overhead_amount
        + absorbed_fixed_overhead_amount <> 0
),

final as (
    select company_id, plant_id, cost_center_id, period_id, leaf_code, split_part(leaf_code, '.', 1) as leaf_group,
        leaf_scope,
        case when leaf_code like 'LAB.%' then 'labour_absorbed' else 'overhead_absorbed' end as account_role,
        amount, on_orders_amount, from_hours, to_hours, leaf_hourly_amount, absorption_base, currency_code,
        -- The budget of a whole month stands against the hours of a part of it.
        case
            when variance_status = 'known' and not is_period_over then
                'provisional: the ledger is not posted up to the end of the period'
            else variance_status
        end as variance_status
    from leaves
)

select * from final
