-- Standard time of one setup by routing version, with its validity made explicit.
-- One row per company × item × plant × version × operation.
select company_id, item_id, plant_id, version_id, operation_no, work_center_id, setup_seconds,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to
from {{ ref('stg_routing_operation') }}
