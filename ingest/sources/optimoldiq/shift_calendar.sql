-- Three 8-hour shifts on every day of a reported month, and one row per machine and shift that the report lists:
-- a listed machine without an order stood idle (a blank row), and is found here and in no confirmation.
-- The source has no clock times. Assumed: shift 1 begins at 06:00, 2 at 14:00, 3 at 22:00; only their length matters.
with shift (shift_id, hours_after_midnight) as (
    values ('1', 6), ('2', 14), ('3', 22)
),

reported_machine_shift as (
    select
        machineCode as work_unit_id,
        left(recordDate, 10) as production_date,
        workingShift as shift_id,
        min(source_file) as source_file,
        min(source_line) as source_line
    from shift_report
    group by all
),

reported_month as (
    select
        date_trunc('month', try_cast(recordDate as date)) as first_day,
        min(source_file) as source_file,
        min(source_line) as source_line
    from shift_report
    where try_cast(recordDate as date) is not null
    group by all
),

day_of_month as (
    select
        unnest(generate_series(first_day, last_day(first_day), interval 1 day)) as midnight,
        source_file,
        source_line
    from reported_month
),

plant_shift as (
    select
        null as work_unit_id,
        strftime(day_of_month.midnight, '%Y-%m-%d') as production_date,
        shift.shift_id,
        day_of_month.source_file,
        day_of_month.source_line
    from day_of_month
    cross join shift
),

listed as (
    select
        work_unit_id,
        production_date,
        shift_id,
        source_file,
        source_line
    from reported_machine_shift
    union all
    select
        work_unit_id,
        production_date,
        shift_id,
        source_file,
        source_line
    from plant_shift
)

select
    listed.work_unit_id,
    listed.production_date,
    listed.shift_id,
    try_cast(listed.production_date as timestamp) + to_hours(shift.hours_after_midnight) as start_at,
    try_cast(listed.production_date as timestamp) + to_hours(shift.hours_after_midnight + 8) as end_at,
    listed.source_file,
    listed.source_line
from listed
left join shift on listed.shift_id = shift.shift_id
