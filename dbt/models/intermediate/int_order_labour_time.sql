-- Labour time charged to orders, with the cost center whose rate prices it. One row per labour time record on an order.
with

labour_times as (
    select * from {{ ref('stg_labour_time') }}
    where order_id is not null and activity in ('direct', 'setup', 'rework')
),

final as (
    select labour_times.company_id, labour_times.order_id, labour_times.time_id, labour_times.operation_no,
        labour_times.activity, labour_times.work_date, labour_times.hours,
        coalesce(labour_times.cost_center_id, of_unit.cost_center_id, of_operation.cost_center_id) as cost_center_id,
        labour_times.source_file, labour_times.source_line
    from labour_times
    left join {{ ref('int_cost_center_of_unit') }} as of_unit using (company_id, work_unit_id)
    left join {{ ref('int_cost_center_of_operation') }} as of_operation using (company_id, order_id, operation_no)
)

select * from final
