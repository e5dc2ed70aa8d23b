-- The cost center that a work unit's cost is collected on: that of its work center. One row per company × work unit.
{{ config(materialized='ephemeral') }}

select units.company_id, units.work_unit_id, centers.cost_center_id
from {{ ref('stg_work_unit') }} as units
inner join {{ ref('stg_work_center') }} as centers using (company_id, work_center_id)
