-- Sites, each with one clock. One row per company × plant.
with

plants as (select * from {{ ref('stg_plant') }}),

companies as (select * from {{ ref('stg_company') }}),

final as (
    select {{ surrogate_key(['plants.company_id', 'plants.plant_id']) }} as plant_key,
        plants.company_id, plants.plant_id, plants.name as plant_name, companies.name as company_name,
        plants.time_zone, plants.currency_code, plants.production_type
    from plants
    left join companies using (company_id)
)

select * from final
