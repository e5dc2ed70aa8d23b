-- Order-related labour time valued at the labour rate of its cost center, rounded to cents record by record.
-- One row per labour time record on an order. Null amount where no rate is valid.
with

labour_times as (
    select * from {{ ref('stg_labour_time') }}
    where order_id is not null and activity in ('direct', 'setup', 'rework')
),

placed as (
    select labour_times.* replace (
        coalesce(labour_times.cost_center_id, of_unit.cost_center_id, of_operation.cost_center_id) as cost_center_id
    )
    from labour_times
    left join {{ ref('int_cost_center_of_unit') }} as of_unit using (company_id, work_unit_id)
    left join {{ ref('int_cost_center_of_operation') }} as of_operation using (company_id, order_id, operation_no)
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
