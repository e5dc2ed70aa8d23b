-- Scrapped pieces by reason, item and machine, day by day. Reason 'none' holds scrap confirmed without one.
with

confirmations as (select * from {{ ref('fct_confirmation') }}),

reasons as (select * from {{ ref('dim_reason') }}),

sums as (
    select company_id, plant_id, production_date, coalesce(reason_id, 'none') as reason_id,
        coalesce(item_id, 'none') as item_id, coalesce(work_unit_id, 'none') as work_unit_id,
        sum(scrap_qty) as scrap_qty
    from confirmations
    where scrap_qty <> 0
    group by all
),

final as (
    select sums.company_id, sums.plant_id, sums.production_date, sums.reason_id, sums.item_id, sums.work_unit_id,
        {{ surrogate_key(['sums.company_id', 'sums.plant_id']) }} as plant_key,
        {{ surrogate_key(['sums.company_id', 'sums.item_id']) }} as item_key,
        {{ surrogate_key(['sums.company_id', 'sums.reason_id']) }} as reason_key,
        reasons.reason_name, reasons.loss_category,
        {{ quantity('sums.scrap_qty') }} as scrap_qty
    from sums
    left join reasons using (company_id, reason_id)
)

select * from final
