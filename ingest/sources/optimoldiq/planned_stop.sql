-- The plant's days off: Sundays, holidays and free Saturdays, listed in holidayNotes.
-- A day noted as Overtime is listed too, but was worked: it is no stop. The day off runs from shift 1 to the next
-- day's shift 1; 06:00 is assumed as in shift_calendar.
select
    'holiday' as stop_type,
    coalesce((try_cast(Date as timestamp) + to_hours(6))::varchar, Date) as start_at,
    (try_cast(Date as timestamp) + to_hours(30))::varchar as end_at,
    source_file,
    source_line
from holiday_note
where Note is distinct from 'Overtime'
