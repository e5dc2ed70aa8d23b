-- What each variance leaf is a sum of: the amounts that are added and taken off, each of one kind of evidence.
-- One row per order × leaf × part × item or operation that the part is about. The parts of a leaf add up to its amount
-- before it was rounded to cents. part_direction: 1 if a part is added, −1 if it is taken off. part_evidence: what
-- it is read off, as movements of an item, hours of an operation, or output.
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    tags=['by_order'], full_refresh=refresh_all_orders(), pre_hook="{{ delete_affected_orders() }}"
) }}

with

leaves as (
    select company_id, order_id, plant_id, order_variance_id, leaf_code, cost_component, component_item_id, operation_no
    from {{ ref('int_order_variance') }}
    {{- of_affected_orders() }}
),

parts as (
    {% for group in variance_leaves() %}
    {% set group_loop = loop %}
    {% for leaf_code, kept_by, applies, quantities, listed in group.leaves %}
    {% set leaf_loop = loop %}
    {% for kind, direction, amount in listed %}
    select company_id, order_id, {{ leaf_code }} as leaf_code,
        {{ group.component or 'cost_component' }} as cost_component,
        {{ group.item if kept_by == 'item' else 'null::varchar' }} as component_item_id,
        {{ (group.kept_operation or group.operation) if kept_by == 'operation' else 'null::bigint' }} as operation_no,
        {{ group.item or 'null::varchar' }} as part_item_id,
        {{ group.operation or 'null::bigint' }} as part_operation_no,
        {{ group.evidence }} as part_evidence, '{{ kind }}' as part_kind, {{ direction }} as part_direction,
        cast({{ direction }} * {{ amount }} as decimal(28, 6)) as part_amount
    from {{ ref(group.source) }}
    {{- of_affected_orders() }}
    where {{ group.applies }} and {{ applies }} and {{ amount }} <> 0
    {{ 'union all' if not (loop.last and leaf_loop.last and group_loop.last) }}
    {% endfor %}
    {% endfor %}
    {% endfor %}
),

dates as (select company_id, order_id, standard_date from {{ ref('int_order_standard_date') }}),

final as (
    select leaves.company_id, leaves.plant_id, leaves.order_id,
        {{ surrogate_key(['leaves.company_id', 'leaves.order_id']) }} as order_key,
        leaves.order_variance_id, leaves.leaf_code, leaves.cost_component, parts.part_kind, parts.part_evidence,
        cast(parts.part_direction as integer) as part_direction,
        parts.part_item_id, cast(parts.part_operation_no as bigint) as part_operation_no, dates.standard_date,
        cast(sum(parts.part_amount) as decimal(28, 6)) as part_amount
    from parts
    inner join leaves
        on parts.company_id = leaves.company_id and parts.order_id = leaves.order_id
        and parts.leaf_code = leaves.leaf_code and parts.cost_component = leaves.cost_component
        and parts.component_item_id is not distinct from leaves.component_item_id
        and parts.operation_no is not distinct from leaves.operation_no
    inner join dates on parts.company_id = dates.company_id and parts.order_id = dates.order_id
    group by all
    having part_amount <> 0
)

select * from final
