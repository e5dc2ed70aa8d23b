-- Where the hours of a plant's orders come from: timesheets where it delivers them on orders, else confirmations,
-- unless declared. One row per plant.
{{ config(materialized='ephemeral') }}

with

choices as (select company_id, labour_from from {{ ref('int_costing_choice') }}),

final as (
    select plants.company_id, plants.plant_id,
        coalesce(
            choices.labour_from, case when count(labour_times.time_id) > 0 then 'labour_time' else 'confirmation' end
        ) as labour_from
    from {{ ref('dim_plant') }} as plants
    inner join choices using (company_id)
    left join {{ ref('stg_production_order') }} as orders using (company_id, plant_id)
    left join {{ ref('int_order_labour_time') }} as labour_times
        on orders.company_id = labour_times.company_id and orders.order_id = labour_times.order_id
    group by plants.company_id, plants.plant_id, choices.labour_from
)

select * from final
