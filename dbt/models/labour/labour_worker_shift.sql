-- Hours present against hours booked, per worker and shift. Attendance still open (no clock-out) is counted as unknown.
-- shift_id 'none' holds records that name no times and so cannot be placed on a shift.
with

records as (select * from {{ ref('int_labour_shift') }}),

workers as (select company_id, worker_id, team, grade from {{ ref('dim_worker') }}),

sums as (
    select company_id, plant_id, worker_id, production_date, coalesce(shift_id, 'none') as shift_id,
        count(*) filter (record_type = 'attendance') as attendance_count,
        count(*) filter (record_type = 'attendance' and attendance_ms is null) as open_attendance_count,
        cast(sum(attendance_ms) as bigint) as attendance_ms,
        sum(hours) filter (activity = 'direct') as direct_hours,
        sum(hours) filter (activity = 'setup') as setup_hours,
        sum(hours) filter (activity = 'rework') as rework_hours,
        sum(hours) filter (activity in ('indirect', 'training')) as indirect_hours,
        sum(hours) filter (activity = 'idle') as idle_hours,
        sum(hours) filter (activity = 'absence') as absence_hours,
        sum(hours) filter (order_id is not null and activity in ('direct', 'setup', 'rework')) as order_hours,
        sum(hours) filter (activity <> 'absence') as booked_hours
    from records
    group by all
),

components as (
    select sums.company_id, sums.plant_id, sums.worker_id, sums.production_date, sums.shift_id,
        {{ surrogate_key(['sums.company_id', 'sums.worker_id']) }} as worker_key,
        {{ surrogate_key(['sums.company_id', 'sums.plant_id']) }} as plant_key,
        workers.team, workers.grade,
        cast(sums.attendance_count as bigint) as attendance_count,
        case
            when sums.attendance_count > 0 and sums.open_attendance_count = 0 then {{ seconds('sums.attendance_ms') }}
        end as attendance_seconds,
        {{ quantity('coalesce(sums.direct_hours, 0)') }} as direct_hours,
        {{ quantity('coalesce(sums.setup_hours, 0)') }} as setup_hours,
        {{ quantity('coalesce(sums.rework_hours, 0)') }} as rework_hours,
        {{ quantity('coalesce(sums.indirect_hours, 0)') }} as indirect_hours,
        {{ quantity('coalesce(sums.idle_hours, 0)') }} as idle_hours,
        {{ quantity('coalesce(sums.absence_hours, 0)') }} as absence_hours,
        {{ quantity('coalesce(sums.order_hours, 0)') }} as order_hours,
        {{ quantity('coalesce(sums.booked_hours, 0)') }} as booked_hours,
        case
            when sums.attendance_count = 0 then 'not available: no attendance for these hours'
            when sums.open_attendance_count > 0 then 'not available: a clock-out is missing'
            else 'known'
        end as attendance_status
    from sums
    left join workers using (company_id, worker_id)
),

final as (
    select *,
        {{ quantity(multiply_divide('attendance_seconds', '1', '3600', 6)) }} as attendance_hours,
        {{ quantity(multiply_divide('attendance_seconds - booked_hours * 3600', '1', '3600', 6)) }} as unbooked_hours,
        {{ ratio('order_hours * 3600', 'attendance_seconds') }} as worker_efficiency_ratio
    from components
)

select * from final
