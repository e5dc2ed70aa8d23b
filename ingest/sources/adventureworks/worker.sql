-- Employees by number and department alone: the export also holds national numbers, logins, birthdays and the like,
-- none of which is read. The team is the department of the open line in the department history.
select
    employee.BusinessEntityID as worker_id,
    department.Name as team,
    employee.HireDate as valid_from,
    employee.source_file,
    employee.source_line
from employee
left join employee_department_history
    on
        employee.BusinessEntityID = employee_department_history.BusinessEntityID
        and coalesce(employee_department_history.EndDate, '') = ''
left join department on employee_department_history.DepartmentID = department.DepartmentID
