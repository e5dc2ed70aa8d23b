-- Attendance and labour time records placed whole on the plant shift they overlap longest (ties: the earlier).
-- One row per record. A record without times belongs to its work date and to no shift.
with

calendar as (
    select company_id, plant_id, production_date, shift_id, start_at, end_at
    from {{ ref('stg_shift_calendar') }}
    where work_unit_id is null
),

records as (
    select company_id, 'attendance' as record_type, attendance_id as record_id, worker_id, plant_id,
        clock_in_at as start_at, clock_out_at as end_at, null as work_date, null as activity, null as order_id,
        null as hours,
        {{ milliseconds('clock_out_at') }} - {{ milliseconds('clock_in_at') }}
            - cast(coalesce(break_seconds, 0) * 1000 as bigint) as attendance_ms
    from {{ ref('stg_attendance') }}
    union all
    select company_id, 'labour_time', time_id, worker_id, plant_id, start_at, end_at, work_date, activity, order_id,
        hours, null
    from {{ ref('stg_labour_time') }}
),

record_days as (
    select *, {{ each_utc_day('start_at', 'end_at') }} as utc_day
    from records
    where start_at < end_at
),

shift_days as (
    select *, {{ each_utc_day('start_at', 'end_at') }} as utc_day
    from calendar
),

candidates as (
    select distinct record_days.company_id, record_days.record_type, record_days.record_id,
        shift_days.production_date, shift_days.shift_id, shift_days.start_at,
        least({{ milliseconds('record_days.end_at') }}, {{ milliseconds('shift_days.end_at') }})
            - greatest({{ milliseconds('record_days.start_at') }}, {{ milliseconds('shift_days.start_at') }})
            as overlap_ms
    from record_days
    inner join shift_days using (company_id, plant_id, utc_day)
    where record_days.start_at < shift_days.end_at and record_days.end_at > shift_days.start_at
),

longest as (
    select * from candidates
    qualify row_number() over (
        partition by company_id, record_type, record_id order by overlap_ms desc, start_at asc
    ) = 1
),

final as (
    select records.*, longest.shift_id,
        coalesce(longest.production_date, records.work_date, cast(records.start_at as date)) as production_date
    from records
    left join longest using (company_id, record_type, record_id)
)

select * from final
