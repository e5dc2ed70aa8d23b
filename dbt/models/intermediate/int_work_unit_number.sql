-- A number for each work unit: sorting and joining millions of events by numbers takes half the time that texts take.
-- One row per company × work unit. Numbers hold within one run of the models.
select company_id, work_unit_id, cast(row_number() over (order by company_id, work_unit_id) as integer) as unit_no
from {{ ref('stg_work_unit') }}
