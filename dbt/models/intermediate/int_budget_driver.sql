-- How much of each driver was used, and how much the good output should have used.
-- One row per company × cost center × period × driver; null where the company delivers no such activity at all. A cost
-- center without a work center of its own follows the sums of its plant, or of the company where it has none.
-- Units are pieces of orders whose last operation is at the cost center, in base units of their items. Material is
-- counted in money, at standard, since kilograms and pieces have no sum.
with

with_work_center as (
    select distinct company_id, cost_center_id from {{ ref('stg_work_center') }}
    where cost_center_id is not null
),

cost_centers as (
    select centers.company_id, centers.cost_center_id, centers.plant_id,
        with_work_center.cost_center_id is not null as has_work_center
    from {{ ref('dim_cost_center') }} as centers
    left join with_work_center
        on centers.company_id = with_work_center.company_id
        and centers.cost_center_id = with_work_center.cost_center_id
),

operations as (
    select company_id, order_id, operation_no, cost_center_id from {{ ref('int_cost_center_of_operation') }}
    union all
    select routings.company_id, routings.order_id, routings.operation_no, routings.cost_center_id
    from {{ ref('int_order_routing') }} as routings
    anti join {{ ref('int_cost_center_of_operation') }} as planned
        on routings.company_id = planned.company_id and routings.order_id = planned.order_id
    where routings.cost_center_id is not null
),

ends as (
    select company_id, order_id, arg_min(cost_center_id, operation_no) as first_cost_center_id,
        arg_max(cost_center_id, operation_no) as last_cost_center_id
    from operations
    group by all
),

items as (select company_id, item_id, item_type from {{ ref('dim_item') }}),

output as (
    select outputs.company_id, outputs.plant_id, ends.last_cost_center_id, ends.first_cost_center_id,
        periods.period_id, outputs.good_qty, items.item_type = 'finished' as is_finished,
        {{ multiply_divide('outputs.good_qty', 'prices.material_per_million', '1000000', 2) }} as material_amount
    from {{ ref('int_order_output') }} as outputs
    inner join {{ ref('int_posting_period') }} as periods using (company_id, posting_date)
    left join ends on outputs.company_id = ends.company_id and outputs.order_id = ends.order_id
    left join items on outputs.company_id = items.company_id and outputs.item_id = items.item_id
    left join {{ ref('int_item_price') }} as prices
        on outputs.company_id = prices.company_id and outputs.plant_id = prices.plant_id
        and outputs.item_id = prices.item_id
        and outputs.posting_date >= prices.valid_from and outputs.posting_date < prices.valid_to
),

materials as (
    select postings.company_id, postings.plant_id, postings.period_id, postings.exact_standard_amount,
        coalesce(operations.cost_center_id, ends.first_cost_center_id) as cost_center_id
    from {{ ref('fct_order_posting') }} as postings
    left join operations
        on postings.company_id = operations.company_id and postings.order_id = operations.order_id
        and postings.operation_no = operations.operation_no
    left join ends on postings.company_id = ends.company_id and postings.order_id = ends.order_id
    where postings.posting_kind in ('issue', 'return')
),

-- Material is called for where it is first issued to an order; its standard stands there as well. Widened by one hand:
-- a union of wide decimals keeps the smaller number of decimals, and hours have six.
used as (
    select company_id, plant_id, cost_center_id, period_id, 'machine_hours' as driver,
        cast(machine_hours as decimal(28, 6)) as actual_qty,
        cast(standard_machine_hours as decimal(28, 6)) as standard_qty
    from {{ ref('int_cost_center_period') }}
    union all
    select company_id, plant_id, cost_center_id, period_id, 'labour_hours', cast(labour_hours as decimal(28, 6)),
        cast(standard_labour_hours as decimal(28, 6))
    from {{ ref('int_cost_center_period') }}
    union all
    select company_id, plant_id, last_cost_center_id, period_id, 'units', cast(sum(good_qty) as decimal(28, 6)),
        cast(sum(good_qty) as decimal(28, 6))
    from output
    group by all
    union all
    select company_id, plant_id, cost_center_id, period_id, 'material',
        cast(sum(exact_standard_amount) as decimal(28, 6)), cast(0 as decimal(28, 6))
    from materials
    group by all
    union all
    select company_id, plant_id, first_cost_center_id, period_id, 'material', cast(0 as decimal(28, 6)),
        cast(sum(material_amount) as decimal(28, 6))
    from output
    group by all
),

-- A plant's pieces are those of its finished goods: what goes into them was counted there.
of_plant as (
    select company_id, plant_id, period_id, driver, cast(sum(actual_qty) as decimal(28, 6)) as actual_qty,
        cast(sum(standard_qty) as decimal(28, 6)) as standard_qty
    from used
    where driver <> 'units'
    group by all
    union all
    select company_id, plant_id, period_id, 'units', cast(sum(good_qty) as decimal(28, 6)),
        cast(sum(good_qty) as decimal(28, 6))
    from output
    where is_finished
    group by all
),

delivered as (
    select company_id, driver from used
    group by all
    having sum(abs(actual_qty)) > 0 and sum(abs(standard_qty)) > 0
),

wanted as (
    select distinct company_id, cost_center_id, period_id, driver from {{ ref('int_budget_planned') }}
    where driver is not null
),

own as (
    select company_id, cost_center_id, period_id, driver, sum(actual_qty) as actual_qty,
        sum(standard_qty) as standard_qty
    from used
    where cost_center_id is not null
    group by all
),

plant_sums as (
    select wanted.company_id, wanted.cost_center_id, wanted.period_id, wanted.driver,
        sum(of_plant.actual_qty) as actual_qty, sum(of_plant.standard_qty) as standard_qty
    from wanted
    inner join cost_centers using (company_id, cost_center_id)
    inner join of_plant
        on wanted.company_id = of_plant.company_id and wanted.period_id = of_plant.period_id
        and wanted.driver = of_plant.driver
        and (cost_centers.plant_id is null or cost_centers.plant_id = of_plant.plant_id)
    where not cost_centers.has_work_center
    group by all
),

final as (
    select wanted.company_id, wanted.cost_center_id, wanted.period_id, wanted.driver,
        case when delivered.driver is not null then
            {{ quantity('coalesce(own.actual_qty, 0) + coalesce(plant_sums.actual_qty, 0)') }}
        end as actual_qty,
        case when delivered.driver is not null then
            {{ quantity('coalesce(own.standard_qty, 0) + coalesce(plant_sums.standard_qty, 0)') }}
        end as standard_qty
    from wanted
    inner join cost_centers using (company_id, cost_center_id)
    left join delivered on wanted.company_id = delivered.company_id and wanted.driver = delivered.driver
    left join own
        on wanted.company_id = own.company_id and wanted.cost_center_id = own.cost_center_id
        and wanted.period_id = own.period_id and wanted.driver = own.driver
        and cost_centers.has_work_center
    left join plant_sums
        on wanted.company_id = plant_sums.company_id and wanted.cost_center_id = plant_sums.cost_center_id
        and wanted.period_id = plant_sums.period_id and wanted.driver = plant_sums.driver
)

select * from final
