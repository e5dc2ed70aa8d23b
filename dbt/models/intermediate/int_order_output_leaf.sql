-- What the good output of each order should have cost, in the primitives that its variances are made of.
-- One row per order × cost component, and one for the component output: the whole, and what the order was credited.
-- cent_amount: line by line in cents; exact_amount: to a millionth; at_date_amount: all at the order's standard date.
-- has_plan: a bill of material or a routing says what should have been used. charged_amount: what was booked on an
-- order that is not measured leaf by leaf.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['by_order'], full_refresh=refresh_all_orders(),
    pre_hook="{{ delete_affected_orders() }}"
) }}

with

standards as (
    select standards.*,
        {% for component in cost_components() %}
        {{ component }}_amount{{ ' +' if not loop.last }}
        {% endfor %}
        as standard_amount
    from {{ ref('int_order_standard') }} as standards
    inner join {{ ref('int_order_end') }} as ends using (company_id, order_id)
    {{- of_affected_orders() }}
),

components as (
    {% for component in cost_components() %}
    select company_id, order_id, measured_by, '{{ component }}' as cost_component,
        {{ component }}_amount as cent_amount, exact_{{ component }}_amount as exact_amount,
        at_date_{{ component }}_amount as at_date_amount
    from standards
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

plans as (
    select distinct company_id, order_id, 'material' as plan_of from {{ ref('int_order_material_leaf') }}
    {{- of_affected_orders() }}
    where has_plan
    union all
    select distinct company_id, order_id, 'hours' as plan_of from {{ ref('int_order_routing') }}
),

charges as (
    select postings.company_id, postings.order_id, postings.cost_component,
        sum(postings.booked_amount) as charged_amount
    from {{ ref('fct_order_posting') }} as postings
    inner join standards using (company_id, order_id)
    where standards.measured_by <> 'tree' and postings.cost_component <> 'output'
    group by all
),

-- A credit is off by rounding alone if it is off by no more than half a cent a line and component, and one of the line.
wholes as (
    select company_id, order_id, measured_by, 'output' as cost_component, standard_amount as cent_amount,
        credit_amount as credited_amount,
        coalesce(abs(standard_amount - credit_amount) <= 0.005 * line_count * (component_count + 1), false)
            as is_credit_rounding
    from standards
),

rows_of_order as (
    select components.*, plans.order_id is not null as has_plan, charges.charged_amount
    from components
    left join plans
        on components.company_id = plans.company_id and components.order_id = plans.order_id
        and case components.cost_component when 'material' then 'material' else 'hours' end = plans.plan_of
    left join charges
        on components.company_id = charges.company_id and components.order_id = charges.order_id
        and components.cost_component = charges.cost_component
    union all by name
    select * from wholes
),

final as (
    select company_id, order_id, cost_component, measured_by, has_plan, is_credit_rounding
        {%- for amount in ['cent', 'exact', 'at_date', 'charged', 'credited'] %},
        cast({{ amount }}_amount as decimal(28, 6)) as {{ amount }}_amount
        {%- endfor %}
    from rows_of_order
)

select * from final
