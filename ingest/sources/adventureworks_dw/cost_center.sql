-- Department groups, one cost center each in every organisation that keeps books. Only Manufacturing works on orders.
with booking as (
    select distinct OrganizationKey from finance
)

select
    department_group.DepartmentGroupKey as cost_center_id,
    booking.OrganizationKey as company_id,
    booking.OrganizationKey as plant_id,
    department_group.DepartmentGroupName as name,
    case department_group.DepartmentGroupName when 'Manufacturing' then 'production' else 'overhead' end as kind,
    department_group.source_file,
    department_group.source_line
from department_group
cross join booking
