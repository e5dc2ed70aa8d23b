-- Every day from the first to the last that any calendar, order or posting names. One row per date.
with

bounds as (
    select min(first_day) as first_day, max(last_day) as last_day
    from (
        select min(production_date) as first_day, max(production_date) as last_day from {{ ref('int_machine_shift') }}
        union all
        select min(production_date), max(production_date) from {{ ref('int_confirmation_share') }}
        union all
        select min(posting_date), max(posting_date) from {{ ref('stg_goods_movement') }}
    )
),

final as (
    select
        cast(unnest(generate_series(first_day, last_day, interval 1 day)) as date) as calendar_date
    from bounds
)

select calendar_date,
    cast(year(calendar_date) as integer) as calendar_year,
    cast(month(calendar_date) as integer) as calendar_month,
    strftime(calendar_date, '%Y-%m') as calendar_period_id,
    cast(isoyear(calendar_date) as integer) as iso_year,
    cast(weekofyear(calendar_date) as integer) as iso_week,
    cast(isodow(calendar_date) as integer) as iso_weekday,
    strftime(calendar_date, '%A') as weekday_name
from final
