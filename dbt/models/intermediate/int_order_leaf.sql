-- Every variance of every finished order, unrounded to a millionth: actual less the standard of the good output, told
-- apart by cause. One row per order × leaf × cost component × item or operation: the sum of the leaf's parts.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['by_order'], full_refresh=refresh_all_orders(),
    pre_hook="{{ delete_affected_orders() }}"
) }}

with

leaves as (
    {% for group in variance_leaves() %}
    {% set group_loop = loop %}
    {% for leaf_code, kept_by, applies, quantities, listed in group.leaves %}
    select company_id, order_id, {{ leaf_code }} as leaf_code,
        {{ group.component or 'cost_component' }} as cost_component,
        {{ group.item if kept_by == 'item' else 'null' }} as component_item_id,
        {{ (group.kept_operation or group.operation) if kept_by == 'operation' else 'null' }} as operation_no,
        {{ 'cost_center_id' if kept_by == 'operation' and not group.kept_operation else 'null' }} as cost_center_id,
        cast({{ leaf_sum(listed) }} as decimal(28, 6)) as leaf_amount
        {%- for name, quantity in quantities.items() %},
        {{ quantity }} as {{ name }}
        {%- endfor %}
    from {{ ref(group.source) }}
    {{- of_affected_orders() }}
    where {{ group.applies }} and {{ applies }}
        {%- if not (quantities and kept_by == 'order') %} and {{ leaf_sum(listed) }} <> 0{% endif %}
    {{ 'union all by name' if not (loop.last and group_loop.last) }}
    {% endfor %}
    {% endfor %}
),

final as (
    select company_id, order_id, leaf_code, cost_component, component_item_id, operation_no,
        min(cost_center_id) as cost_center_id,
        cast(sum(leaf_amount) as decimal(28, 6)) as exact_amount,
        cast(coalesce(sum(actual_qty), min(scrapped_qty)) as decimal(18, 6)) as actual_qty,
        cast(sum(standard_qty) as decimal(18, 6)) as standard_qty,
        cast(sum(actual_hours) as decimal(18, 6)) as actual_hours,
        cast(sum(standard_hours) as decimal(18, 6)) as standard_hours,
        min(standard_unit_price) as standard_unit_price
    from leaves
    group by company_id, order_id, leaf_code, cost_component, component_item_id, operation_no
    having sum(leaf_amount) <> 0
)

select * from final
