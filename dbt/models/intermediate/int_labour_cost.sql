-- Order-related labour time valued at the labour rate of its cost center, rounded to cents record by record.
-- One row per labour time record on an order. Null amount where no rate is valid.
with

labour_times as (
    select * from {{ ref('stg_labour_time') }}
    where order_id is not null and activity in ('direct', 'setup', 'rework')
),

work_units as (select company_id, work_unit_id, work_center_id from {{ ref('stg_work_unit') }}),

work_centers as (select company_id, work_center_id, cost_center_id from {{ ref('stg_work_center') }}),

operations as (select company_id, order_id, operation_no, work_center_id from {{ ref('stg_order_operation') }}),

placed as (
    select labour_times.* replace (
        coalesce(
            labour_times.cost_center_id, center_of_unit.cost_center_id, center_of_operation.cost_center_id
        ) as cost_center_id
    )
    from labour_times
    left join work_units using (company_id, work_unit_id)
    left join work_centers as center_of_unit
        on work_units.company_id = center_of_unit.company_id
        and work_units.work_center_id = center_of_unit.work_center_id
    left join operations
        on labour_times.company_id = operations.company_id and labour_times.order_id = operations.order_id
        and labour_times.operation_no = operations.operation_no
    left join work_centers as center_of_operation
        on operations.company_id = center_of_operation.company_id
        and operations.work_center_id = center_of_operation.work_center_id
),

rates as (
    select placed.company_id, placed.time_id,
        coalesce(
            arg_max(rates.hourly_amount, rates.valid_from) filter (rates.rate_type = 'actual'),
            arg_max(rates.hourly_amount, rates.valid_from) filter (rates.rate_type = 'planned')
        ) as hourly_amount
    from placed
    inner join {{ ref('int_activity_rate') }} as rates
        on placed.company_id = rates.company_id and placed.cost_center_id = rates.cost_center_id
        and rates.activity = 'labour'
        and placed.work_date >= rates.valid_from and placed.work_date < rates.valid_to
    group by all
),

final as (
    select placed.company_id, placed.order_id, placed.time_id, placed.hours,
        {{ multiply_divide('placed.hours', 'rates.hourly_amount', '1', 2) }} as amount
    from placed
    left join rates using (company_id, time_id)
)

select * from final
