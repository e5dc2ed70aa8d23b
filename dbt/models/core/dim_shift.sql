-- The shifts a plant works, with the length its calendar most often gives them. One row per plant × shift.
with

calendar as (
    select company_id, plant_id, shift_id, {{ milliseconds('end_at') }} - {{ milliseconds('start_at') }} as length_ms
    from {{ ref('stg_shift_calendar') }}
),

final as (
    select {{ surrogate_key(['company_id', 'plant_id', 'shift_id']) }} as shift_key,
        company_id, plant_id, shift_id, {{ seconds('mode(length_ms)') }} as usual_length_seconds
    from calendar
    group by all
)

select * from final
