-- What each production order should have cost for its good output, and what it did cost, by component.
-- standard: good output × standard cost valid when it was put out. actual: material as booked, hours × actual rates
-- where they are known, overhead at the planned rate. variance = actual − standard; above 0 is unfavourable.
-- credit is what the books took the output at, production_variance what they are left with when the order is settled.
{% set groups = {'material': ['material'], 'labour': ['labour'], 'machine': ['machine', 'setup'],
    'overhead': ['variable_overhead', 'fixed_overhead'], 'subcontract': ['subcontract']} %}
-- noqa: disable=LT05
with

orders as (select * from {{ ref('dim_order') }}),

plants as (
    select plants.company_id, plants.plant_id, coalesce(companies.currency_code, plants.currency_code) as currency_code
    from {{ ref('dim_plant') }} as plants
    left join {{ ref('dim_company') }} as companies using (company_id)
),

confirmed as (
    select company_id, order_id, sum(scrap_qty) as scrap_qty, sum(rework_qty) as rework_qty
    from {{ ref('fct_confirmation') }}
    group by all
),

standards as (select * from {{ ref('int_order_standard') }}),

charged as (
    select company_id, order_id,
        {% for group, components in groups.items() %}
        sum(actual_amount) filter (cost_component in ('{{ components | join("', '") }}')) as {{ group }}_amount,
        count(*) filter (
            cost_component in ('{{ components | join("', '") }}') and actual_amount is null
        ) as {{ group }}_unknown_count,
        {% endfor %}
        sum(booked_amount) filter (cost_component <> 'output') as debit_amount,
        -sum(booked_amount) filter (cost_component = 'output') as credit_amount,
        count(*) filter (cost_component <> 'output' and booked_amount is null) as unknown_debit_count,
        count(*) filter (cost_component = 'output' and booked_amount is null and base_qty <> 0)
            as unknown_credit_count
    from {{ ref('fct_order_posting') }}
    group by all
),

-- Items whose standard has work done outside: what that did cost is not known where no such work is delivered.
subcontracted as (
    select distinct company_id, plant_id, item_id from {{ ref('int_item_standard_cost') }}
    where component_group = 'subcontract'
),

-- What a company's sources deliver at all: an input nobody delivers leaves the figure unknown, not 0.
delivered as (
    select companies.company_id, coalesce(bool_or(postings.posting_kind = 'issue'), false) as delivers_issues,
        coalesce(bool_or(postings.cost_component = 'labour'), false) as delivers_labour,
        coalesce(bool_or(postings.cost_component = 'subcontract'), false) as delivers_subcontract,
        companies.company_id in (
            select company_id from {{ ref('int_confirmation_place') }}
            where machine_seconds is not null
        ) as delivers_machine_time
    from {{ ref('dim_company') }} as companies
    left join {{ ref('fct_order_posting') }} as postings using (company_id)
    group by companies.company_id
),

components as (
    select orders.company_id, orders.order_id, orders.plant_id, orders.item_id, orders.order_type,
        orders.order_status,
        coalesce(standards.currency_code, plants.currency_code) as currency_code,
        {{ quantity('orders.planned_qty') }} as planned_qty,
        {{ quantity('coalesce(standards.good_qty, 0)') }} as good_qty,
        {{ quantity('coalesce(confirmed.scrap_qty, 0)') }} as scrap_qty,
        {{ quantity('coalesce(confirmed.rework_qty, 0)') }} as rework_qty,
        coalesce(standards.lines_without_standard, 0) = 0 as has_standard,
        {% for group, components in groups.items() %}
        case
            when coalesce(standards.lines_without_standard, 0) = 0
                then {% for component in components %}coalesce(standards.{{ component }}_amount, 0)
                    {{- ' + ' if not loop.last }}{% endfor %}
        end as standard_{{ group }}_value,
        {% endfor %}
        case
            when delivered.delivers_issues and coalesce(charged.material_unknown_count, 0) = 0
                then coalesce(charged.material_amount, 0)
        end as actual_material_value,
        case
            when delivered.delivers_labour and coalesce(charged.labour_unknown_count, 0) = 0
                then coalesce(charged.labour_amount, 0)
        end as actual_labour_value,
        case
            when delivered.delivers_machine_time and coalesce(charged.machine_unknown_count, 0) = 0
                then coalesce(charged.machine_amount, 0)
        end as actual_machine_value,
        case
            when delivered.delivers_machine_time and coalesce(charged.overhead_unknown_count, 0) = 0
                then coalesce(charged.overhead_amount, 0)
        end as actual_overhead_value,
        case
            when coalesce(charged.subcontract_unknown_count, 0) > 0 then null
            when delivered.delivers_subcontract or subcontracted.item_id is null
                then coalesce(charged.subcontract_amount, 0)
        end as actual_subcontract_value,
        case when coalesce(charged.unknown_credit_count, 0) = 0 then coalesce(charged.credit_amount, 0) end
            as credit_value,
        case when coalesce(charged.unknown_debit_count, 0) = 0 then coalesce(charged.debit_amount, 0) end
            as debit_value
    from orders
    left join plants using (company_id, plant_id)
    left join confirmed using (company_id, order_id)
    left join standards using (company_id, order_id)
    left join charged using (company_id, order_id)
    left join delivered using (company_id)
    left join subcontracted
        on orders.company_id = subcontracted.company_id and orders.plant_id = subcontracted.plant_id
        and orders.item_id = subcontracted.item_id
),

amounts as (
    select company_id, order_id, plant_id, item_id, order_type, order_status, currency_code,
        {{ surrogate_key(['company_id', 'order_id']) }} as order_key,
        {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        planned_qty, good_qty, scrap_qty, rework_qty,
        {% for component in groups %}
        {{ money('standard_' ~ component ~ '_value') }} as standard_{{ component }}_amount,
        {{ money('actual_' ~ component ~ '_value') }} as actual_{{ component }}_amount,
        {{ money('actual_' ~ component ~ '_value - standard_' ~ component ~ '_value') }}
            as variance_{{ component }}_amount,
        {% endfor %}
        {{ money('credit_value') }} as credit_amount,
        {{ money('debit_value - credit_value') }} as production_variance_amount,
        case
            when not has_standard then 'not available: no standard cost, or more than one, on the date of the output'
            else 'known'
        end as standard_status,
        case
            when actual_material_value is null then 'not available: material use is not delivered or has no value'
            when actual_labour_value is null then 'not available: labour time is not delivered or has no rate'
            when actual_machine_value is null then 'not available: machine time is not delivered or has no rate'
            when actual_overhead_value is null then 'not available: no overhead rate'
            when actual_subcontract_value is null then 'not available: work done outside is not delivered'
            else 'known'
        end as actual_status
    from components
),

final as (
    select *,
        {% for kind in ['standard', 'actual', 'variance'] %}
        {{ money(kind ~ '_material_amount + ' ~ kind ~ '_labour_amount + ' ~ kind ~ '_machine_amount + ' ~ kind
            ~ '_overhead_amount + ' ~ kind ~ '_subcontract_amount') }} as {{ kind }}_amount,
        {% endfor %}
        {{ money(multiply_divide('standard_amount', '1', 'good_qty', 4)) }} as standard_unit_cost_amount,
        {{ money(multiply_divide('actual_amount', '1', 'good_qty', 4)) }} as actual_unit_cost_amount
    from amounts
)

select * from final
