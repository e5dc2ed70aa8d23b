-- Confirmations with the cost center they were worked at: that of the machine, else of the operation's work center.
-- One row per confirmation.
with

final as (
    select confirmations.*, coalesce(of_unit.cost_center_id, of_operation.cost_center_id) as cost_center_id
    from {{ ref('stg_confirmation') }} as confirmations
    left join {{ ref('int_cost_center_of_unit') }} as of_unit using (company_id, work_unit_id)
    left join {{ ref('int_cost_center_of_operation') }} as of_operation using (company_id, order_id, operation_no)
)

select * from final
