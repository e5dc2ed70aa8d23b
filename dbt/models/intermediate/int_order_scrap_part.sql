-- What pieces scrapped beyond plan had cost when they were scrapped, by operation and material that it was spent at.
-- One row per order × operation that scrapped × operation or item that had been spent on. Negative where less was
-- scrapped than planned. The same amounts are taken out of usage and efficiency, or they would count twice.
{% set activities = {'labour': 'labour_run_seconds_per_unit', 'machine': 'run_seconds_per_unit',
    'variable_overhead': 'run_seconds_per_unit', 'fixed_overhead': 'run_seconds_per_unit'} %}
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['by_order'], full_refresh=refresh_all_orders(),
    pre_hook="{{ delete_affected_orders() }}"
) }}

with

measured as (
    select standards.company_id, standards.order_id, standards.plant_id, standards.good_qty, standards.standard_date
    from {{ ref('int_order_standard') }} as standards
    inner join {{ ref('int_order_end') }} as ends using (company_id, order_id)
    {{- of_affected_orders() }}
    where standards.measured_by = 'tree'
),

routings as (select * from {{ ref('int_order_routing') }}),

scrapped as (
    select confirmations.company_id, confirmations.order_id,
        coalesce(own.operation_no, last_operation.operation_no) as operation_no,
        sum(confirmations.scrap_qty) as scrap_qty
    from {{ ref('stg_confirmation') }} as confirmations
    inner join measured using (company_id, order_id)
    left join routings as own
        on confirmations.company_id = own.company_id and confirmations.order_id = own.order_id
        and confirmations.operation_no = own.operation_no
    inner join routings as last_operation
        on confirmations.company_id = last_operation.company_id and confirmations.order_id = last_operation.order_id
        and last_operation.is_last
    group by all
),

abnormal as (
    select measured.company_id, measured.order_id, routings.operation_no, routings.entering_factor,
        cast(
            coalesce(scrapped.scrap_qty, 0)
            - {{ exact_quotient(
                [['measured.good_qty', 6], ['routings.entering_factor - routings.passed_factor', 12]], [], 6) }}
            as decimal(18, 6)
        ) as abnormal_qty
    from measured
    inner join routings using (company_id, order_id)
    left join scrapped using (company_id, order_id, operation_no)
),

spent as (
    select abnormal.company_id, abnormal.order_id, abnormal.operation_no as scrap_operation_no,
        abnormal.abnormal_qty, earlier.operation_no, earlier.cost_center_id, earlier.run_base_qty,
        earlier.run_seconds_per_unit, earlier.labour_run_seconds_per_unit, earlier.subcontract_amount,
        earlier.standard_date,
        {{ exact_quotient([['abnormal.abnormal_qty', 6], ['earlier.entering_factor', 12]],
            [['abnormal.entering_factor', 12]], 6) }} as spent_qty
    from abnormal
    inner join routings as earlier
        on abnormal.company_id = earlier.company_id and abnormal.order_id = earlier.order_id
        and earlier.operation_no <= abnormal.operation_no
    where abnormal.abnormal_qty <> 0
),

rated as (
    select spent.* exclude (standard_date), rates.* exclude (company_id, cost_center_id)
    from spent
    left join {{ ref('int_rate_day') }} as rates
        on spent.company_id = rates.company_id and spent.cost_center_id = rates.cost_center_id
        and spent.standard_date = rates.rate_date
),

parts as (
    {% for activity, seconds in activities.items() %}
    select company_id, order_id, scrap_operation_no, operation_no, abnormal_qty,
        '{{ activity }}' as cost_component,
        {{ exact_quotient([['spent_qty', 6], [seconds, 3], ['planned_' ~ activity ~ '_rate', 4]],
            [['run_base_qty', 6], ['3600', 0]], 6) }} as amount
    from rated
    where {{ seconds }} <> 0 and planned_{{ activity }}_rate <> 0
    union all by name
    {% endfor %}
    select company_id, order_id, scrap_operation_no, operation_no, abnormal_qty, 'subcontract' as cost_component,
        {{ exact_quotient([['spent_qty', 6], ['subcontract_amount', 4]], [['run_base_qty', 6]], 6) }} as amount
    from rated
    where subcontract_amount <> 0
    union all by name
    select spent.company_id, spent.order_id, spent.scrap_operation_no, spent.operation_no, spent.abnormal_qty,
        'material' as cost_component, lines.component_item_id as item_id,
        {{ multiply_divide(exact_quotient([['spent.spent_qty', 6], ['lines.processed_qty', 12]], [], 6),
            'prices.price_per_million', '1000000', 6) }} as amount
    from spent
    inner join {{ ref('int_order_bom') }} as lines
        on spent.company_id = lines.company_id and spent.order_id = lines.order_id
        and spent.operation_no = lines.operation_no and lines.line_type = 'component'
    inner join {{ ref('int_item_price') }} as prices
        on lines.company_id = prices.company_id and lines.plant_id = prices.plant_id
        and lines.component_item_id = prices.item_id
        and lines.standard_date >= prices.valid_from and lines.standard_date < prices.valid_to
    where prices.price_per_million <> 0
),

final as (
    select company_id, order_id, scrap_operation_no, operation_no, item_id, cost_component, abnormal_qty,
        cast(amount as decimal(28, 6)) as amount
    from parts
)

select * from final
