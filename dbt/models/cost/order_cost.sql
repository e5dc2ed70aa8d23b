-- What each production order should have cost for its good output, and what it did cost, by component.
-- standard: good output × standard cost valid when it was put out. actual: material used, hours × rates, overhead
-- applied at the planned rate. variance = actual − standard; above 0 is unfavourable.
with

orders as (select * from {{ ref('dim_order') }}),

plants as (
    select plants.company_id, plants.plant_id, coalesce(companies.currency_code, plants.currency_code) as currency_code
    from {{ ref('dim_plant') }} as plants
    left join {{ ref('dim_company') }} as companies using (company_id)
),

output as (
    select company_id, order_id, sum(good_qty) as good_qty from {{ ref('int_order_output') }}
    group by all
),

confirmed as (
    select company_id, order_id, sum(scrap_qty) as scrap_qty, sum(rework_qty) as rework_qty
    from {{ ref('fct_confirmation') }}
    group by all
),

standards as (select * from {{ ref('int_order_standard') }}),

material as (select * from {{ ref('int_order_material') }}),

labour as (
    select company_id, order_id, sum(amount) as labour_amount, count(*) filter (amount is null) as rows_without_rate
    from {{ ref('int_labour_cost') }}
    group by all
),

activities as (
    select company_id, order_id,
        sum(labour_amount) as labour_amount,
        sum(coalesce(machine_amount, 0) + coalesce(setup_amount, 0)) as machine_amount,
        sum(coalesce(variable_overhead_amount, 0) + coalesce(fixed_overhead_amount, 0)) as overhead_amount,
        count(*) filter (machine_seconds is not null or setup_seconds is not null) as rows_with_machine_time,
        count(*) filter (
            (machine_seconds <> 0 and machine_amount is null) or (setup_seconds <> 0 and setup_amount is null)
        ) as rows_without_machine_rate,
        count(*) filter (
            machine_seconds <> 0 and variable_overhead_amount is null and fixed_overhead_amount is null
        ) as rows_without_overhead_rate,
        count(*) filter (labour_seconds <> 0) as rows_with_labour_time,
        count(*) filter (labour_seconds <> 0 and labour_amount is null) as rows_without_labour_rate
    from {{ ref('int_confirmation_cost') }}
    group by all
),

-- Items whose standard has work done outside: what that did cost is not known here.
subcontracted as (
    select distinct company_id, plant_id, item_id from {{ ref('int_item_standard_cost') }}
    where component_group = 'subcontract'
),

-- What a company's sources deliver at all: an input nobody delivers leaves the figure unknown, not 0.
delivered as (
    select company_id,
        company_id in (
            select company_id from {{ ref('fct_goods_movement') }}
            where movement_type = 'issue'
        ) as delivers_issues,
        company_id in (
            select company_id from {{ ref('int_labour_cost') }}
            union all
            select company_id from {{ ref('int_confirmation_cost') }}
            where labour_seconds is not null
        ) as delivers_labour,
        company_id in (
            select company_id from {{ ref('int_confirmation_cost') }}
            where machine_seconds is not null
        ) as delivers_machine_time
    from {{ ref('dim_company') }}
),

components as (
    select orders.company_id, orders.order_id, orders.plant_id, orders.item_id, orders.order_type,
        orders.order_status,
        coalesce(standards.currency_code, plants.currency_code) as currency_code,
        {{ quantity('orders.planned_qty') }} as planned_qty,
        {{ quantity('coalesce(output.good_qty, 0)') }} as good_qty,
        {{ quantity('coalesce(confirmed.scrap_qty, 0)') }} as scrap_qty,
        {{ quantity('coalesce(confirmed.rework_qty, 0)') }} as rework_qty,
        coalesce(standards.lines_without_standard, 0) = 0 as has_standard,
        {% for component in ['material', 'labour', 'machine', 'overhead', 'subcontract'] %}
        case
            when coalesce(standards.lines_without_standard, 0) = 0
                then coalesce(standards.{{ component }}_amount, 0)
        end as standard_{{ component }}_value,
        {% endfor %}
        case
            when delivered.delivers_issues and coalesce(material.movements_without_value, 0) = 0
                then coalesce(material.material_amount, 0)
        end as actual_material_value,
        case
            when labour.order_id is not null then
                case when labour.rows_without_rate = 0 then labour.labour_amount end
            when not delivered.delivers_labour then null
            when coalesce(activities.rows_without_labour_rate, 0) = 0 then coalesce(activities.labour_amount, 0)
        end as actual_labour_value,
        case
            when delivered.delivers_machine_time and coalesce(activities.rows_without_machine_rate, 0) = 0
                then coalesce(activities.machine_amount, 0)
        end as actual_machine_value,
        case
            when delivered.delivers_machine_time and coalesce(activities.rows_without_overhead_rate, 0) = 0
                then coalesce(activities.overhead_amount, 0)
        end as actual_overhead_value,
        case when subcontracted.item_id is null then 0 end as actual_subcontract_value
    from orders
    left join plants using (company_id, plant_id)
    left join output using (company_id, order_id)
    left join confirmed using (company_id, order_id)
    left join standards using (company_id, order_id)
    left join material using (company_id, order_id)
    left join labour using (company_id, order_id)
    left join activities using (company_id, order_id)
    left join delivered using (company_id)
    left join subcontracted using (company_id, plant_id, item_id)
),

amounts as (
    select company_id, order_id, plant_id, item_id, order_type, order_status, currency_code,
        {{ surrogate_key(['company_id', 'order_id']) }} as order_key,
        {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        planned_qty, good_qty, scrap_qty, rework_qty,
        {% for component in ['material', 'labour', 'machine', 'overhead', 'subcontract'] %}
        {{ money('standard_' ~ component ~ '_value') }} as standard_{{ component }}_amount,
        {{ money('actual_' ~ component ~ '_value') }} as actual_{{ component }}_amount,
        {{ money('actual_' ~ component ~ '_value - standard_' ~ component ~ '_value') }}
            as variance_{{ component }}_amount,
        {% endfor %}
        case
            when not has_standard then 'not available: no standard cost valid on the date of the output'
            else 'known'
        end as standard_status,
        case
            when actual_material_value is null then 'not available: material use is not delivered or has no value'
            when actual_labour_value is null then 'not available: labour time is not delivered or has no rate'
            when actual_machine_value is null then 'not available: machine time is not delivered or has no rate'
            when actual_overhead_value is null then 'not available: no overhead rate'
            when actual_subcontract_value is null then 'not available: subcontract invoices are not delivered'
            else 'known'
        end as actual_status
    from components
),

final as (
    select *,
        {{ money('standard_material_amount + standard_labour_amount + standard_machine_amount
            + standard_overhead_amount + standard_subcontract_amount') }} as standard_amount,
        {{ money('actual_material_amount + actual_labour_amount + actual_machine_amount
            + actual_overhead_amount + actual_subcontract_amount') }} as actual_amount,
        {{ money('variance_material_amount + variance_labour_amount + variance_machine_amount
            + variance_overhead_amount + variance_subcontract_amount') }} as variance_amount,
        {{ money(multiply_divide(
            'standard_material_amount + standard_labour_amount + standard_machine_amount
            + standard_overhead_amount + standard_subcontract_amount', '1', 'good_qty', 4)) }}
            as standard_unit_cost_amount,
        {{ money(multiply_divide(
            'actual_material_amount + actual_labour_amount + actual_machine_amount
            + actual_overhead_amount + actual_subcontract_amount', '1', 'good_qty', 4)) }} as actual_unit_cost_amount
    from amounts
)

select * from final
