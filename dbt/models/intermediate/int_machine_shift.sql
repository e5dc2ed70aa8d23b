-- Each shift of each work unit: the plant's calendar, replaced by the unit's own rows where it has any.
-- One row per company × work unit × production date × shift. Times are UTC.
-- A calendar reaches into the future: shifts that begin after the last thing known of their plant are left out.
with

work_units as (select * from {{ ref('stg_work_unit') }}),

shift_calendar as (select * from {{ ref('stg_shift_calendar') }}),

of_the_unit as (
    select work_units.company_id, work_units.plant_id, work_units.work_unit_id, work_units.work_center_id,
        shift_calendar.production_date, shift_calendar.shift_id, shift_calendar.start_at, shift_calendar.end_at
    from shift_calendar
    inner join work_units
        on shift_calendar.company_id = work_units.company_id
        and shift_calendar.work_unit_id = work_units.work_unit_id
),

of_the_plant as (
    select work_units.company_id, work_units.plant_id, work_units.work_unit_id, work_units.work_center_id,
        shift_calendar.production_date, shift_calendar.shift_id, shift_calendar.start_at, shift_calendar.end_at
    from shift_calendar
    inner join work_units
        on shift_calendar.company_id = work_units.company_id
        and shift_calendar.plant_id = work_units.plant_id
        and shift_calendar.work_unit_id is null
        and shift_calendar.production_date >= coalesce(work_units.valid_from, date '0001-01-01')
        and shift_calendar.production_date < coalesce(work_units.valid_to, date '9999-12-31')
    anti join of_the_unit
        on work_units.company_id = of_the_unit.company_id
        and work_units.work_unit_id = of_the_unit.work_unit_id
        and shift_calendar.production_date = of_the_unit.production_date
        and shift_calendar.shift_id = of_the_unit.shift_id
),

shifts as (
    select * from of_the_unit
    union all
    select * from of_the_plant
),

horizons as (select * from {{ ref('int_plant_horizon') }}),

final as (
    select shifts.*, {{ milliseconds('shifts.start_at') }} as start_ms, {{ milliseconds('shifts.end_at') }} as end_ms,
        horizons.known_until_ms
    from shifts
    inner join horizons using (company_id, plant_id)
    where {{ milliseconds('shifts.start_at') }} < horizons.known_until_ms
)

select * from final
