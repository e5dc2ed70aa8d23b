-- The injection-moulding machines.
-- machineNo (NO.04) is a place on the floor that another machine may take over (layoutStartDate, previousMachineCode);
-- machineCode (J100ADS-000) is the machine itself, so the code identifies it and the place stands in its name.
select
    machineCode as work_unit_id,
    'MOULDING' as work_center_id,
    machineNo || ' ' || manufacturerName || ' ' || machineName as name,
    left(layoutStartDate, 10) as valid_from,
    left(layoutEndDate, 10) as valid_to,
    source_file,
    source_line
from machine_info
