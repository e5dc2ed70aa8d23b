-- The cost center of the work center on which an order's operation was planned. One row per order × operation.
{{ config(materialized='ephemeral') }}

select operations.company_id, operations.order_id, operations.operation_no, centers.cost_center_id
from {{ ref('stg_order_operation') }} as operations
inner join {{ ref('stg_work_center') }} as centers using (company_id, work_center_id)
